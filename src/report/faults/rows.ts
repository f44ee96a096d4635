import type { Column, Row } from '../columns.js';
import { printable } from '../sanitize.js';
import { place, units } from '../text.js';
import type { FaultBlock } from './block.js';
import { time } from './histogram.js';
import { known, outcome } from './lines.js';
import type {
  DeviceFaultsRecord,
  SlowRecord,
  TraceFaultsRecord,
  VmaFaultsRecord,
  ZapCostRecord,
} from './records.js';
import { orderText, pagesText } from './sizes.js';
import { fallbackText } from './words.js';

/** A table before it is drawn: as columns for a terminal, or in Markdown. */
export interface Table {
  readonly title: string;
  readonly titles: readonly Column[];
  readonly rows: readonly Row[];
  /** Below the table. */
  readonly note?: readonly string[];
}

const right = (title: string): Column => ({ title, align: 'right' });

/** One row per VMA: what was installed, and the fewest faults where it is and at the best address. */
export function vmaTable({ vmas, trace }: FaultBlock): Table {
  const pageSize = trace?.page_size ?? 4096;
  const orders = Object.keys(trace?.orders ?? vmas[0]?.orders ?? {}).map(Number);
  const advised = vmas.some((vma) => vma.advice.length > 0);
  return {
    title: 'VMAs: installs by size of entry, and the fewest faults that could map all of it',
    titles: [
      { title: 'VMA' },
      { title: 'start+size' },
      right('faults'),
      ...orders.map((order) => right(orderText(pageSize, order))),
      right('fewest'),
      right('aligned'),
    ],
    rows: vmas.map((vma) => ({
      cells: [
        vma.id,
        vma.start === null ? printable(vma.pointer) : `${vma.start.slice(2)}+${pagesText(vma.pages ?? 0)}`,
        known(vma.faults),
        ...orders.map((order) => known(vma.orders === null ? null : (vma.orders[order]?.installs ?? 0))),
        known(vma.fewest?.own ?? null),
        known(vma.fewest?.best ?? null),
      ],
      below: vmaText(vma),
    })),
    note: advised
      ? [vmas.find((vma) => vma.advice.length > 1)?.advice[1] ?? ''].filter((line) => line !== '')
      : [],
  };
}

/** What a VMA's row does not hold: how its faults ended, why orders were refused, where it should be. */
export function vmaText(vma: VmaFaultsRecord): string[] {
  const lines: string[] = [];
  if (vma.faults !== null && vma.faults > 0) lines.push(outcome(vma));
  if (vma.populates === 'vma') lines.push('the driver fills all of it at the first fault');
  if (vma.populates === 'mmap') lines.push('the driver fills all of it in mmap');
  for (const fallback of vma.fallbacks ?? [])
    lines.push(fallbackText(fallback, vma.page_size, vma.alignment?.against));
  if (vma.advice.length > 0) lines.push(vma.advice[0]);
  return lines;
}

export function deviceTable(devices: readonly DeviceFaultsRecord[], trace: TraceFaultsRecord): Table {
  const { page_size: pageSize } = trace;
  const orders = Object.keys(trace.orders ?? {}).map(Number);
  return {
    title: 'Devices',
    titles: [
      { title: 'device' },
      right('VMAs'),
      right('faults'),
      ...orders.map((order) => right(orderText(pageSize, order))),
      right('blocked'),
      right('zaps'),
    ],
    rows: devices.map((device) => ({
      cells: [
        printable(device.device ?? 'unknown'),
        String(device.vmas),
        known(device.faults),
        ...orders.map((order) =>
          known(device.orders === null ? null : (device.orders[order]?.installs ?? 0)),
        ),
        known(device.blocked),
        known(device.zaps),
      ],
    })),
  };
}

const KINDS: readonly (readonly [keyof TraceFaultsRecord['latency'], string])[] = [
  ['handler', 'fault handler'],
  ['lock_wait', 'handler to lock, at most'],
  ['insert', 'insert'],
  ['zap', 'zap'],
  ['zap_visit', 'zap, per VMA'],
  ['zap_lock_wait', 'block to zap (its lock)'],
  ['window', 'blocked window'],
];

export function latencyTable(
  { latency, unit }: Pick<TraceFaultsRecord, 'latency' | 'unit'>,
  unicode: boolean,
): Table {
  const rows = KINDS.flatMap(([kind, name]) => {
    const values = latency[kind];
    if (values === null) return [];
    const { median_ns, p99_ns, max_ns, total_ns } = values;
    const times = [median_ns, p99_ns, max_ns, total_ns].map((ns) => units(time(ns, unit), unicode));
    return [{ cells: [name, values.n.toLocaleString('en-US'), ...times] }];
  });
  return {
    title: 'Times',
    titles: [{ title: 'what' }, right('n'), right('median'), right('p99'), right('max'), right('total')],
    rows,
  };
}

export function worstTable(trace: TraceFaultsRecord, what: SlowRecord['what'], unicode: boolean): Table {
  const slow = trace.worst.filter((one) => one.what === what);
  return {
    title: what === 'handler' ? 'Longest fault handlers' : 'Longest zaps',
    titles: [
      right('time'),
      { title: what === 'zap' ? 'zap' : 'VMA' },
      { title: 'at' },
      { title: 'CPU' },
      { title: 'task and place', cut: true },
    ],
    // One or two are in the times already.
    rows:
      slow.length < 3
        ? []
        : slow.map((one) => ({
            cells: [
              units(time(one.ns, trace.unit), unicode),
              one.vma ?? one.zap ?? '-',
              one.ts,
              String(one.cpu),
              printable(`${one.comm}-${one.pid}${one.origin === null ? '' : ` ${shortPlace(one)}`}`),
            ],
          })),
  };
}

/** The place without the input's directories, which the headline has. */
function shortPlace({ origin }: SlowRecord): string {
  return origin === null ? '' : place({ ...origin, input: origin.input.replace(/^.*\//, '') });
}

export function zapTable(zaps: readonly ZapCostRecord[], trace: TraceFaultsRecord, unicode: boolean): Table {
  const { unit, page_size: pageSize } = trace;
  const at = (ns: number | null): string => units(time(ns, unit), unicode);
  return {
    title: 'Zaps: entries cleared, time, and what it took to get the pages back',
    titles: [
      { title: 'zap' },
      { title: 'cause' },
      { title: 'cleared' },
      right('time'),
      right('blocked'),
      right('refaults'),
      { title: 'back after' },
    ],
    rows: zaps.map(({ zap, cause, entries, zap_ns, window_ns, refault }) => {
      const cleared = Object.entries(entries).map(
        ([order, n]) => `${n.toLocaleString('en-US')}x${orderText(pageSize, Number(order))}`,
      );
      return {
        cells: [
          zap,
          printable(cause),
          cleared.length === 0 ? '-' : cleared.join(' '),
          at(zap_ns),
          at(window_ns),
          refault === null ? '-' : known(refault.faults),
          refault === null ? '-' : backText(refault, at),
        ],
      };
    }),
  };
}

function backText(refault: NonNullable<ZapCostRecord['refault']>, at: (ns: number | null) => string): string {
  if (refault.back_ns !== null) return at(refault.back_ns);
  const share = `${Math.floor((100 * refault.pages_back) / refault.pages)}% by`;
  const ends: Record<string, string> = {
    unmapped: 'munmap',
    'next-zap': 'next zap',
    'trace-end': 'trace end',
  };
  return `${share} ${ends[refault.ended] ?? refault.ended}`;
}
