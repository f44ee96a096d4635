import type { TraceInfo } from '../reader.js';
import { type EventDecl, type Interest, type Loss, TraceRecord, type TraceSink } from '../record.js';
import { Comms } from './comms.js';
import type { Head } from './head.js';
import type { Kind } from './kind.js';
import type { LineLog } from './log.js';
import { PendingExits } from './pending.js';
import { FieldReader } from './read.js';
import { Times } from './times.js';
import { Value } from './value.js';
import { fieldValues } from './values.js';

const NOTHING: Buffer = Buffer.alloc(0);

/** Fills the record from a parsed line and hands it to the sink; watches the clock and the order. */
export class Delivery {
  readonly record = new TraceRecord();
  readonly value = new Value();
  readonly fields: FieldReader;
  readonly #comms = new Comms();
  readonly #pending = new PendingExits();
  /** The first record's time. */
  zeroHigh = 0;
  zeroLow = 0;
  readonly times = new Times();
  // The line that `record.fieldValues` reads.
  #buf = NOTHING;
  #from = 0;
  #to = 0;
  #kind: Kind | null = null;
  /** Time of the current line, by `begin`. */
  t = 0;
  /** Number of the current line. */
  line = 0;
  /** Asks the sink; bound once, for `EventName.kind`. */
  readonly declare: (decl: EventDecl) => Interest | null;

  constructor(
    readonly info: TraceInfo,
    private readonly sink: TraceSink,
    private readonly log: LineLog,
    /** How the tool of this format makes microseconds of nanoseconds. */
    private readonly rounding: 'round' | 'truncate',
  ) {
    this.fields = new FieldReader(this.value, info.pointers, this.record.args);
    this.declare = (decl) => sink.declare(decl);
    this.record.load = () => this.fields.load();
    this.record.fieldValues = () => fieldValues(this.#kind, this.#buf, this.#from, this.#to);
  }

  /**
   * Begins a line: its time, relative to the first line's, and what is due before it. The first line fixes clock and
   * base. To be called before the line's fields are read: what is due uses the same record.
   */
  begin(head: Head, truncated = false): void {
    const { clock } = this.info;
    if (clock.base === null) {
      clock.digits = head.digits === 0 ? 0 : head.digits <= 6 ? 6 : 9;
      clock.unit = clock.digits === 0 ? 'count' : 'ns';
      clock.rounding = clock.digits !== 6 ? 'exact' : truncated ? 'truncate' : this.rounding;
      clock.base = BigInt(head.high) * 1_000_000_000n + BigInt(head.low);
      this.zeroHigh = head.high;
      this.zeroLow = head.low;
    }
    this.t = (head.high - this.zeroHigh) * 1e9 + (head.low - this.zeroLow);
    this.#pending.before(this.t, head.cpu, this);
    this.#order(this.t, head.cpu);
  }

  /** Hands the current line to the sink, its fields having been read; [from, to) is its text. */
  deliver(kind: Kind, head: Head, buf: Buffer, from: number, to: number, fieldsTo: number): void {
    const { record } = this;
    record.t = this.t;
    record.cpu = head.cpu;
    record.pid = head.pid;
    record.comm = this.#comm(head, buf);
    record.origin = this.line;
    this.#hand(kind, buf, from, to, fieldsTo);
  }

  /** The return of a function that called nothing, which stands in the line of its call: it comes when it is due. */
  deliverLater(kind: Kind, head: Head, duration: number, buf: Buffer, from: number, to: number): void {
    const value = Buffer.from(buf.subarray(from, to));
    const comm = this.#comm(head, buf);
    this.#pending.add({
      kind,
      t: this.t + duration,
      cpu: head.cpu,
      pid: head.pid,
      comm,
      line: this.line,
      value,
    });
  }

  #comm(head: Head, buf: Buffer): string {
    return head.comm ?? this.#comms.get(head.pid, buf, head.commFrom, head.commTo);
  }

  /** Delivers a return that was held back. */
  deliverDue(
    kind: Kind,
    t: number,
    cpu: number,
    pid: number,
    comm: string,
    line: number,
    value: Buffer,
  ): void {
    const { record } = this;
    record.t = t;
    record.cpu = cpu;
    record.pid = pid;
    record.comm = comm;
    record.origin = line;
    if (kind.count > 0) this.fields.single(kind, value, 0, value.length);
    else this.fields.fieldsFrom = 0;
    this.#hand(kind, value, 0, value.length, value.length);
  }

  #hand(kind: Kind, buf: Buffer, from: number, to: number, fieldsTo: number): void {
    const interest = kind.interest as Interest;
    this.record.interest = interest;
    if (interest.wantText) this.record.text = buf.toString('utf8', from, to);
    if (interest.wantFields) {
      this.#kind = kind;
      this.#buf = buf;
      this.#from = this.fields.fieldsFrom;
      this.#to = fieldsTo;
    }
    this.sink.record(this.record);
  }

  lost(loss: Loss): void {
    this.#pending.all(this);
    this.sink.lost(loss);
  }

  end(): void {
    this.#pending.all(this);
    this.#buf = NOTHING;
  }

  /** Nothing is due before the next line, and its time has a zero to be counted from. */
  get isPlain(): boolean {
    return this.info.clock.base !== null && this.#pending.isEmpty;
  }

  #order(t: number, cpu: number): void {
    const { times } = this;
    if (t < times.last) {
      const before = times.of(cpu);
      if (t < before) {
        this.log.add(
          'time-backwards',
          'warning',
          `the time of CPU ${cpu} goes back by ${before - t} ${this.info.clock.unit === 'ns' ? 'ns' : 'ticks'}; two traces in one file, or a damaged one`,
          this.line,
        );
      } else {
        this.log.add(
          'cpu-disorder',
          'note',
          'records of different CPUs are not in the order of their times; they are taken as they come',
          this.line,
        );
      }
    }
    times.set(cpu, t);
  }
}
