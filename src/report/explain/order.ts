import type { Evidence, HeaderRecord } from '../records.js';
import { duration } from '../text.js';
import type { Context } from './context.js';
import type { OrderFact } from './record.js';

/** What a moment is called in a sentence on order. */
const WORDS: Record<string, string> = {
  install: 'the insert began',
  'install-return': 'the insert returned',
  'zap-begin': 'the zap began',
  'range-walked': 'the zap had walked the range',
  'zap-end': 'the zap ended',
  'rmap-insert': 'the VMA entered the rmap',
  unblocked: 'the device was re-enabled',
  access: 'the access succeeded',
};

/**
 * The orders that each rule's proof rests on: before, after. Of alternatives the first that the evidence has in this
 * order is taken.
 */
const PROOF: Record<string, readonly (readonly [before: string[], after: string[]])[]> = {
  'install-after-zap': [
    [['zap-end', 'range-walked'], ['install']],
    [['install-return'], ['unblocked']],
  ],
  'zap-missed-unlinked-vma': [
    [['install-return'], ['zap-begin', 'zap-end']],
    [['zap-end'], ['rmap-insert']],
  ],
  'zap-skipped-vma': [[['install-return'], ['zap-begin', 'zap-end']]],
  'partial-zap': [[['install-return'], ['zap-begin', 'zap-end']]],
  'access-after-zap': [
    [['zap-end'], ['access']],
    [['access'], ['unblocked']],
  ],
  'install-zap-overlap': [
    [['install'], ['zap-end']],
    [['zap-begin'], ['install-return']],
  ],
  'populate-before-rmap': [[['install-return', 'install'], ['rmap-insert']]],
};

/** How far times of two CPUs can be wrong. */
export interface ClockTrust {
  /** trace_clock name, null when unknown. */
  readonly name: string | null;
  /** Difference between CPUs, ns. */
  readonly skew: number;
  /** Rounding of the source, ns. */
  readonly resolution: number;
  readonly unit: 'ns' | 'count';
}

/** The clock of a trace: the header says which it is, the digits of its times how they are rounded. */
export function clockTrust(header: HeaderRecord, skewOf: (clock: string | null) => number): ClockTrust {
  const digits = header.base?.split('.')[1]?.length ?? 0;
  const counts = header.base !== null && digits === 0;
  const resolution = counts || digits >= 9 ? 0 : 10 ** (9 - digits);
  return { name: header.clock, skew: skewOf(header.clock), resolution, unit: counts ? 'count' : 'ns' };
}

/** A moment that an order is about. */
type Moment = Pick<Evidence, 'role' | 't_ns' | 'cpu' | 'pid' | 'comm'>;

/** Why the order of the moments that prove a finding is certain, or is not. */
export function orderFacts(context: Context, clock: ClockTrust): OrderFact[] {
  const { finding, visits } = context;
  const walked = visits.filter((v) => context.isOwn(v) && v.end_ns !== null).at(-1);
  const moments: Moment[] = finding.evidence.filter((e) => e.role !== 'range-walked');
  if (walked !== undefined) moments.push({ ...walked, role: 'range-walked', t_ns: walked.end_ns! });
  const facts: OrderFact[] = [];
  for (const [before, after] of PROOF[finding.rule] ?? []) {
    const pair = firstPair(moments, before, after);
    if (pair !== null) facts.push(fact(pair[0], pair[1], clock));
  }
  return facts;
}

/** The first alternative that the times bear out, else the last one that there is. */
function firstPair(moments: readonly Moment[], before: string[], after: string[]): [Moment, Moment] | null {
  const all: [Moment, Moment][] = [];
  for (const b of before) {
    for (const a of after) {
      const from = moments.find((e) => e.role === b);
      const to = moments.find((e) => e.role === a);
      if (from !== undefined && to !== undefined) all.push([from, to]);
    }
  }
  return all.find(([b, a]) => a.t_ns >= b.t_ns) ?? all.at(-1) ?? null;
}

function fact(a: Moment, b: Moment, clock: ClockTrust): OrderFact {
  const gap = b.t_ns - a.t_ns;
  const text = `${WORDS[a.role] ?? a.role} before ${WORDS[b.role] ?? b.role}`;
  const length = clock.unit === 'count' ? `${gap} ticks` : duration(gap);
  if (a.pid === b.pid && gap >= 0) {
    return {
      text,
      gap_ns: gap,
      certain: true,
      because: `${length} apart in the program order of one task, ${a.comm}-${a.pid}`,
    };
  }
  if (a.cpu === b.cpu && gap >= 0) {
    return {
      text,
      gap_ns: gap,
      certain: true,
      because: `${length} apart, both recorded by CPU ${a.cpu}, whose records are in order`,
    };
  }
  const margin = clock.skew + clock.resolution;
  const name = clock.name === null ? 'the clock of this trace is not known and' : `the clock '${clock.name}'`;
  const trust =
    clock.unit === 'count'
      ? `${name} is the same for all CPUs`
      : `${name} may differ by ${duration(margin)} between CPUs`;
  const certain = gap > margin;
  const apart =
    gap < 0 ? `apparently ${duration(-gap)} the other way round` : `${certain ? '' : 'only '}${length} apart`;
  return { text, gap_ns: gap, certain, because: `${apart} on CPU ${a.cpu} and CPU ${b.cpu}; ${trust}` };
}
