import type { FindingRecord } from '../records.js';

/** Findings of one shape: the one that is shown, and the others. */
export interface Group {
  readonly shown: FindingRecord;
  readonly alike: FindingRecord[];
}

const SEVERITY = ['error', 'warning', 'note'];

/**
 * Findings by shape: rule, confidence and fingerprint. The first of a shape that occurred stands for it; proven
 * errors come first. `each`: every finding by itself.
 */
export function groups(findings: readonly FindingRecord[], each = false): Group[] {
  const byShape = new Map<string, { shown: FindingRecord; alike: FindingRecord[] }>();
  for (const finding of findings) {
    const shape = each ? finding.id : `${finding.fingerprint} ${finding.rule} ${finding.confidence}`;
    const group = byShape.get(shape);
    if (group === undefined) byShape.set(shape, { shown: finding, alike: [] });
    else group.alike.push(finding);
  }
  return [...byShape.values()].sort((a, b) => rank(a.shown) - rank(b.shown));
}

function rank({ severity, confidence }: FindingRecord): number {
  return SEVERITY.indexOf(severity) * 2 + (confidence === 'confirmed' ? 0 : 1);
}

/** Shortest prefix of a fingerprint that is taken for one. */
const PREFIX = 4;

/**
 * The findings that the names ask for: an id (`F2`), a rule, or the beginning of a fingerprint. `unknown` lists names
 * that no finding has.
 */
export function select(
  findings: readonly FindingRecord[],
  names: readonly string[],
): { found: FindingRecord[]; unknown: string[] } {
  if (names.length === 0) return { found: [...findings], unknown: [] };
  const unknown: string[] = [];
  const wanted = new Set<FindingRecord>();
  for (const name of names) {
    const hits = findings.filter((f) => isNamed(f, name.toLowerCase()));
    if (hits.length === 0) unknown.push(name);
    for (const hit of hits) wanted.add(hit);
  }
  return { found: findings.filter((f) => wanted.has(f)), unknown };
}

function isNamed(f: FindingRecord, name: string): boolean {
  if (f.id.toLowerCase() === name || f.rule === name) return true;
  return name.length >= PREFIX && f.fingerprint.startsWith(name);
}
