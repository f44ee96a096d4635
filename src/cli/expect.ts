import type { FindingRecord, Verdict } from '../report/records.js';
import { readJson } from './analyze-options.js';
import { UsageError } from './errors.js';
import { didYouMean } from './suggest.js';

/** Members of a finding that an expectation may name. */
const MEMBERS = ['rule', 'severity', 'confidence', 'device', 'pages', 'ended_by', 'fingerprint'] as const;
type Member = (typeof MEMBERS)[number];

export interface ExpectedFinding {
  readonly wanted: Partial<Record<Member, unknown>>;
  readonly count: number;
}

/** What a test of a driver expects of its traces: exactly these findings, and the verdict when it is named. */
export interface Expectation {
  readonly verdict: Verdict | null;
  readonly findings: readonly ExpectedFinding[];
}

const VERDICTS: readonly Verdict[] = ['clean', 'inconclusive', 'violation'];

/**
 * Reads `{"verdict": "violation", "findings": [{"rule": "zap-missed-unlinked-vma", "count": 8}]}`. Output of
 * `-f json` is taken too: each of its findings is expected by rule, severity, confidence and fingerprint.
 */
export function readExpectation(path: string): Expectation {
  const value = readJson(path) as Record<string, unknown> | null;
  const fail = (text: string): never => {
    throw new UsageError(`'${path}': ${text}`);
  };
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return fail('expected an object');
  const traces = Array.isArray(value.traces) ? value.traces : [value];
  const list = traces.flatMap((trace) => trace?.findings ?? fail("expected a member 'findings', a list"));
  if (!traces.every((trace) => Array.isArray(trace.findings))) return fail("'findings' is no list");
  const summary = (value.total ?? value.summary) as { verdict?: unknown } | undefined;
  const verdict = value.verdict ?? summary?.verdict ?? null;
  if (verdict !== null && !VERDICTS.includes(verdict as Verdict)) {
    return fail(
      `verdict '${verdict}' is none of ${VERDICTS.join(', ')}${didYouMean(String(verdict), VERDICTS)}`,
    );
  }
  return {
    verdict: verdict as Verdict | null,
    findings: list.map((entry, i) => expected(entry, (text) => fail(`findings[${i}]: ${text}`))),
  };
}

function expected(entry: Record<string, unknown>, fail: (text: string) => never): ExpectedFinding {
  if (entry === null || typeof entry !== 'object') return fail('expected an object');
  if (entry.type === 'finding') {
    const { rule, severity, confidence, fingerprint } = entry;
    return { wanted: { rule, severity, confidence, fingerprint }, count: 1 };
  }
  const { count = 1, ...wanted } = entry;
  if (!Number.isInteger(count) || (count as number) < 1)
    fail(`count ${JSON.stringify(count)} is no positive number`);
  const known: string[] = [...MEMBERS];
  const unknown = Object.keys(wanted).find((name) => !known.includes(name));
  if (unknown !== undefined)
    fail(`'${unknown}' cannot be expected${didYouMean(unknown, known)}; known: ${known.join(', ')}, count`);
  if (Object.keys(wanted).length === 0) fail(`names nothing to expect; known: ${known.join(', ')}`);
  return { wanted, count: count as number };
}

/** What differs, one line each; empty when the findings are exactly the expected ones. */
export function differences(
  expectation: Expectation,
  findings: readonly FindingRecord[],
  verdict: Verdict,
): string[] {
  const slots = expectation.findings.flatMap((entry) => new Array<ExpectedFinding>(entry.count).fill(entry));
  const owner = assign(slots, findings);
  const missing = new Map<ExpectedFinding, number>();
  for (const [i, slot] of slots.entries()) {
    if (owner[i] === -1) missing.set(slot, (missing.get(slot) ?? 0) + 1);
  }
  const taken = new Set(owner);
  return [
    ...[...missing].map(([slot, n]) => `missing: ${n} of ${slot.count} ${JSON.stringify(slot.wanted)}`),
    ...findings
      .filter((_, i) => !taken.has(i))
      .map((f) => `unexpected: ${f.rule} (${f.severity}, ${f.confidence}): ${f.message}`),
    ...(expectation.verdict !== null && expectation.verdict !== verdict
      ? [`verdict: expected ${expectation.verdict}, found ${verdict}`]
      : []),
  ];
}

/**
 * For each slot the index of a finding that fits, or -1; no finding twice. Augmenting paths (bipartite matching): a
 * slot that fits few findings must not lose its only one to a slot that fits many.
 */
function assign(slots: readonly ExpectedFinding[], findings: readonly FindingRecord[]): number[] {
  const owner = new Array<number>(slots.length).fill(-1);
  const slotOf = new Array<number>(findings.length).fill(-1);
  const fits = (slot: ExpectedFinding, f: FindingRecord) =>
    Object.entries(slot.wanted).every(([name, value]) => f[name as Member] === value);
  const place = (s: number, seen: Set<number>): boolean => {
    for (let f = 0; f < findings.length; f++) {
      if (seen.has(f) || !fits(slots[s], findings[f])) continue;
      seen.add(f);
      if (slotOf[f] === -1 || place(slotOf[f], seen)) {
        slotOf[f] = s;
        owner[s] = f;
        return true;
      }
    }
    return false;
  };
  for (let s = 0; s < slots.length; s++) place(s, new Set());
  return owner;
}
