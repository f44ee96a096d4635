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

/** What is counted of a trace's findings when there is a baseline. */
class Counted {
  /** Those that the baseline knows. */
  readonly known: Record<Severity, number> = { error: 0, warning: 0, note: 0 };
  /** Errors that it does not know, and whether one of them is confirmed. */
  errors = 0;
  confirmed = false;

  add({ known, severity, confidence }: FindingRecord): void {
    if (known === true) this.known[severity]++;
    else if (severity === 'error') {
      this.errors++;
      if (confidence === 'confirmed') this.confirmed = true;
    }
  }
}

/**
 * Sees all records of a run before they are written: marks the findings that the baseline knows, and takes them out
 * of their trace's verdict. Keeps of the findings what `--fail-on` asks about at the end, whose number does not grow
 * with theirs: a live trace of a leaking driver has one more with each zap.
 */
export class Judge {
  #counted = new Counted();
  #reached: number = FAIL_LEVELS.length;

  constructor(
    private readonly baseline: ReadonlySet<string> | null,
    /** Is given every finding, marked. */
    private readonly found: (finding: FindingRecord) => void = () => {},
  ) {}

  record(record: AnyRecord): AnyRecord {
    switch (record.type) {
      case 'header':
        this.#counted = new Counted();
        return record;
      case 'finding': {
        const known = this.baseline?.has(record.fingerprint);
        const finding = known === undefined ? record : { ...record, known };
        this.#counted.add(finding);
        if (known !== true)
          this.#reached = Math.min(this.#reached, levelOf(finding.severity, finding.confidence));
        this.found(finding);
        return finding;
      }
      case 'summary':
        return this.baseline === null ? record : withoutKnown(record, this.#counted);
      default:
        return record;
    }
  }

  /** true when a finding that no baseline knows reaches the level. */
  reaches(level: FailLevel): boolean {
    return this.#reached <= FAIL_LEVELS.indexOf(level);
  }
}

const levelOf = (severity: Severity, confidence: Confidence): number =>
  FAIL_LEVELS.indexOf(failLevel(severity, confidence));

/** The summary as it would be without the findings that the baseline has. */
function withoutKnown(summary: SummaryRecord, counted: Counted): SummaryRecord {
  const { error, warning, note } = counted.known;
  const known = error + warning + note;
  if (known === 0) return { ...summary, counts: { ...summary.counts, known } };
  const { findings } = summary.counts;
  return {
    ...summary,
    verdict: verdictWithout(summary, counted),
    reasons: [...summary.reasons, `${known} findings are in the baseline`],
    counts: {
      ...summary.counts,
      findings: {
        error: findings.error - error,
        warning: findings.warning - warning,
        note: findings.note - note,
      },
      known,
    },
  };
}

/**
 * Only a violation can get better: its confirmed errors may all be known. Clean must then be earned as ever: full
 * coverage, no losses, no possible errors, no reason beyond the count of errors. An inconclusive trace stays so: its
 * doubts are about evidence.
 */
function verdictWithout(summary: SummaryRecord, { errors, confirmed }: Counted): Verdict {
  if (summary.verdict !== 'violation') return summary.verdict;
  if (confirmed) return 'violation';
  const { coverage, counts, reasons } = summary;
  const checked = Object.keys(coverage).every(
    (rule) => coverage[rule] === 'checked' || OPTIONAL_RULES.has(rule),
  );
  const sure = checked && errors === 0 && counts.lost === 0 && counts.unparsed === 0 && reasons.length <= 1;
  return sure ? 'clean' : 'inconclusive';
}
