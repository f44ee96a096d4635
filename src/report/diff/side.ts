import type { TraceFaultsRecord, VmaFaultsRecord } from '../faults/records.js';
import type { AnyRecord, FindingRecord, HeaderRecord, SummaryRecord } from '../records.js';
import type { MappingSide } from './records.js';

/** All findings with one fingerprint. */
export interface FindingGroup {
  first: FindingRecord;
  count: number;
}

/** What a comparison needs of one trace, collected record by record: sums, not the records themselves. */
export class DiffSide {
  header: HeaderRecord | null = null;
  faults: TraceFaultsRecord | null = null;
  summary: SummaryRecord | null = null;
  readonly findings = new Map<string, FindingGroup>();
  /** Key: file offset and pages. */
  readonly mappings = new Map<string, MappingSide>();
  /** Faults of each VMA that had any. */
  readonly faultsOfVmas: number[] = [];

  write(record: AnyRecord): void {
    switch (record.type) {
      case 'header':
        this.header = record;
        break;
      case 'finding':
        this.#finding(record);
        break;
      case 'faults':
        if (record.scope === 'vma') this.#vma(record);
        else if (record.scope === 'trace') this.faults = record;
        break;
      case 'summary':
        this.summary = record;
        break;
      default:
        break;
    }
  }

  #finding(finding: FindingRecord): void {
    const group = this.findings.get(finding.fingerprint);
    if (group === undefined) this.findings.set(finding.fingerprint, { first: finding, count: 1 });
    else {
      group.count++;
      // The surest of them stands for all.
      if (group.first.confidence === 'possible' && finding.confidence === 'confirmed') group.first = finding;
    }
  }

  #vma(vma: VmaFaultsRecord): void {
    if (vma.faults !== null && vma.faults > 0) this.faultsOfVmas.push(vma.faults);
    if (vma.pgoff === null || vma.pages === null) return;
    const key = `${vma.pgoff} ${vma.pages}`;
    const own = this.mappings.get(key);
    const orders =
      vma.orders === null
        ? null
        : Object.entries(vma.orders).map(([order, { installs }]) => [order, installs] as const);
    if (own === undefined) {
      this.mappings.set(key, {
        vmas: 1,
        faults: vma.faults,
        blocked: vma.blocked,
        orders: orders === null ? null : Object.fromEntries(orders),
        fewest: vma.fewest?.own ?? null,
      });
      return;
    }
    own.vmas++;
    own.faults = sum(own.faults, vma.faults);
    own.blocked = sum(own.blocked, vma.blocked);
    own.fewest = vma.fewest === null ? own.fewest : Math.max(own.fewest ?? 0, vma.fewest.own);
    if (own.orders !== null)
      for (const [order, n] of orders ?? []) own.orders[order] = (own.orders[order] ?? 0) + n;
  }
}

const sum = (a: number | null, b: number | null): number | null => (a === null || b === null ? null : a + b);
