import type { LatencyRecord, TraceFaultsRecord } from '../faults/records.js';
import { SCHEMA, type Verdict } from '../records.js';
import type { DiffRecord, Distribution, FindingChange, LatencyName, Pair, TraceSide } from './records.js';
import { LATENCIES } from './records.js';
import type { DiffSide } from './side.js';

const RANK: Record<Verdict, number> = { clean: 0, inconclusive: 1, violation: 2 };
const CHANGES: FindingChange['change'][] = ['new', 'gone', 'unchanged'];

/** Two complete traces. Throws when one has no records of its faults or no summary. */
export function compare(before: DiffSide, after: DiffSide, version: string): DiffRecord {
  const [a, b] = [faultsOf(before), faultsOf(after)];
  const findings = findingChanges(before, after);
  const sides: Pair<TraceSide> = { before: sideOf(before), after: sideOf(after) };
  const worse = whyWorse(sides, findings);
  const comparable = a.unit === 'ns' && b.unit === 'ns';
  const pair = (pick: (faults: TraceFaultsRecord) => number | null): Pair => ({
    before: pick(a),
    after: pick(b),
  });
  return {
    type: 'diff',
    schema: SCHEMA,
    version,
    ...sides,
    worse: worse.length > 0,
    reasons: [...worse, ...whyIncomparable(a, b, sides)],
    findings,
    counts: {
      faults: pair((f) => f.faults),
      calls: pair((f) => f.calls),
      installing: pair((f) => f.installing),
      refaults: pair((f) => f.refaults),
      wasted: pair((f) => f.wasted),
      blocked: pair((f) => f.blocked),
      zaps: pair((f) => f.zaps),
      pages_cleared: pair((f) => f.pages_cleared),
    },
    page_size: { before: a.page_size, after: b.page_size },
    orders: orderPairs(a, b),
    fallbacks: fallbackPairs(a, b),
    faults_per_vma: { before: perVma(before.faultsOfVmas), after: perVma(after.faultsOfVmas) },
    mappings: mappingPairs(before, after),
    latency: Object.fromEntries(
      LATENCIES.map((name) => [name, { before: distribution(a, name), after: distribution(b, name) }]),
    ) as DiffRecord['latency'],
    comparable,
  };
}

function faultsOf(side: DiffSide): TraceFaultsRecord {
  if (side.faults === null) throw new Error(`no fault statistics of ${side.header?.input ?? 'a trace'}`);
  return side.faults;
}

function sideOf({ header, summary, faults }: DiffSide): TraceSide {
  if (header === null || summary === null) throw new Error(`no summary of ${header?.input ?? 'a trace'}`);
  const { records, lost, vmas, zaps } = summary.counts;
  const { input, format, clock } = header;
  const missing = faults?.missing.map(({ code }) => code) ?? [];
  return { input, format, clock, verdict: summary.verdict, records, lost, vmas, zaps, missing };
}

function findingChanges(before: DiffSide, after: DiffSide): FindingChange[] {
  const all = new Set([...after.findings.keys(), ...before.findings.keys()]);
  const changes = [...all].map((fingerprint): FindingChange => {
    const [was, is] = [before.findings.get(fingerprint), after.findings.get(fingerprint)];
    const { rule, severity, confidence, message } = (is ?? was)!.first;
    const change = was === undefined ? 'new' : is === undefined ? 'gone' : 'unchanged';
    return {
      change,
      fingerprint,
      rule,
      severity,
      confidence,
      message,
      before: was?.count ?? 0,
      after: is?.count ?? 0,
    };
  });
  return changes.sort(
    (x, y) =>
      CHANGES.indexOf(x.change) - CHANGES.indexOf(y.change) ||
      compareText(x.rule, y.rule) ||
      compareText(x.fingerprint, y.fingerprint),
  );
}

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function whyWorse({ before, after }: Pair<TraceSide>, findings: readonly FindingChange[]): string[] {
  const fresh = findings.filter(({ change }) => change === 'new');
  const out: string[] = [];
  if (RANK[after.verdict] > RANK[before.verdict])
    out.push(`the verdict is worse: ${before.verdict} before, ${after.verdict} after`);
  if (fresh.length > 0) {
    const rules = [...new Set(fresh.map(({ rule }) => rule))].join(', ');
    out.push(
      `${fresh.length} ${fresh.length === 1 ? 'kind of finding is' : 'kinds of findings are'} new: ${rules}`,
    );
  }
  return out;
}

