import { writeFileSync } from 'node:fs';
import type { FindingRecord } from '../report/records.js';
import { safeJson } from '../report/sanitize.js';
import { readJson } from './analyze-options.js';
import { systemMessage, UsageError } from './errors.js';

/** What a baseline keeps of a finding: the fingerprint tells; rule and message are for the people who review it. */
export interface KnownFinding {
  fingerprint: string;
  rule: string;
  message: string;
  /** How often it was there when the baseline was written. Races vary, so the number is not compared. */
  count: number;
}

export const BASELINE_SCHEMA = 'zaptrace-baseline/1';

/** Fingerprints of a baseline file. */
export function readBaseline(path: string): Set<string> {
  const value = readJson(path) as { schema?: unknown; findings?: unknown };
  if (value?.schema !== BASELINE_SCHEMA || !Array.isArray(value.findings)) {
    throw new UsageError(
      `'${path}' is no baseline: expected {"schema": "${BASELINE_SCHEMA}", "findings": [...]} as --write-baseline writes it`,
    );
  }
  return new Set(
    value.findings.map((finding: Partial<KnownFinding>, i) => {
      if (typeof finding?.fingerprint === 'string') return finding.fingerprint;
      throw new UsageError(`'${path}': findings[${i}] has no fingerprint`);
    }),
  );
}

/** Collects the findings of a run for a baseline: one entry per fingerprint. */
export class NewBaseline {
  readonly #known = new Map<string, KnownFinding>();

  add({ fingerprint, rule, message }: FindingRecord): void {
    const entry = this.#known.get(fingerprint);
    if (entry) entry.count++;
    else this.#known.set(fingerprint, { fingerprint, rule, message, count: 1 });
  }

  /** Writes it in a stable order. */
  write(path: string): void {
    const findings = [...this.#known.values()].sort((a, b) => (a.fingerprint < b.fingerprint ? -1 : 1));
    try {
      writeFileSync(path, `${safeJson({ schema: BASELINE_SCHEMA, findings }, 2)}\n`);
    } catch (error) {
      throw new UsageError(`cannot write '${path}': ${systemMessage(error)}`);
    }
  }
}
