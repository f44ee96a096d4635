import type {
  AnyRecord,
  Confidence,
  FindingRecord,
  Severity,
  SummaryRecord,
  Verdict,
} from '../report/records.js';
import { OPTIONAL_RULES } from './known.js';

/** `--fail-on`: from which findings on a run fails, each level with all before it. */
export const FAIL_LEVELS = ['error', 'possible', 'warning', 'note'] as const;
export type FailLevel = (typeof FAIL_LEVELS)[number];

/** The level that a finding reaches. */
export function failLevel(severity: Severity, confidence: Confidence): FailLevel {
  return severity === 'error' && confidence === 'possible' ? 'possible' : severity;
}

/**
 * Sees all records of a run before they are written: marks the findings that the baseline knows, and takes them out
 * of their trace's verdict. Keeps what `--expect`, `--fail-on` and `--write-baseline` ask about at the end.
 */
export class Judge {
  readonly findings: FindingRecord[] = [];
  #ofTrace: FindingRecord[] = [];

  constructor(private readonly baseline: ReadonlySet<string> | null) {}

  record(record: AnyRecord): AnyRecord {
    switch (record.type) {
      case 'header':
        this.#ofTrace = [];
        return record;
      case 'finding': {
        const known = this.baseline?.has(record.fingerprint);
        const finding = known === undefined ? record : { ...record, known };
        this.findings.push(finding);
        this.#ofTrace.push(finding);
        return finding;
      }
      case 'summary':
        return this.baseline === null ? record : withoutKnown(record, this.#ofTrace);
      default:
        return record;
    }
  }

  /** true when a finding that no baseline knows reaches the level. */
  reaches(level: FailLevel): boolean {
    const limit = FAIL_LEVELS.indexOf(level);
    return this.findings.some(
      (f) => f.known !== true && FAIL_LEVELS.indexOf(failLevel(f.severity, f.confidence)) <= limit,
    );
  }
}

/** The summary as it would be without the findings that the baseline has. */
function withoutKnown(summary: SummaryRecord, findings: readonly FindingRecord[]): SummaryRecord {
  const known = findings.filter((f) => f.known === true);
  if (known.length === 0) return { ...summary, counts: { ...summary.counts, known: 0 } };
  const counts = { ...summary.counts.findings };
  for (const f of known) counts[f.severity]--;
  const fresh = findings.filter((f) => f.known !== true);
  const verdict = verdictWithout(summary, fresh);
  return {
    ...summary,
    verdict,
    reasons: [...summary.reasons, `${known.length} findings are in the baseline`],
    counts: { ...summary.counts, findings: counts, known: known.length },
  };
}

/**
 * Only a violation can get better: its confirmed errors may all be known. Clean must then be earned as ever: full
 * coverage, no losses, no possible errors, no reason beyond the count of errors. An inconclusive trace stays so: its
 * doubts are about evidence.
 */
function verdictWithout(summary: SummaryRecord, fresh: readonly FindingRecord[]): Verdict {
  if (summary.verdict !== 'violation') return summary.verdict;
  const errors = fresh.filter((f) => f.severity === 'error');
  if (errors.some((f) => f.confidence === 'confirmed')) return 'violation';
  const { coverage, counts, reasons } = summary;
  const checked = Object.keys(coverage).every(
    (rule) => coverage[rule] === 'checked' || OPTIONAL_RULES.has(rule),
  );
  const sure =
    checked && errors.length === 0 && counts.lost === 0 && counts.unparsed === 0 && reasons.length <= 1;
  return sure ? 'clean' : 'inconclusive';
}
