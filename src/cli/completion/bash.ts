import type { CommandTree, OptionInfo } from '../tree.js';

/** Completion for bash ≥ 4, without the bash-completion package. */
export function bash(tree: CommandTree): string {
  const names = tree.commands.map((c) => c.name);
  const options = tree.commands.flatMap((c) => c.options.map((o) => ({ command: c.name, ...o })));
  const valued = unique(options.filter((o) => o.value !== null).flatMap(spellings));
  return `# bash completion for ${tree.name}: eval "$(${tree.name} completion bash)"
_${tree.name}() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} command='' skip='' i word words=''
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    if [[ -n $skip ]]; then skip=''; continue; fi
    case $word in
      ${valued.join('|')}) skip=1 ;;
      -*) ;;
      ${names.join('|')}) command=$word; break ;;
      *) command=check; break ;;
    esac
  done
  case "\${command:-check} $prev" in
${values(tree)}
  esac
  if [[ $cur == -* ]]; then
    case \${command:-check} in
${tree.commands.map((c) => `      ${c.name}) words='${unique(c.options.flatMap(spellings)).join(' ')}' ;;`).join('\n')}
    esac
    COMPREPLY=($(compgen -W "$words" -- "$cur"))
    return
  fi
  case $command in
${operands(tree)}
    '') COMPREPLY=($(compgen -W '${names.join(' ')}' -- "$cur") $(compgen -f -- "$cur")) ;;
    *) COMPREPLY=($(compgen -f -- "$cur")) ;;
  esac
}
complete -o filenames -F _${tree.name} ${tree.name}
`;
}

function values(tree: CommandTree): string {
  return tree.commands
    .flatMap((c) =>
      c.options
        .filter((o) => o.value !== null)
        .map((o) => {
          const pattern = spellings(o)
            .map((s) => `'${c.name} ${s}'`)
            .join('|');
          const reply =
            o.value === 'file'
              ? 'COMPREPLY=($(compgen -f -- "$cur"))'
              : o.value === 'text'
                ? 'COMPREPLY=()'
                : `COMPREPLY=($(compgen -W '${(o.value as string[]).join(' ')}' -- "$cur"))`;
          return `    ${pattern}) ${reply}; return ;;`;
        }),
    )
    .join('\n');
}

function operands(tree: CommandTree): string {
  return tree.commands
    .filter((c) => Array.isArray(c.operands))
    .map(
      (c) => `    ${c.name}) COMPREPLY=($(compgen -W '${(c.operands as string[]).join(' ')}' -- "$cur")) ;;`,
    )
    .join('\n');
}

const spellings = (o: OptionInfo): string[] => [o.short, o.long].filter((s) => s !== null);
const unique = (list: readonly string[]): string[] => [...new Set(list)];
