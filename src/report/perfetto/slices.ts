import type { Evidence, FindingRecord, VmaRecord, ZapRecord } from '../records.js';
import { count, place } from '../text.js';
import type { Cell } from '../timeline/cells.js';
import type { Picture } from '../timeline/picture.js';
import { exposure, type Span, spansOf } from '../timeline/spans.js';
import type { Slice } from './tracks.js';

/** Shortest slice, ns: one that a flow can point into. */
const SHORTEST = 2;

const STATE_NAMES: Record<Span['state'], string> = {
  empty: 'no PTE',
  populated: 'populated',
  zapped: 'zapped',
  blocked: 'blocked',
  're-enabled': 're-enabled',
  stray: 'STRAY PTEs',
  maybe: 'perhaps stray PTEs',
};

const MARK_NAMES: Record<Cell['kind'], string> = {
  install: 'installs',
  refused: 'refused faults',
  visit: 'zap visits',
  zap: 'zaps',
  map: 'mapping calls',
  access: 'accesses',
};

/** From the begin of a zap to the unblock. */
export function windowSlice(zap: ZapRecord, end: number): Slice {
  const until = zap.unblocked_ns ?? zap.end_ns ?? end;
  return {
    start: zap.start_ns,
    length: Math.max(SHORTEST, until - zap.start_ns),
    name: zap.cause,
    category: 'window',
    args: { zap: zap.id, unblocked: zap.unblocked_ns !== null },
  };
}

export function zapSlice(zap: ZapRecord, end: number): Slice {
  return {
    start: zap.start_ns,
    length: Math.max(SHORTEST, (zap.end_ns ?? end) - zap.start_ns),
    name: `${zap.id} ${zap.cause}`,
    category: 'zap',
    args: {
      task: `${zap.comm}-${zap.pid}`,
      cpu: zap.cpu,
      visited: zap.vmas.slice(0, 64).join(', ') || 'no VMA',
      pages_cleared: zap.pages_cleared,
    },
  };
}

export function epochSlices(vma: VmaRecord, picture: Picture): Slice[] {
  const spans = spansOf(vma, picture.findingsOf.get(vma.id) ?? [], picture.start, picture.end);
  return spans
    .filter((span) => span.end > span.start || span.finding !== undefined)
    .map((span) => ({
      start: span.start,
      length: Math.max(span.end - span.start, span.finding === undefined ? 0 : SHORTEST),
      name: STATE_NAMES[span.state],
      category: 'epoch',
      args: { pages: span.pages, ...(span.finding === undefined ? {} : { finding: span.finding }) },
    }));
}

/** One event, or several that the picture counted together. */
export function markSlice(cell: Cell): Slice {
  const { event } = cell;
  const what = event.symbol ?? event.name;
  const args = {
    task: `${event.comm}-${event.pid}`,
    cpu: event.cpu,
    ...(event.vma === null ? {} : { vma: event.vma }),
    ...(event.address === null ? {} : { address: event.address }),
    ...(event.order ? { order: event.order } : {}),
    ...(event.result === null ? {} : { result: event.result }),
    place: place(event.origin),
  };
  const name = cell.count === 1 ? what : `${cell.count} ${MARK_NAMES[cell.kind]}`;
  return { start: cell.start, length: cell.end - cell.start, name, category: cell.kind, args };
}

export interface FindingSlice extends Slice {
  readonly finding: FindingRecord;
}

/** From the first evidence of a finding to the end of its exposure. */
export function findingSlice(finding: FindingRecord): FindingSlice {
  const times = finding.evidence.map((e) => e.t_ns);
  const start = Math.min(finding.t_ns, ...times);
  const end = Math.max(exposure(finding)?.end ?? finding.t_ns, finding.t_ns, ...times);
  return {
    finding,
    start,
    length: Math.max(SHORTEST, end - start),
    name: `${finding.id} ${finding.rule} (${finding.confidence})`,
    category: 'finding',
    args: {
      message: finding.message,
      severity: finding.severity,
      vma: finding.vma ?? 'unknown',
      zap: finding.zap ?? 'none',
      pages: count(finding.pages, 'page'),
      fingerprint: finding.fingerprint,
      ...(finding.missing ? { missing: finding.missing.join('; ') } : {}),
    },
  };
}

export interface EvidenceSlice extends Slice {
  readonly cpu: number;
  /** Findings that it is evidence for. */
  readonly findings: Set<string>;
}

/** Evidence that ends a call whose begin is evidence too. */
const RETURNS: Record<string, string> = { 'install-return': 'install', 'zap-end': 'zap-begin' };

/** The evidence of all findings, each record once: calls from begin to return, everything else as a short slice. */
export function evidenceSlices(findings: readonly FindingRecord[]): EvidenceSlice[] {
  const slices = new Map<string, EvidenceSlice>();
  for (const finding of findings) {
    for (const e of finding.evidence) {
      const begin = finding.evidence.find(
        (o) => o.role === RETURNS[e.role] && o.pid === e.pid && o.cpu === e.cpu,
      );
      if (begin !== undefined) continue;
      const end = finding.evidence.find(
        (o) => RETURNS[o.role] === e.role && o.pid === e.pid && o.cpu === e.cpu,
      );
      const key = `${e.t_ns} ${e.cpu} ${e.text}`;
      let slice = slices.get(key);
      if (slice === undefined) slices.set(key, (slice = evidenceSlice(e, end)));
      slice.findings.add(finding.id);
    }
  }
  return [...slices.values()];
}

function evidenceSlice(e: Evidence, end: Evidence | undefined): EvidenceSlice {
  return {
    cpu: e.cpu,
    findings: new Set(),
    start: e.t_ns,
    length: Math.max(SHORTEST, (end?.t_ns ?? e.t_ns) - e.t_ns),
    name: `${e.role}: ${e.text.split('(')[0]}`,
    category: 'evidence',
    args: { event: e.text, task: `${e.comm}-${e.pid}`, cpu: e.cpu, ts: e.ts, place: place(e.origin) },
  };
}
