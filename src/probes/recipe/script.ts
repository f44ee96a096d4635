import { GROUP } from './definition.js';
import { type Kernels, kernelsText } from './kernel.js';
import { necessities, type Selection } from './select.js';
import { COMMON, hereDocument, quote } from './shell.js';
import { SEEN } from './structs.js';
import { type FormChoice, type Line, linesOf, offsetTable } from './table.js';

export const TOOLS = ['trace-cmd', 'tracefs', 'perf'] as const;
export type Tool = (typeof TOOLS)[number];

export interface RecipeOptions {
  readonly selection: Selection;
  readonly form: FormChoice;
  /** Kernels that it is for; null: the script finds out on the target. */
  readonly kernels: Kernels | null;
  /** Record only these processes, with their threads and children; empty: all. */
  readonly pids: readonly number[];
  /** ftrace instance to record into. */
  readonly instance: string;
  /** Sentences for the head of the script: what it is, what it can prove. */
  readonly about: readonly string[];
}

/** What a tool's script does with the common parts. */
export interface ToolScript {
  /** Words after the script's name, and what they do. */
  readonly usage: readonly (readonly [string, string])[];
  /** It defines the events in its own way: no lines for `dynamic_events`. */
  readonly ownProbes?: boolean;
  /** Shell functions and the final `case` on `$1`. */
  readonly body: string;
}

/** The table's lines for all events of the recipe. */
export const recipeLines = ({ selection, form, kernels }: RecipeOptions): Line[] =>
  selection.definitions.flatMap((definition) => linesOf(definition, form, kernels));

/** The whole script around what a tool does. */
export function script(options: RecipeOptions, tool: ToolScript): string {
  const lines = recipeLines(options);
  return [
    '#!/bin/sh',
    comment([
      ...options.about,
      ...leftOut(lines, options.kernels),
      ...CAUTION,
      ...filterCaution(options.pids),
    ]),
    '#',
    ...tool.usage.map(([words, what]) => `#   sh SCRIPT ${words.padEnd(22)} ${what}`),
    '# OUT=DIR names the directory for the results (zaptrace-capture), BUFFER_KB=N the buffer per CPU (16384).',
    '',
    'set -u',
    `GROUP=${GROUP}`,
    `INSTANCE=${quote(options.instance)}`,
    `OUT=\${OUT:-zaptrace-capture}`,
    `BUFFER_KB=\${BUFFER_KB:-16384}`,
    `T=\${TRACEFS:-/sys/kernel/tracing}`,
    `[ -n "\${TRACEFS:-}" ] || [ -e "$T/dynamic_events" ] || T=/sys/kernel/debug/tracing`,
    'I=$T/instances/$INSTANCE',
    `PIDS="${options.pids.join(' ')}"`,
    `TRACEPOINTS="${options.selection.tracepoints.join(' ')}"`,
    '',
    tool.ownProbes === true ? 'table() { :; }' : tableText(lines, options.kernels),
    '',
    'offsets() {',
    hereDocument('\tcat', offsetTable(lines)),
    '}',
    '',
    COMMON,
    'define_all() {',
    '\tready',
    ...modules(options.selection).map((line) => `\t${line}`),
    '\tdefine',
    ...necessities(options.selection).map(
      (n) => `\tneed ${quote(n.what)} ${[...new Set(n.events)].join(' ')}`,
    ),
    '}',
    '',
    tool.body,
  ].join('\n');
}

const CAUTION = [
  'Load the driver first; start before the device is opened, so that its state is known from the beginning.',
];

function filterCaution(pids: readonly number[]): string[] {
  if (pids.length === 0) return [];
  return [
    `Only the processes ${pids.join(', ')}, their threads and children are recorded: every process that maps, zaps or configures the device must be among them. What another one unblocks is not seen.`,
  ];
}

function leftOut(lines: readonly Line[], kernels: Kernels | null): string[] {
  if (kernels === null) return [];
  const names = [...new Set(lines.flatMap((line) => line.omitted))];
  const seen = kernels.from === kernels.to && SEEN.includes(kernels.from);
  const offsets = lines.some((line) => /\+\d+\(/.test(line.text));
  const here = kernelsText(kernels);
  return [
    ...(offsets && !seen
      ? [`Struct offsets for ${here} follow from the source; on no such kernel were they seen.`]
      : []),
    ...(names.length > 0
      ? [`Left out, as their struct offsets are not known for ${here}: ${names.join(', ')}.`]
      : []),
  ];
}

function tableText(lines: readonly Line[], kernels: Kernels | null): string {
  const texts = lines.map(({ text, gate }) => {
    const gated = kernels === null && gate !== null;
    const to = gate === null || gate.to === Number.POSITIVE_INFINITY ? 999_999 : gate.to;
    return gated ? `kernel=${gate.from}..${to} ${text}` : text;
  });
  const several =
    kernels === null ? ['# Several lines for one event: the first that this kernel takes counts.'] : [];
  return [...several, 'table() {', hereDocument('\tcat', texts), '}'].join('\n');
}

/** Functions of a module can be probed only when it is loaded. */
function modules({ maps, definitions }: Selection): string[] {
  return maps.flatMap((map) => {
    const symbols = [...new Set(definitions.filter((d) => d.map === map).map((d) => d.symbol))];
    if (map.module === null || symbols.length === 0) return [];
    return [`module ${quote(map.module)} ${quote(`modprobe ${map.module}`)} ${symbols.join(' ')}`];
  });
}

/** Paragraphs as `# ` lines of at most 110 columns. */
function comment(paragraphs: readonly string[]): string {
  return paragraphs.flatMap((paragraph) => wrap(paragraph, 108).map((line) => `# ${line}`)).join('\n');
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
