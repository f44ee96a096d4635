import type { Vma } from '../model/vma.js';
import type { Zap } from '../model/zap.js';
import type { Finding } from '../rules/finding.js';
import { type Converter, vmaId } from './convert.js';
import type { EventRecord } from './records.js';

export interface FilterOptions {
  device?: string;
  vma?: string;
  pid?: readonly number[];
  comm?: string;
  since?: string;
  until?: string;
}

/** `17.5` or a raw count, absolute as the trace prints it; `+1.5` from the trace's start. Gives ns (or ticks) since its start. */
export function parseTime(text: string, base: bigint | null, unit: 'ns' | 'count'): number {
  const relative = text.startsWith('+');
  const [whole, fraction = ''] = (relative ? text.slice(1) : text).split('.');
  const value =
    unit === 'count' && fraction === ''
      ? BigInt(whole)
      : BigInt(whole) * 1_000_000_000n + BigInt(fraction.padEnd(9, '0').slice(0, 9) || '0');
  return Number(relative ? value : value - (base ?? 0n));
}

/** What to show. The model always sees the whole trace: leaving out events would leave out evidence. */
export class Filter {
  constructor(
    private readonly options: FilterOptions,
    private readonly convert: Converter,
  ) {}

  finding(finding: Finding): boolean {
    return this.vma(finding.vma, finding.t, finding.t);
  }

  vma(
    vma: Vma,
    from = vma.firstSeen,
    to = Number.isNaN(vma.removed) ? Number.POSITIVE_INFINITY : vma.removed,
  ): boolean {
    return (
      this.#span(from, to) &&
      this.#device(this.convert.device(vma.device)) &&
      this.#vma(vma) &&
      this.#task(vma.pid, vma.comm)
    );
  }

  zap(zap: Zap): boolean {
    return this.#span(zap.begin, zap.end) && this.#device(this.convert.device(zap.device));
  }

  event(event: EventRecord): boolean {
    const { vma } = this.options;
    return (
      this.#span(event.t_ns, event.end_ns ?? event.t_ns) &&
      this.#device(event.device) &&
      (vma === undefined || event.vma === vma || event.address === vma) &&
      this.#task(event.pid, event.comm)
    );
  }

  #span(from: number, to: number): boolean {
    const { since, until } = this.options;
    const { base, unit } = this.convert.info.clock;
    if (since !== undefined && to < parseTime(since, base, unit)) return false;
    return until === undefined || from <= parseTime(until, base, unit);
  }

  #device(device: string | null): boolean {
    return this.options.device === undefined || this.options.device === device;
  }

  /** By id (`vma3`), by vm_area_struct pointer, or by an address inside it. */
  #vma(vma: Vma): boolean {
    const { vma: wanted } = this.options;
    if (wanted === undefined || wanted === vmaId(vma)) return true;
    if (wanted === this.convert.pointer(vma.pointer)) return true;
    if (!/^0x[0-9a-f]+$/i.test(wanted) || Number.isNaN(vma.start)) return false;
    const page = Number(BigInt(wanted) / 4096n);
    return page >= vma.start && page < vma.end;
  }

  #task(pid: number, comm: string): boolean {
    const { pid: pids, comm: wanted } = this.options;
    return (pids === undefined || pids.includes(pid)) && (wanted === undefined || wanted === comm);
  }
}
