import type { Column } from '../columns.js';
import { type TimeUnit, time } from '../faults/histogram.js';
import type { Table } from '../faults/rows.js';
import { orderText, pagesText } from '../faults/sizes.js';
import { REASONS } from '../faults/words.js';
import { printable } from '../sanitize.js';
import { units } from '../text.js';
import type { DiffRecord, Distribution, LatencyName, MappingSide, Pair } from './records.js';

const right = (title: string): Column => ({ title, align: 'right' });
const number = (n: number | null | undefined): string =>
  n === null || n === undefined ? '?' : n.toLocaleString('en-US');

/** `-99.8%`, `+12%`, `same`; empty when there is nothing to compare. */
export function change({ before, after }: Pair): string {
  if (before === null || after === null) return '';
  if (before === after) return 'same';
  if (before === 0) return `+${number(after)}`;
  const percent = (100 * (after - before)) / before;
  const text = percent.toFixed(Math.abs(percent) < 10 || percent < -99 ? 1 : 0);
  // What is left may be what matters: 2 faults of 524,288 are not none.
  if (text === '-100.0' && after > 0) return `1/${Math.round(before / after).toLocaleString('en-US')}`;
  return `${percent > 0 ? '+' : ''}${text === '-100.0' ? '-100' : text}%`;
}

/** `1 error new` … as the head of a text: how many kinds of findings changed, and how. */
export function findingsLine({ findings }: DiffRecord): string {
  const n = (kind: string): number => findings.filter((finding) => finding.change === kind).length;
  return `findings by kind: ${n('new')} new, ${n('gone')} gone, ${n('unchanged')} unchanged`;
}

export function findingTable({ findings }: DiffRecord): Table {
  return {
    title: 'Findings',
    titles: [{ title: 'change' }, { title: 'rule' }, { title: 'severity' }, right('before'), right('after')],
    rows: findings.map(
      ({ change: kind, rule, severity, confidence, before, after, message, fingerprint }) => ({
        cells: [
          kind,
          printable(rule),
          confidence === 'possible' ? `${severity}?` : severity,
          number(before),
          number(after),
        ],
        below: [printable(message), `fingerprint ${fingerprint}`],
      }),
    ),
  };
}

const COUNTS: readonly (readonly [keyof DiffRecord['counts'], string])[] = [
  ['faults', 'faults'],
  ['installing', 'that installed'],
  ['refaults', 'refaults after a zap'],
  ['blocked', 'blocked (SIGBUS)'],
  ['wasted', 'wasted (present)'],
  ['calls', 'handler calls'],
  ['zaps', 'zaps'],
];

/** Counts, installs by order, pages, faults per VMA, fallbacks: one row each. */
export function countTable(diff: DiffRecord): Table {
  const rows: { cells: string[] }[] = [];
  const row = (name: string, pair: Pair): void => {
    rows.push({ cells: [name, number(pair.before), number(pair.after), change(pair)] });
  };
  const size = (order: string | number): string => orderText(diff.page_size.before, Number(order));
  for (const [key, name] of COUNTS) row(name, diff.counts[key]);
  for (const [order, { before, after }] of Object.entries(diff.orders)) {
    row(`installs of ${size(order)}`, { before: before?.installs ?? null, after: after?.installs ?? null });
  }
  const { before, after } = diff.faults_per_vma;
  if (before !== null || after !== null) {
    row('faults per VMA, median', { before: before?.median ?? null, after: after?.median ?? null });
    row('faults per VMA, max', { before: before?.max ?? null, after: after?.max ?? null });
  }
  for (const fallback of diff.fallbacks) {
    const { order, reason } = fallback;
    row(`no ${order === null ? 'larger entry' : size(order)}: ${reason}`, fallback);
  }
  const cleared = diff.counts.pages_cleared;
  const text = (pages: number | null): string => (pages === null ? '?' : pagesText(pages));
  rows.push({ cells: ['cleared by zaps', text(cleared.before), text(cleared.after), change(cleared)] });
  const reasons = [...new Set(diff.fallbacks.map(({ reason }) => reason))];
  return {
    title: 'Faults',
    titles: [{ title: 'what' }, right('before'), right('after'), right('change')],
    rows,
    note: reasons.map((reason) => `${reason}: ${REASONS[reason] ?? reason}`),
  };
}

const LATENCY_NAMES: Record<LatencyName, string> = {
  handler: 'fault handler',
  lock_wait: 'handler to lock',
  insert: 'insert',
  zap: 'zap',
  zap_visit: 'zap, per VMA',
  zap_lock_wait: 'block to zap',
  window: 'blocked window',
  time_back: 'all pages back',
};

/** Two rows for each distribution that one of the traces has. */
export function latencyTable(diff: DiffRecord, unicode: boolean): Table {
  const unit: TimeUnit = diff.comparable ? 'ns' : 'ticks';
  const at = (values: Distribution | null): string[] =>
    values === null
      ? ['0', '-', '-', '-']
      : [
          number(values.n),
          ...[values.median_ns, values.p99_ns, values.max_ns].map((ns) => units(time(ns, unit), unicode)),
        ];
  const rows = Object.entries(diff.latency).flatMap(([name, { before, after }]) => {
    if (before === null && after === null) return [];
    const medians = { before: before?.median_ns ?? null, after: after?.median_ns ?? null };
    return [
      { cells: [LATENCY_NAMES[name as LatencyName], 'before', ...at(before), ''] },
      { cells: ['', 'after', ...at(after), diff.comparable ? change(medians) : ''] },
    ];
  });
  return {
    title: 'Times, and the change of the median',
    titles: [
      { title: 'what' },
      { title: 'trace' },
      right('n'),
      right('median'),
      right('p99'),
      right('max'),
      right('change'),
    ],
    rows,
  };
}

/** VMAs of the same file offset and size, before and after. */
export function mappingTable(diff: DiffRecord): Table {
  const orders = (side: MappingSide | null): string => {
    if (side === null) return '-';
    if (side.orders === null) return '?';
    const used = Object.entries(side.orders).filter(([, n]) => n > 0);
    return used.length === 0
      ? 'none'
      : used.map(([order, n]) => `${number(n)}x${orderText(diff.page_size.before, Number(order))}`).join(' ');
  };
  return {
    title: 'Mappings of the same file range: VMAs, faults, installs',
    titles: [
      { title: 'pgoff+size' },
      { title: 'trace' },
      right('VMAs'),
      right('faults'),
      right('fewest'),
      { title: 'installs' },
    ],
    rows: diff.mappings.flatMap(({ pgoff, pages, before, after }) =>
      (
        [
          ['before', before],
          ['after', after],
        ] as const
      ).map(([name, side]) => ({
        cells: [
          name === 'before' ? `${pgoff}+${pagesText(pages)}` : '',
          name,
          number(side?.vmas ?? 0),
          side === null ? '-' : number(side.faults),
          side === null ? '-' : number(side.fewest),
          orders(side),
        ],
      })),
    ),
  };
}
