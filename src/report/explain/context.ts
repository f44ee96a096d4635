import type { EventRecord, Evidence, FindingRecord, VmaRecord, ZapRecord } from '../records.js';

/** Calls that evidence can run inside: they show what the task was about when the race hit it. */
const ENCLOSING = new Set(['mmap', 'mmap-prepare', 'mmap-action', 'fault', 'fork', 'mremap']);
/** Events that can take PTEs away. */
const ENDING = ['zap', 'visit', 'unmap', 'unlink', 'free', 'exit', 'mremap', 'control'];
/** All kinds of events that are looked at. */
export const CONTEXT_KINDS: readonly string[] = [
  ...new Set([...ENCLOSING, ...ENDING, 'install', 'decision', 'link', 'access']),
];
/** Visits of one zap that are kept; the finding's own VMA always is. */
const MAX_VISITS = 3;

/** What a trace shows around one finding, beyond its evidence. */
export class Context {
  /** Calls that enclose evidence of the same task. */
  readonly enclosing: EventRecord[] = [];
  /** What the zap walked. */
  readonly visits: EventRecord[] = [];
  /** VMAs that the zap walked, as far as `visits` does not have them. */
  otherVisits = 0;
  /** What took the stray pages away. */
  ending: EventRecord | null = null;
  /** Faults on the VMA that were refused while the pages were stray. */
  refused = 0;
  /** The events that evidence was made from, where the trace was read for it. */
  readonly records = new Map<Evidence, EventRecord>();
  /** Inserts into the VMA, to tell which pages are stray. */
  readonly installs: EventRecord[] = [];
  /** From the first evidence to the end of the exposure, ns. */
  readonly from: number;
  readonly to: number;

  constructor(
    readonly finding: FindingRecord,
    readonly vma: VmaRecord | null,
    readonly zap: ZapRecord | null,
  ) {
    const { evidence } = finding;
    this.from = Math.min(finding.t_ns, ...evidence.map((e) => e.t_ns));
    this.to = Math.max(exposureEnd(finding) ?? 0, ...evidence.map((e) => e.t_ns));
  }

  /** Takes the events of the trace, in any order. */
  write(event: EventRecord): void {
    const end = event.end_ns ?? event.t_ns;
    if (end < this.from || event.t_ns > this.to) return;
    const own = this.finding.evidence.find((e) => isRecordOf(e, event) && !this.records.has(e));
    if (own !== undefined) this.records.set(own, event);
    if (ENCLOSING.has(event.kind) && this.#encloses(event, end)) this.enclosing.push(event);
    else if (event.kind === 'visit') this.#visit(event);
    else if (event.kind === 'install' && this.isOwn(event)) this.installs.push(event);
    else if (event.kind === 'fault' && this.isOwn(event)) this.#fault(event);
    this.#end(event);
  }

  isOwn(event: EventRecord): boolean {
    const { finding, vma } = this;
    return event.vma !== null && (event.vma === finding.vma || event.vma === vma?.pointer);
  }

  #encloses(event: EventRecord, end: number): boolean {
    const inside = (e: Evidence) => e.pid === event.pid && e.t_ns >= event.t_ns && e.t_ns <= end;
    return this.finding.evidence.some(inside) && !this.finding.evidence.some((e) => isRecordOf(e, event));
  }

  #visit(event: EventRecord): void {
    const { zap } = this;
    if (zap === null || event.pid !== zap.pid || event.t_ns < zap.start_ns) return;
    if (zap.end_ns !== null && event.t_ns > zap.end_ns) return;
    if (this.isOwn(event)) this.visits.unshift(event);
    else if (this.visits.length < MAX_VISITS) this.visits.push(event);
    else this.otherVisits++;
  }

  #fault(event: EventRecord): void {
    const { t_ns } = this.finding;
    if (event.t_ns > t_ns && event.result?.includes('SIGBUS')) this.refused++;
  }

  #end(event: EventRecord): void {
    const { finding } = this;
    if (event.t_ns !== exposureEnd(finding) || !ENDING.includes(event.kind)) return;
    if (event.vma !== null && !this.isOwn(event)) return;
    if (finding.evidence.some((e) => isRecordOf(e, event))) return;
    const rank = (e: EventRecord) => ENDING.indexOf(e.kind);
    if (this.ending === null || rank(event) < rank(this.ending)) this.ending = event;
  }
}

/** When the stray pages were gone or legal again; null when that does not apply. */
export function exposureEnd(finding: FindingRecord): number | null {
  return finding.exposed_ns === null ? null : finding.t_ns + finding.exposed_ns;
}

/** Evidence and event come from the same record. */
export function isRecordOf(evidence: Evidence, event: EventRecord): boolean {
  return (
    evidence.t_ns === event.t_ns &&
    evidence.pid === event.pid &&
    evidence.origin.line === event.origin.line &&
    evidence.origin.offset === event.origin.offset
  );
}
