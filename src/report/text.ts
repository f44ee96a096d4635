import type { Evidence, FindingRecord, Origin, Verdict } from './records.js';
import type { Style } from './style.js';

/** `trace.txt:812` for a line, `trace.dat@0x1f40` for a byte offset; the input's name alone when neither is known. */
export function place(origin: Origin): string {
  if (origin.line !== undefined) return `${origin.input}:${origin.line}`;
  if (origin.offset !== undefined) return `${origin.input}@0x${origin.offset.toString(16)}`;
  return origin.input;
}

/** `line 812` or `offset 0x1f40`, where the input's name stands above. */
export function placeInTrace(origin: Origin): string {
  if (origin.line !== undefined) return `line ${origin.line}`;
  return origin.offset === undefined ? '' : `offset 0x${origin.offset.toString(16)}`;
}

const UNITS: readonly [number, string][] = [
  [1e9, 's'],
  [1e6, 'ms'],
  [1e3, 'us'],
];

/** A length of time for people: `82.4 ms`. null is a time that never ended in the trace. */
export function duration(ns: number | null): string {
  if (ns === null) return 'open';
  for (const [size, unit] of UNITS) {
    if (ns >= size) return `${trim(ns / size)} ${unit}`;
  }
  return `${ns} ns`;
}

function trim(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

/** Text for the output's character set: `µs` needs Unicode. */
export function units(text: string, unicode: boolean): string {
  return unicode ? text.replace(/\bus$/, 'µs') : text;
}

/** `1 page`, `8 pages`. */
export function count(n: number, noun: string, plural = `${noun}s`): string {
  return `${thousands(n)} ${n === 1 ? noun : plural}`;
}

export function verdictStyle(style: Style, verdict: Verdict): (text: string) => string {
  if (verdict === 'violation') return style.bad;
  return verdict === 'clean' ? style.good : style.unsure;
}

/** The record of a finding that a reader should look at first: the install that stayed, else the first one. */
export function mainEvidence(finding: FindingRecord): Evidence | null {
  return finding.evidence.find((e) => e.role.startsWith('install')) ?? finding.evidence[0] ?? null;
}

/** Breaks a text into lines of at most `width` columns at spaces; a longer word gets a line of its own. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  lines.push(line);
  return lines;
}

/** How loud a finding is where an output knows only these three: a possible error is a warning, a known one a note. */
export function level(finding: FindingRecord): 'error' | 'warning' | 'note' {
  if (finding.known === true) return 'note';
  return finding.severity === 'error' && finding.confidence === 'possible' ? 'warning' : finding.severity;
}

/** A failed input's reason, named once: messages of readers begin with the input. */
export function failureText({ input, message }: { input: string; message: string }): string {
  return message.startsWith(`${input}: `) ? message : `${input}: ${message}`;
}

/** What a finding says after its message: its time, what ended it, and what would settle it. */
export function circumstances(f: FindingRecord): string[] {
  const exposed = f.exposed_ns === null ? '' : `exposed for ${duration(f.exposed_ns)}`;
  const ended = f.ended_by === null ? '' : `ended by ${f.ended_by}`;
  const both = [exposed, ended].filter((part) => part !== '').join(', ');
  const known = f.known === true ? ['known: the baseline has it'] : [];
  return [
    ...known,
    ...(both === '' ? [] : [both]),
    ...(f.missing ?? []).map((missing) => `to settle it: ${missing}`),
  ];
}

/** `2,441,157`. By hand: the first use of Intl costs more than reading a small trace. */
export function thousands(n: number): string {
  return String(n).replace(/\B(?=(?:\d{3})+$)/g, ',');
}
