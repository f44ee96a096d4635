import type { CommandTree, OptionInfo } from '../tree.js';

/** Completion for zsh: a `#compdef` function for a file `_zaptrace` in $fpath, or for eval. */
export function zsh(tree: CommandTree): string {
  const name = tree.name;
  return `#compdef ${name}
# zsh completion for ${name}: eval "$(${name} completion zsh)"
_${name}() {
  local -a commands
  commands=(
${tree.commands.map((c) => `    ${quote(`${c.name}:${c.summary}`)}`).join('\n')}
  )
  if (( CURRENT == 2 )) && [[ $words[2] != -* ]]; then
    _describe command commands
    _files
    return
  fi
  case $words[2] in
${tree.commands.map((c) => `    ${c.name}) words[1]=(); (( CURRENT-- )); _${name}_${c.name} ;;`).join('\n')}
    *) _${name}_check ;;
  esac
}
${tree.commands.map((c) => commandFunction(name, c)).join('')}
compdef _${name} ${name}
`;
}

function commandFunction(program: string, c: CommandTree): string {
  const specs = c.options.flatMap(optionSpecs);
  if (Array.isArray(c.operands)) specs.push(quote(`*:${c.name}:(${c.operands.join(' ')})`));
  else if (c.operands === 'file') specs.push(quote('*:trace:_files'));
  return `_${program}_${c.name}() {
  _arguments -s \\
${specs.map((spec) => `    ${spec}`).join(' \\\n')}
}
`;
}

function optionSpecs(o: OptionInfo): string[] {
  const text = o.summary.replace(/[[\]:]/g, '\\$&');
  const value =
    o.value === null
      ? ''
      : o.value === 'file'
        ? ':file:_files'
        : o.value === 'text'
          ? ':value:'
          : `:value:(${o.value.join(' ')})`;
  return [o.short, o.long]
    .filter((s) => s !== null)
    .map((s) => quote(`*${s}${value !== '' && s.startsWith('--') ? '=' : ''}[${text}]${value}`));
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
