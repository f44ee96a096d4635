import type { TraceInfo } from '../reader.js';
import { Bodies } from './bodies.js';
import {
  CLOSE,
  CLOSE_BRACKET,
  COLON,
  EQUALS,
  GREATER,
  indexIn,
  isDigit,
  LESS,
  literal,
  MINUS,
  matches,
  OPEN,
  OPEN_BRACKET,
  SPACE,
  skipBlanks,
} from './bytes.js';
import type { Delivery } from './deliver.js';
import { Glue } from './glue.js';
import { GraphLines } from './graph.js';
import type { Head } from './head.js';
import { type Form, NO_PLACE, PLAIN_FORM } from './kind.js';
import { RETURN_FORM, VALUE_FORM } from './learn.js';
import type { LineLog } from './log.js';
import { perfLoss } from './marks.js';
import {
  CALL,
  EVENT,
  EventName,
  FUNCTION,
  GRAPH,
  MARKER,
  PERF_RECORD,
  STACK,
  SYSCALL_ENTER,
  SYSCALL_EXIT,
} from './names.js';
import { stepOverPlace } from './read.js';
import { step } from './table.js';
import { Vocabulary } from './vocabulary.js';

const BAR = 0x7c;
const IP = literal('ip=');
const BUF = literal('buf=');
const SYSCALL_FORM: Form = { ...PLAIN_FORM, isReturn: false };

/** Takes a line whose head is known: the word behind the head tells what the body is. */
export class Dispatcher {
  readonly vocabulary = new Vocabulary();
  readonly bodies: Bodies;
  readonly glue: Glue;
  readonly graph: GraphLines;
  /** The last record was a mark, whose text may go on in the next line. */
  afterMarker = false;
  readonly #contextSwitch = new EventName('context_switch', null, EVENT);
  readonly #wakeup = new EventName('wakeup', null, EVENT);

  constructor(
    private readonly info: TraceInfo,
    log: LineLog,
    private readonly head: Head,
    private readonly delivery: Delivery,
    private readonly isPerf: boolean,
    /** The text may come from trace_pipe. */
    private readonly mayGlue: boolean,
  ) {
    this.glue = new Glue(info, log, head, delivery);
    this.bodies = new Bodies(info, log, head, delivery, this.glue);
    this.graph = new GraphLines(info, log, head, delivery, this.vocabulary, this);
  }

  /** Whether nobody wants a line of this name; counts it then. The hot path of sparse traces. */
  drops(name: EventName, buf: Buffer, wordEnd: number, end: number): boolean {
    if (!name.skip) return false;
    const kind = name.kinds[0];
    if (kind.form.place !== NO_PLACE) {
      // The name may be used for another function by now.
      if (name.kinds.length > 1 || stepOverPlace(kind, buf, skipBlanks(buf, wordEnd, end), end) < 0)
        return false;
    }
    if (this.mayGlue && this.glue.suspects(buf, wordEnd, end)) return false;
    this.info.records++;
    this.afterMarker = name.role === MARKER;
    return true;
  }

  /** The event whose word begins at `from`; false when there is none. */
  event(buf: Buffer, from: number, end: number): boolean {
    let i = from;
    if (this.isPerf && isDigit(buf[i])) {
      // the period of a sample
      while (i < end && isDigit(buf[i])) i++;
      if (buf[i] !== SPACE) i = from;
      i = skipBlanks(buf, i, end);
    }
    const start = i;
    let hash = 0;
    while (i < end && buf[i] > SPACE && buf[i] !== OPEN) hash = step(hash, buf[i++]);
    if (i === start) return false;
    if (isDigit(buf[start])) {
      const scheduled = this.#scheduler(buf, start, end);
      if (scheduled !== null) return this.bodies.plain(scheduled, 'other', buf, start, end);
    }
    const name = this.vocabulary.word(buf, start, i, hash) ?? this.vocabulary.learn(buf, start, i, hash, end);
    if (name === null) return false;
    return this.drops(name, buf, i, end) || this.named(name, buf, start, i, end);
  }

