import type { Device } from '../model/device.js';
import type { Vma } from '../model/vma.js';
import type { Zap } from '../model/zap.js';
import { describe, pageHex, resultText } from '../probes/describe.js';
import type { MappingEvent } from '../probes/event.js';
import { Kind, kindName } from '../probes/roles.js';
import type { EvidenceMark, Finding } from '../rules/finding.js';
import type { TraceInfo } from '../trace/reader.js';
import type { EventRecord, Evidence, FindingRecord, Origin, VmaRecord, ZapRecord } from './records.js';

const nullable = (value: number): number | null => (Number.isFinite(value) ? value : null);

/** Turns the analysis' objects into records of the schema: pointers and pages become text, times get their absolute form. */
export class Converter {
  #findings = 0;

  constructor(
    readonly input: string,
    readonly info: TraceInfo,
  ) {}

  origin(place: number): Origin {
    return this.info.origin === 'line'
      ? { input: this.input, line: place }
      : { input: this.input, offset: place };
  }

  pointer(id: number): string | null {
    return id === 0 ? null : this.info.pointers.text(id);
  }

  /** The device by its driver's pointer, or by its address_space when no pointer is known. */
  device(device: Device | null): string | null {
    if (device === null) return null;
    for (const id of device.pointers) return this.pointer(id);
    for (const id of device.mappings) return this.pointer(id);
    return null;
  }

  vma(vma: Vma): VmaRecord {
    return {
      type: 'vma',
      id: vmaId(vma),
      pointer: this.info.pointers.text(vma.pointer),
      mm: this.pointer(vma.mm),
      pid: vma.pid,
      comm: vma.comm,
      start: page(vma.start),
      end: page(vma.end),
      pgoff: Number.isNaN(vma.pgoff) ? null : `0x${vma.pgoff.toString(16)}`,
      device: this.device(vma.device),
      mapping: this.pointer(vma.mapping),
      created_ns: nullable(vma.created),
      linked_ns: vma.link === null ? null : nullable(vma.link.t),
      removed_ns: nullable(vma.removed),
      installs: vma.installs,
      pages_installed: vma.pagesInstalled,
      pages_present: vma.coverage.pages,
      blocked_faults: vma.blockedFaults,
      zap_visits: vma.visits,
      orders: { '9': 0, '18': 0, ...vma.orders },
      epochs: (vma.epochs ?? []).map((epoch) => ({
        state: epoch.state,
        start_ns: epoch.start,
        end_ns: epoch.end,
        pages: epoch.pages,
      })),
    };
  }

  zap(zap: Zap): ZapRecord {
    return {
      type: 'zap',
      id: zapId(zap),
      cause: zap.cause,
      device: this.device(zap.device),
      mapping: this.pointer(zap.mapping),
      start_ns: zap.begin,
      end_ns: nullable(zap.end),
      unblocked_ns: nullable(zap.unblocked),
      pid: zap.pid,
      comm: zap.comm,
      cpu: zap.cpu,
      vmas: zap.visitedVmas,
      pages_cleared: zap.pagesCleared,
    };
  }

  event(event: MappingEvent, device: Device | null, vma: Vma | null): EventRecord {
    const { binding } = event;
    const clock = this.info.clock;
    return {
      type: 'event',
      kind: kindName(event.kind),
      name: binding.decl.name,
      ts: clock.text(event.begin),
      t_ns: event.begin,
      end_ns: event.returned ? nullable(event.end) : null,
      cpu: event.beginCpu,
      pid: event.task.pid,
      comm: event.comm,
      symbol: binding.state.symbol,
      device: this.device(device) ?? this.pointer(event.device),
      vma: vma !== null && vma.id > 0 ? vmaId(vma) : this.pointer(event.vma),
      address: event.kind === Kind.Zap ? null : page(event.page),
      pages: nullable(event.pages) ?? (event.kind === Kind.Insert ? 2 ** (binding.probe.order ?? 0) : null),
      order: nullable(event.order) ?? binding.probe.order ?? null,
      pfn: Number.isNaN(event.pfn) ? null : `0x${event.pfn.toString(16)}`,
      result:
        event.returned || event.kind === Kind.Query ? resultText(event.result, binding.probe.result) : null,
      origin: this.origin(event.beginOrigin),
      ...(event.fields === null ? {} : { fields: event.fields }),
    };
  }

  describe(event: MappingEvent): string {
    return describe(event, this.info.pointers);
  }

  finding(finding: Finding): FindingRecord {
    const { vma, zap } = finding;
    return {
      type: 'finding',
      id: `F${++this.#findings}`,
      rule: finding.rule.id,
      severity: finding.severity,
      confidence: finding.confidence,
      message: finding.message,
      device: this.device(vma.device),
      vma: vmaId(vma),
      zap: zap === null ? null : zapId(zap),
      address: page(finding.page),
      pages: finding.pages,
      ts: this.info.clock.text(finding.t),
      t_ns: finding.t,
      exposed_ns: nullable(finding.exposed),
      ended_by: finding.endedBy,
      fingerprint: finding.fingerprint,
      evidence: finding.evidence.map((mark) => this.evidence(mark)),
      ...(finding.missing.length > 0 ? { missing: finding.missing } : {}),
    };
  }

  evidence(mark: EvidenceMark): Evidence {
    return {
      role: mark.role,
      ts: this.info.clock.text(mark.t),
      t_ns: mark.t,
      cpu: mark.cpu,
      pid: mark.pid,
      comm: mark.comm,
      text: mark.text,
      origin: this.origin(mark.origin),
    };
  }
}

export const vmaId = (vma: Vma): string => `vma${vma.id}`;
export const zapId = (zap: Zap): string => `zap${zap.id}`;
const page = (value: number): string | null => (Number.isNaN(value) ? null : pageHex(value));
