import type { Cli } from './cli.js';
import { createProgram } from './program.js';
import { type CommandTree, commandTree, type OptionInfo } from './tree.js';

/** The manual page in man(7) macros, from the commands and options as they are. */
export async function manual(cli: Cli): Promise<string> {
  const tree = commandTree(await createProgram(cli, () => true));
  return `.\\" Made by the build from the program's options (src/cli/man.ts).
.TH ZAPTRACE 1 "" "zaptrace ${cli.version}" "User Commands"
.SH NAME
zaptrace \\- prove or refute from ftrace and perf captures that no stray PTE survives a zap
.SH SYNOPSIS
.nf
${tree.commands.map((c) => `\\fBzaptrace ${c.name}\\fR ${roff(c.usage)}`).join('\n')}
.fi
.SH DESCRIPTION
Reads captures of vfio fault and zap events (trace.dat, trace-cmd report, the tracefs trace file, trace_pipe,
perf.data, perf script; compressed too), rebuilds the history of every VMA, and judges one invariant: after a zap no
PTE of the zapped range is present until the driver allows mappings again.
.PP
\\fBcheck\\fR is the default command. Without a file, or with \\fB\\-\\fR, standard input is read.
${tree.commands.map(section).join('')}.SH EXIT STATUS
${EXIT_STATUS.map(([code, text]) => `.TP\n.B ${code}\n${roff(text)}\n`).join('')}.SH ENVIRONMENT
.TP
.B NO_COLOR, FORCE_COLOR
No colour, or colour even without a terminal. \\fB\\-\\-color\\fR wins over both.
.TP
.B LC_ALL, LC_CTYPE, LANG
Without UTF\\-8 in the first one that is set, output for people is ASCII.
.TP
.B ZAPTRACE_DEBUG
With the value 1, an internal error shows its stack.
.SH SEE ALSO
.BR trace\\-cmd (1),
.BR perf\\-script (1),
.BR perf\\-probe (1)
`;
}

const EXIT_STATUS: readonly [code: number, text: string][] = [
  [0, 'clean: every rule had the evidence to run, and found nothing'],
  [1, 'violation: at least one confirmed error'],
  [2, 'usage or input error'],
  [3, 'inconclusive: the evidence supports neither verdict; the reasons are given'],
  [70, 'internal error'],
  [130, 'ended by a second Ctrl-C'],
  [141, 'nobody reads the output any more, and no verdict was known yet'],
];

function section(c: CommandTree): string {
  const options = c.options.filter((o) => o.long !== '--help').map(option);
  const examples = c.examples.map(
    ([line, what]) =>
      `${roff(sentence(what).replace(/\.$/, ':'))}\n.PP\n.RS 4\n.EX\n${roff(line)}\n.EE\n.RE\n.PP\n`,
  );
  return `.SH ${c.name.toUpperCase()}
${roff(sentence(c.summary))}
.PP
${examples.join('')}${options.join('')}`;
}

function option(o: OptionInfo): string {
  const values = Array.isArray(o.value) ? ` (${o.value.join(', ')})` : '';
  return `.TP\n.B ${roff(o.flags)}\n${roff(o.summary + values)}\n`;
}

function sentence(text: string): string {
  const start = text[0].toUpperCase() + text.slice(1);
  return /[.?]$/.test(start) ? start : `${start}.`;
}

/** Text for roff: backslashes and hyphens escaped, no line that begins with a control character. */
function roff(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^([.'])/gm, '\\&$1');
}