  /** The event of this name, its word being [start, wordEnd). */
  named(name: EventName, buf: Buffer, start: number, wordEnd: number, end: number): boolean {
    const body = skipBlanks(buf, wordEnd, end);
    this.afterMarker = name.role === MARKER;
    switch (name.role) {
      case SYSCALL_ENTER:
        if (indexIn(buf, EQUALS, body, end) >= 0) return this.bodies.event(name, buf, body, end);
        return this.bodies.arguments(name, 'tracepoint', PLAIN_FORM, buf, body, end, body, end);
      case SYSCALL_EXIT:
        if (indexIn(buf, EQUALS, body, end) >= 0) return this.bodies.event(name, buf, body, end);
        return this.bodies.single(name, VALUE_FORM, buf, body, end);
      case GRAPH:
        return this.#funcgraph(name, buf, body, end);
      case FUNCTION:
        return this.#traced(name, buf, body, end);
      case STACK:
        return this.bodies.plain(name, 'stack', buf, body, end);
      case MARKER:
        return this.bodies.plain(name, 'marker', buf, this.#markerText(name, buf, body, end), end);
      case CALL:
        return this.#call(name, buf, start, wordEnd, end);
      case PERF_RECORD: {
        const loss = perfLoss(buf.toString('latin1', start, Math.min(end, start + 200)), this.head.cpu);
        if (loss !== null) this.lost(loss.cpu, loss.count);
        return true;
      }
      default:
        return this.bodies.event(name, buf, body, end);
    }
  }

  /** Number of the current line. */
  get line(): number {
    return this.delivery.line;
  }

  lost(cpu: number, count: number): void {
    this.graph.stacks.clear();
    this.delivery.lost({ cpu, count, where: 'gap', origin: this.line });
  }

  /** `funcgraph_entry:        0.123 us   |    mutex_lock();` */
  #funcgraph(name: EventName, buf: Buffer, body: number, end: number): boolean {
    const bar = indexIn(buf, BAR, body, Math.min(end, body + 40));
    if (bar < 0) return this.bodies.event(name, buf, body, end);
    return this.graph.call(buf, bar + 1, end, this.graph.duration(buf, body, bar), false);
  }

  /** `function:             mutex_unlock`, ` <-- caller` with -O parent; ` ip=ffffffffa67b2c84 …` with -R. */
  #traced(name: EventName, buf: Buffer, body: number, end: number): boolean {
    if (matches(buf, body, end, IP)) return this.bodies.event(name, buf, body, end);
    let to = body;
    while (to < end && buf[to] > SPACE && buf[to] !== OPEN && buf[to] !== 0x2b) to++;
    const func = to > body ? this.vocabulary.func(buf, body, to) : null;
    if (func === null) return false;
    const close = buf[to] === OPEN ? indexIn(buf, CLOSE, to, end) : -1;
    if (close > 0)
      return this.bodies.arguments(func.traced, 'function', PLAIN_FORM, buf, to + 1, close, body, end);
    return this.bodies.plain(func.traced, 'function', buf, body, end);
  }

  /**
   * A word without a colon.
   *
   *     vfio_pci_core_read <-vfs_read
   *     vfs_write(file=0xffff8881, buf=0x7f00, count=16) <-ksys_write
   *     sys_mmap(addr: 0, len: 40000, prot: 3, flags: 1, fd: 6, off: 20000000000)
   *     sys_mmap -> 0x7f02e53db000
   */
  #call(name: EventName, buf: Buffer, start: number, wordEnd: number, end: number): boolean {
    if (buf[wordEnd] === OPEN) {
      let close = end - 1;
      while (close > wordEnd && buf[close] !== CLOSE) close--;
      if (close === wordEnd) return false;
      const arrow = skipBlanks(buf, close + 1, end);
      if (buf[arrow] === LESS && buf[arrow + 1] === MINUS)
        return this.bodies.arguments(name, 'function', PLAIN_FORM, buf, wordEnd + 1, close, start, end);
      return (
        arrow >= end &&
        this.bodies.arguments(name, 'tracepoint', SYSCALL_FORM, buf, wordEnd + 1, close, start, end)
      );
    }
    let i = skipBlanks(buf, wordEnd, end);
    if (buf[i] === MINUS && buf[i + 1] === GREATER)
      return this.bodies.single(name, RETURN_FORM, buf, skipBlanks(buf, i + 2, end), end);
    if (buf[i] === OPEN_BRACKET) {
      const close = indexIn(buf, CLOSE_BRACKET, i, end);
      if (close > 0) i = skipBlanks(buf, close + 1, end);
    }
    return buf[i] === LESS && buf[i + 1] === MINUS && this.bodies.plain(name, 'function', buf, start, end);
  }

  /** trace-cmd and perf put the writer before the text: `tracing_mark_write: text`, with -R `ip=ffff… buf=text`. */
  #markerText(name: EventName, buf: Buffer, body: number, end: number): number {
    if (name.name === 'tracing_mark_write' || !/^b?p/.test(name.name)) return body;
    let i = body;
    while (i < end && buf[i] > SPACE) i++;
    if (buf[i - 1] === COLON && i > body + 1) return skipBlanks(buf, i, end);
    const raw = skipBlanks(buf, i, end);
    return matches(buf, body, end, IP) && matches(buf, raw, end, BUF) ? raw + BUF.length : body;
  }

  /** `   232:120:R   + [000]     217:  0:R cyclictest` (wakeup) and `… ==> …` (switch) of the latency tracers. */
  #scheduler(buf: Buffer, from: number, end: number): EventName | null {
    const match = /^\d+: *\d+:[A-Z]\S* +(==>|\+) +\[/.exec(
      buf.toString('latin1', from, Math.min(end, from + 60)),
    );
    if (match === null) return null;
    return match[1] === '+' ? this.#wakeup : this.#contextSwitch;
  }
}
