import type { TraceInfo } from '../reader.js';
import { CLOSE_BRACKET, isDigit, MINUS } from './bytes.js';
import type { Delivery } from './deliver.js';
import { COMM_WIDTH, Head } from './head.js';
import type { LineLog } from './log.js';

/**
 * trace_pipe sometimes leaves a record unfinished and goes on with the next one in the same line:
 *
 *     … vmf_insert_pfn_ret: (vfio_pci_mmap_huge_fault+0x185/… <- vmf_insert_pfn) ret=0x         vfiolab-223     (    221) [000] …
 */
export class Glue {
  /** Where in the last line another record began; 0: nowhere. */
  at = 0;
  readonly #second = new Head();

  constructor(
    private readonly info: TraceInfo,
    private readonly log: LineLog,
    private readonly head: Head,
    private readonly delivery: Delivery,
  ) {}

  /** A second `[001]` in the line: it deserves a closer look. */
  suspects(buf: Buffer, from: number, end: number): boolean {
    for (let i = buf.indexOf(CLOSE_BRACKET, from); i >= 0 && i < end; i = buf.indexOf(CLOSE_BRACKET, i + 1)) {
      if (isDigit(buf[i - 1]) && isDigit(buf[i - 2]) && isDigit(buf[i - 3])) return true;
    }
    return false;
  }

  /** Whether another record begins in [from, end); the one before it, already counted, is taken back then. */
  found(buf: Buffer, from: number, end: number): boolean {
    const second = this.#second;
    for (let i = from; i < end; i++) {
      if (buf[i] !== MINUS || !isDigit(buf[i + 1]) || !second.parseAt(buf, from, end, i)) continue;
      this.at = Math.max(from, i - COMM_WIDTH);
      this.info.records--;
      this.cutRecord(this.head.cpu, buf, from, end);
      return true;
    }
    return false;
  }

  /** A record of which only the beginning is there: it is as good as lost. */
  cutRecord(cpu: number, buf: Buffer, from: number, end: number): void {
    const { line } = this.delivery;
    this.info.unparsed++;
    this.log.sample(
      'glued-line',
      'warning',
      'a record is cut and the next one follows in the same line; the cut one is not used',
      line,
      buf,
      from,
      end,
    );
    this.delivery.lost({ cpu, count: 1, where: 'gap', origin: line });
  }
}