function whyIncomparable(a: TraceFaultsRecord, b: TraceFaultsRecord, sides: Pair<TraceSide>): string[] {
  const out: string[] = [];
  const { before, after } = sides;
  const only = (x: readonly string[], y: readonly string[]): string =>
    x.filter((code) => !y.includes(code)).join(', ');
  const [lacksBefore, lacksAfter] = [
    only(before.missing, after.missing),
    only(after.missing, before.missing),
  ];
  if (lacksBefore !== '') out.push(`only the after trace has: ${lacksBefore}`);
  if (lacksAfter !== '') out.push(`only the before trace has: ${lacksAfter}`);
  if (before.lost > 0 || after.lost > 0)
    out.push(`events were lost (${before.lost} before, ${after.lost} after): counts are at least these`);
  if (a.unit === 'ticks' || b.unit === 'ticks') out.push('times cannot be compared: a clock has no unit');
  if (a.page_size !== b.page_size) out.push(`page sizes differ: ${a.page_size} before, ${b.page_size} after`);
  if (a.resolution_ns !== b.resolution_ns)
    out.push(`times are rounded to ${Math.max(a.resolution_ns, b.resolution_ns)} ns in one of the traces`);
  return out;
}

function orderPairs(a: TraceFaultsRecord, b: TraceFaultsRecord): DiffRecord['orders'] {
  const orders = new Set([...Object.keys(a.orders ?? {}), ...Object.keys(b.orders ?? {})]);
  const of = (faults: TraceFaultsRecord, order: string) =>
    faults.orders === null ? null : (faults.orders[order] ?? { installs: 0, pages: 0 });
  const sorted = [...orders].sort((x, y) => Number(x) - Number(y));
  return Object.fromEntries(sorted.map((order) => [order, { before: of(a, order), after: of(b, order) }]));
}

function fallbackPairs(a: TraceFaultsRecord, b: TraceFaultsRecord): DiffRecord['fallbacks'] {
  const keys = new Map(
    [...(a.fallbacks ?? []), ...(b.fallbacks ?? [])].map(({ order, reason }) => [
      `${order} ${reason}`,
      { order, reason },
    ]),
  );
  return [...keys.values()].map(({ order, reason }) => {
    const of = ({ fallbacks }: TraceFaultsRecord): number | null =>
      fallbacks === null
        ? null
        : (fallbacks.find((f) => f.order === order && f.reason === reason)?.count ?? 0);
    return { order, reason, before: of(a), after: of(b) };
  });
}

function perVma(faults: readonly number[]): DiffRecord['faults_per_vma']['before'] {
  if (faults.length === 0) return null;
  const sorted = [...faults].sort((x, y) => x - y);
  const mean = sorted.reduce((total, n) => total + n, 0) / sorted.length;
  return {
    vmas: sorted.length,
    median: sorted[Math.ceil(sorted.length / 2) - 1],
    max: sorted[sorted.length - 1],
    mean: Math.round(mean * 100) / 100,
  };
}

function mappingPairs(before: DiffSide, after: DiffSide): DiffRecord['mappings'] {
  const keys = new Set([...before.mappings.keys(), ...after.mappings.keys()]);
  const pairs = [...keys].map((key) => {
    const [pgoff, pages] = key.split(' ');
    return {
      pgoff,
      pages: Number(pages),
      before: before.mappings.get(key) ?? null,
      after: after.mappings.get(key) ?? null,
    };
  });
  const faults = ({ before: x, after: y }: (typeof pairs)[number]): number =>
    Math.max(x?.faults ?? 0, y?.faults ?? 0);
  return pairs.sort((x, y) => faults(y) - faults(x) || compareText(x.pgoff, y.pgoff) || x.pages - y.pages);
}

function distribution(faults: TraceFaultsRecord, name: LatencyName): Distribution | null {
  const values: LatencyRecord | null =
    name === 'time_back' ? faults.refault_sums.time_back : faults.latency[name];
  if (values === null) return null;
  const { n, median_ns, p99_ns, max_ns } = values;
  return { n, median_ns, p99_ns, max_ns };
}
