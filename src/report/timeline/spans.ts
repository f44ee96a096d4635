import type { FindingRecord, VmaRecord } from '../records.js';

/** What a VMA's lane shows. `stray` and `maybe` are findings, confirmed and possible; the others are epochs. */
export type State = 'empty' | 'populated' | 'zapped' | 'blocked' | 're-enabled' | 'stray' | 'maybe';

/** Most telling first: where several share a place on the screen, this one is seen. */
export const STATES: readonly State[] = [
  'stray',
  'maybe',
  'blocked',
  'zapped',
  'populated',
  're-enabled',
  'empty',
];

export interface Span {
  readonly state: State;
  readonly start: number;
  readonly end: number;
  /** Pages known to be present at the end of it; in a stray one, the stray pages. */
  readonly pages: number;
  /** The finding of a stray one. */
  readonly finding?: string;
}

/** When the stray pages of a finding were reachable; null for one without exposure. */
export function exposure(f: FindingRecord): { start: number; end: number } | null {
  return f.exposed_ns === null ? null : { start: f.t_ns, end: f.t_ns + f.exposed_ns };
}

/**
 * The life of a VMA as spans that do not overlap, from its creation to its removal (or `from`, `to` where the trace
 * does not tell). Where a finding says that pages were stray, that wins over what the epochs say.
 */
export function spansOf(
  vma: VmaRecord,
  findings: readonly FindingRecord[],
  from: number,
  to: number,
): Span[] {
  const first = vma.epochs[0]?.start_ns;
  const begin = Math.max(from, vma.created_ns ?? vma.linked_ns ?? first ?? from);
  const end = Math.min(to, vma.removed_ns ?? to);
  const base: Span[] = [];
  const push = (state: State, start: number, stop: number, pages: number) => {
    const s = Math.max(start, begin);
    const e = Math.min(stop, end);
    if (e > s || (e === s && start === stop)) base.push({ state, start: s, end: e, pages });
  };
  push('empty', begin, first ?? end, 0);
  // An epoch called stray is told by its finding, which knows how long it lasted.
  vma.epochs.forEach((epoch, i) => {
    const state = epoch.state === 'stray' ? 'blocked' : epoch.state;
    push(state, epoch.start_ns, epoch.end_ns ?? vma.epochs[i + 1]?.start_ns ?? end, epoch.pages);
  });
  return overlay(
    base.filter((span) => span.end > span.start),
    findings.flatMap(strayOf),
    begin,
    end,
  );
}

function strayOf(f: FindingRecord): Span[] {
  const exposed = exposure(f);
  if (exposed === null || f.severity !== 'error') return [];
  return [
    { state: f.confidence === 'confirmed' ? 'stray' : 'maybe', ...exposed, pages: f.pages, finding: f.id },
  ];
}

/** Puts spans over others; of two that overlap, the confirmed and then the earlier one is seen. */
function overlay(base: readonly Span[], over: readonly Span[], from: number, to: number): Span[] {
  let spans = [...base];
  const order = [...over].sort(
    (a, b) => STATES.indexOf(b.state) - STATES.indexOf(a.state) || b.start - a.start,
  );
  for (const top of order) {
    const start = Math.max(top.start, from);
    const end = Math.min(Math.max(top.end, start), to);
    if (end < start) continue;
    spans = spans.flatMap((span) => [
      ...(span.start < start ? [{ ...span, end: Math.min(span.end, start) }] : []),
      ...(span.end > end ? [{ ...span, start: Math.max(span.start, end) }] : []),
    ]);
    spans.push({ ...top, start, end });
  }
  return spans.sort((a, b) => a.start - b.start);
}
