import type { FindingRecord } from './records.js';

/** Findings of the same kind, shown as one row for people: the first of them, and the others. */
export interface FindingGroup {
  readonly first: FindingRecord;
  readonly more: readonly FindingRecord[];
}

function rank(f: FindingRecord): number {
  if (f.known === true) return 4;
  if (f.severity === 'error') return f.confidence === 'confirmed' ? 0 : 1;
  return f.severity === 'warning' ? 2 : 3;
}

/**
 * What matters first: confirmed errors, possible ones, warnings, notes, and last what a baseline knows; in order of
 * proof within each. Every error stands alone; lesser findings with one fingerprint are one group.
 */
export function groupFindings(findings: readonly FindingRecord[]): FindingGroup[] {
  const groups = new Map<string, { first: FindingRecord; more: FindingRecord[] }>();
  const sorted = [...findings].sort((a, b) => rank(a) - rank(b));
  for (const f of sorted) {
    const key = rank(f) <= 1 ? f.id : `${rank(f)} ${f.confidence} ${f.fingerprint}`;
    const group = groups.get(key);
    if (group) group.more.push(f);
    else groups.set(key, { first: f, more: [] });
  }
  return [...groups.values()];
}

/** `and 17 more like it: vma3, vma5, vma6, …` */
export function moreText(more: readonly FindingRecord[]): string {
  const names = [...new Set(more.map((f) => f.vma ?? f.id))];
  const shown = names.slice(0, 8).join(', ');
  return `and ${more.length} more like it: ${shown}${names.length > 8 ? ', …' : ''}`;
}
