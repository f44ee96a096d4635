import type { HeaderRecord, Origin } from '../records.js';
import { printable } from '../sanitize.js';
import { count, duration, place } from '../text.js';
import type { Names } from './names.js';
import type { ExplanationRecord, PageRange, RawRecord } from './record.js';

/** The facts above a diagram: name and value. */
export function legend(e: ExplanationRecord, names: Names, header: HeaderRecord): [string, string][] {
  const { finding, vma, zap } = e;
  const lines: [string, string][] = [
    ['trace', header.input === '-' ? 'standard input' : printable(header.input)],
    ['', printable(`${header.format}, clock ${header.clock ?? 'unknown'}`)],
  ];
  if (vma !== null) {
    const range = vma.start !== null && vma.end !== null ? `${vma.start}-${vma.end}` : 'range unknown';
    lines.push([vma.id, printable(`${range}${size(vma.start, vma.end)}, ${vma.comm}-${vma.pid}`)]);
  }
  if (finding.pages > 0) lines.push(['pages', strayText(e)]);
  if (zap !== null) {
    const blocked =
      zap.unblocked_ns === null
        ? 'not unblocked in this trace'
        : `unblocked ${duration(zap.unblocked_ns - zap.start_ns)} after it began`;
    lines.push([zap.id, printable(`${zap.cause}, by ${zap.comm}-${zap.pid}; ${blocked}`)]);
  }
  for (const [name, value] of names.legend) {
    lines.push([name, name === vma?.id ? `struct vm_area_struct ${value}` : value]);
  }
  lines.push(['time 0', `${e.zero.ts}${e.zero.ts.includes('.') ? ' s' : ''}`]);
  return mergedNames(lines);
}

/** A VMA's pointer belongs to its own line. */
function mergedNames(lines: [string, string][]): [string, string][] {
  const out: [string, string][] = [];
  for (const [name, value] of lines) {
    const same = name === '' ? undefined : out.find(([n]) => n === name);
    if (same === undefined) out.push([name, value]);
    else same[1] += `, ${value}`;
  }
  return out;
}

function size(start: string | null, end: string | null): string {
  if (start === null || end === null) return '';
  return ` (${count(Number((BigInt(end) - BigInt(start)) / 4096n), 'page')})`;
}

/** `8 of 8 stray: 0x7f3e6c155000-0x7f3e6c15d000`. */
function strayText({ finding, vma, stray, rule }: ExplanationRecord): string {
  const all = vma?.start && vma.end ? Number((BigInt(vma.end) - BigInt(vma.start)) / 4096n) : null;
  const what = all === null ? finding.pages.toLocaleString('en-US') : `${finding.pages} of ${all}`;
  const how = HOW[rule.id] ?? (finding.confidence === 'confirmed' ? 'stray' : 'perhaps stray');
  return stray === null
    ? `${what} ${how}, the first at ${finding.address}`
    : `${what} ${how}: ${some(stray)}`;
}

const HOW: Record<string, string> = {
  'populate-before-rmap': 'installed too early',
  'install-zap-overlap': 'installed during the zap',
};

/** How a record of the trace looks where its own line is not at hand: as tracefs prints a line. */
export function recordLine({ comm, pid, cpu, ts, text, line }: RawRecord): string {
  return (line ?? `${comm}-${pid} [${String(cpu).padStart(3, '0')}] ${ts}: ${text}`).trim();
}

/** `tc331.dat@0xc66110e8c`: the file without its directories, which the legend has. */
export function shortPlace(origin: Origin): string {
  return place({ ...origin, input: origin.input.replace(/^.*\//, '') });
}

function some(ranges: readonly PageRange[]): string {
  const shown = ranges.slice(0, 3).map((r) => (oneP(r) ? r.start : `${r.start}-${r.end}`));
  return shown.join(', ') + (ranges.length > 3 ? ` and ${count(ranges.length - 3, 'more range')}` : '');
}

const oneP = (r: PageRange): boolean => BigInt(r.end) - BigInt(r.start) === 4096n;

/** Heading of the reasons, and the reasons: each one or two sentences. */
export function reasons(e: ExplanationRecord): { title: string; items: string[] } {
  const sure = e.finding.confidence === 'confirmed';
  const order = e.order.map((o) => `${o.text}: ${o.certain ? '' : 'not certain, '}${o.because}`);
  const items = [...order, ...e.facts].map(sentence);
  if (!sure) return { title: 'Why this is only possible', items };
  const title = e.finding.severity === 'error' ? 'Why this is proof' : 'Why this is certain';
  return { title, items: [e.rule.proves, ...items].filter((s) => s !== '') };
}

const sentence = (text: string): string =>
  text.charAt(0).toUpperCase() + text.slice(1) + (text.endsWith('.') ? '' : '.');

/** For a possible finding: what is missing, and which probe settles it. */
export function missing(e: ExplanationRecord): string[] {
  return e.finding.confidence === 'possible' ? (e.finding.missing ?? []).map(sentence) : [];
}

/** `7 more findings of this shape: F7, F9, …`; null when there is none. */
export function alikeText({ alike, finding }: ExplanationRecord): string | null {
  if (alike.length === 0) return null;
  const ids =
    alike.length <= 12 ? alike.join(', ') : `${alike.slice(0, 10).join(', ')} and ${alike.length - 10} more`;
  return `${count(alike.length, 'more finding')} of this shape (fingerprint ${finding.fingerprint}): ${ids}; --all shows each`;
}

/** `confirmed error`, `possible error`, `warning`. */
export function kind({ finding }: ExplanationRecord): string {
  return finding.severity === 'error' || finding.confidence === 'possible'
    ? `${finding.confidence} ${finding.severity}`
    : finding.severity;
}
