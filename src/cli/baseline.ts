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

/** The findings of a run as a baseline, one entry per fingerprint, in a stable order. */
export function writeBaseline(path: string, findings: readonly FindingRecord[]): void {
  const known = new Map<string, KnownFinding>();
  for (const { fingerprint, rule, message } of findings) {
    const entry = known.get(fingerprint);
    if (entry) entry.count++;
    else known.set(fingerprint, { fingerprint, rule, message, count: 1 });
  }
  const list = [...known.values()].sort((a, b) => (a.fingerprint < b.fingerprint ? -1 : 1));
  try {
    writeFileSync(path, `${safeJson({ schema: BASELINE_SCHEMA, findings: list }, 2)}\n`);
  } catch (error) {
    throw new UsageError(`cannot write '${path}': ${systemMessage(error)}`);
  }
}
