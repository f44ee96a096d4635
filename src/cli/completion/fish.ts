import type { CommandTree, OptionInfo } from '../tree.js';

/** Completion for fish. */
export function fish(tree: CommandTree): string {
  const name = tree.name;
  const names = tree.commands.map((c) => c.name).join(' ');
  const lines = tree.commands.flatMap((c) => [
    `complete -c ${name} -n "not __fish_seen_subcommand_from ${names}" -a ${c.name} -d ${quote(c.summary)}`,
    ...c.options.map((o) => option(name, condition(c, names), o)),
    ...(Array.isArray(c.operands)
      ? [
          `complete -c ${name} -n "__fish_seen_subcommand_from ${c.name}" -f -a ${quote(c.operands.join(' '))}`,
        ]
      : []),
  ]);
  return `# fish completion for ${name}: ${name} completion fish | source\n${lines.join('\n')}\n`;
}

/** Options of the default command hold too when no command is named. */
function condition(c: CommandTree, names: string): string {
  const named = `__fish_seen_subcommand_from ${c.name}`;
  return c.name === 'check' ? `${named}; or not __fish_seen_subcommand_from ${names}` : named;
}

function option(program: string, when: string, o: OptionInfo): string {
  const spelling = [
    o.short === null ? '' : ` -s ${o.short.slice(1)}`,
    o.long === null ? '' : ` -l ${o.long.slice(2)}`,
  ].join('');
  const value =
    o.value === null
      ? ''
      : o.value === 'file'
        ? ' -r'
        : o.value === 'text'
          ? ' -x'
          : ` -x -a ${quote(o.value.join(' '))}`;
  return `complete -c ${program} -n ${quote(when)}${spelling}${value} -d ${quote(o.summary)}`;
}

function quote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
