import type { TraceInfo } from '../reader.js';
import type { DeclShape } from '../record.js';
import {
  CLOSE,
  CLOSE_BRACKET,
  EQUALS,
  GREATER,
  indexIn,
  isDigit,
  LESS,
  MINUS,
  OPEN,
  OPEN_BRACKET,
  SPACE,
  skipBlanks,
} from './bytes.js';
import type { Delivery } from './deliver.js';
import { GraphLines } from './graph.js';
import { COMM_WIDTH, Head } from './head.js';
import { type Form, type Kind, NO_PLACE, PLAIN_FORM, SINGLE } from './kind.js';
import { learnArguments, learnBody, RETURN_FORM, VALUE_FORM } from './learn.js';
import type { LineLog } from './log.js';
import { perfLoss } from './marks.js';
import {
  CALL,
  EVENT,
  EventName,
  FUNCTION,
  GRAPH,
  MARKER,
  MAX_KINDS,
  PERF_RECORD,
  STACK,
  SYSCALL_ENTER,
  SYSCALL_EXIT,
} from './names.js';
import { stepOverPlace } from './read.js';
import { step } from './table.js';
import { Vocabulary } from './vocabulary.js';

const BAR = 0x7c;
const SYSCALL_FORM: Form = { ...PLAIN_FORM, isReturn: false };

/** Takes a line whose head is known: finds the event's kind by its name and form, reads its fields, delivers it. */
export class Dispatcher {
  readonly vocabulary = new Vocabulary();
  readonly graph: GraphLines;
  /** The last record was a mark, whose text may go on in the next line. */
  afterMarker = false;
  /** Where in the last line another record began; 0: nowhere. */
  gluedAt = 0;
  readonly #second = new Head();
  readonly #contextSwitch = new EventName('context_switch', null, EVENT);
  readonly #wakeup = new EventName('wakeup', null, EVENT);

  constructor(
    private readonly info: TraceInfo,
    private readonly log: LineLog,
    private readonly head: Head,
    private readonly delivery: Delivery,
    private readonly isPerf: boolean,
    /** The text may come from trace_pipe. */
    private readonly mayGlue: boolean,
  ) {
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
    if (this.mayGlue && this.#hasCpuAgain(buf, wordEnd, end)) return false;
    this.info.records++;
    this.afterMarker = name.role === MARKER;
    return true;
  }

  /** A second `[001]` in the line. */
  #hasCpuAgain(buf: Buffer, from: number, end: number): boolean {
    for (let i = buf.indexOf(CLOSE_BRACKET, from); i >= 0 && i < end; i = buf.indexOf(CLOSE_BRACKET, i + 1)) {
      if (isDigit(buf[i - 1]) && isDigit(buf[i - 2]) && isDigit(buf[i - 3])) return true;
    }
    return false;
  }

  /**
   * trace_pipe sometimes leaves a record unfinished and goes on with the next one in the same line:
   *
   *     … vmf_insert_pfn_ret: (vfio_pci_mmap_huge_fault+0x185/… <- vmf_insert_pfn) ret=0x         vfiolab-223     (    221) [000] …
   */
  #isGlued(buf: Buffer, from: number, end: number): boolean {
    const second = this.#second;
    for (let i = from; i < end; i++) {
      if (buf[i] !== MINUS || !isDigit(buf[i + 1]) || !second.parseAt(buf, from, end, i)) continue;
      this.gluedAt = Math.max(from, i - COMM_WIDTH);
      this.info.records--;
      this.cutRecord(this.head.cpu, buf, from, end);
      return true;
    }
    return false;
  }

  /** A record of which only the beginning is there: it is as good as lost. */
  cutRecord(cpu: number, buf: Buffer, from: number, end: number): void {
    this.info.unparsed++;
    this.log.sample(
      'glued-line',
      'warning',
      'a record is cut and the next one follows in the same line; the cut one is not used',
      this.line,
      buf,
      from,
      end,
    );
    this.lost(cpu, 1);
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
      if (scheduled !== null) return this.plain(scheduled, 'other', buf, start, end);
    }
    const name = this.vocabulary.word(buf, start, i, hash) ?? this.vocabulary.learn(buf, start, i, hash, end);
    if (name === null) return false;
    return this.named(name, buf, start, i, end);
  }

  /** The event of this name, its word being [start, wordEnd). */
  named(name: EventName, buf: Buffer, start: number, wordEnd: number, end: number): boolean {
    const body = skipBlanks(buf, wordEnd, end);
    this.afterMarker = name.role === MARKER;
    switch (name.role) {
      case SYSCALL_ENTER:
        if (indexIn(buf, EQUALS, body, end) >= 0) return this.#event(name, buf, body, end);
        return this.arguments(name, 'tracepoint', PLAIN_FORM, buf, body, end, body, end);
      case SYSCALL_EXIT:
        if (indexIn(buf, EQUALS, body, end) >= 0) return this.#event(name, buf, body, end);
        return this.single(name, VALUE_FORM, buf, body, end);
      case GRAPH:
        return this.#funcgraph(name, buf, body, end);
      case FUNCTION:
        return this.#traced(buf, body, end);
      case STACK:
        return this.plain(name, 'stack', buf, body, end);
      case MARKER:
        return this.plain(name, 'marker', buf, this.#markerText(name, buf, body, end), end);
      case CALL:
        return this.#call(name, buf, start, wordEnd, end);
      case PERF_RECORD: {
        const loss = perfLoss(buf.toString('latin1', start, Math.min(end, start + 200)), this.head.cpu);
        if (loss !== null) this.lost(loss.cpu, loss.count);
        return true;
      }
      default:
        return this.#event(name, buf, body, end);
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

  /** An ordinary event: probe or tracepoint. */
  #event(name: EventName, buf: Buffer, from: number, end: number): boolean {
    this.info.records++;
    this.delivery.begin(this.head);
    const { fields } = this.delivery;
    const { current } = name;
    if (current !== null && fields.body(current, buf, from, end)) {
      if (fields.doubtful && this.#isGlued(buf, from, end)) return true;
      if (current.interest !== null) this.delivery.deliver(current, this.head, buf, from, end, end);
      else if (!name.skip) name.use(current);
      return true;
    }
    if (this.#isGlued(buf, from, end)) return true;
    let kind = this.#fitting(name, buf, from, end, false);
    if (kind === null && name.kinds.length < MAX_KINDS) {
      const form = learnBody(buf, from, end);
      kind = this.declared(name, form, form.place !== NO_PLACE || form.hidden > 0 ? 'probe' : 'tracepoint');
      if (kind === null) return true;
      name.use(kind);
      // A line that does not fit its own form has fields that contradict their order: they stay unknown.
      if (!fields.body(kind, buf, from, end)) return this.misread(buf, from, end);
    }
    // So many forms are no forms: texts that look like fields.
    kind ??= this.#fitting(name, buf, from, end, true);
    if (kind === null) return this.misread(buf, from, end);
    name.use(kind);
    if (kind.interest !== null) this.delivery.deliver(kind, this.head, buf, from, end, end);
    return true;
  }

  /** The kind of this name that the body fits; its fields are read then. */
  #fitting(name: EventName, buf: Buffer, from: number, end: number, lenient: boolean): Kind | null {
    const { fields } = this.delivery;
    fields.lenient = lenient;
    let fitting: Kind | null = null;
    for (const kind of name.kinds) {
      if (!fields.body(kind, buf, from, end)) continue;
      fitting = kind;
      break;
    }
    fields.lenient = false;
    return fitting;
  }

  misread(buf: Buffer, from: number, end: number): boolean {
    this.info.unparsed++;
    this.log.sample(
      'odd-fields',
      'warning',
      'the fields of an event cannot be told apart',
      this.delivery.line,
      buf,
      from,
      end,
    );
    return true;
  }

  /** The kind of a name with this form; null, and told, when the name has too many. */
  declared(name: EventName, form: Form, shape: DeclShape): Kind | null {
    const kind = name.kind(form, shape, this.delivery.declare);
    if (kind === null) {
      this.info.unparsed++;
      this.log.add(
        'too-many-forms',
        'warning',
        `the event ${JSON.stringify(name.name)} has too many different field lists; further ones are not read`,
        this.delivery.line,
      );
    }
    return kind;
  }

  /** An event without fields: [from, end) is its text. */
  plain(name: EventName, shape: DeclShape, buf: Buffer, from: number, end: number): boolean {
    this.info.records++;
    this.delivery.begin(this.head);
    const kind = name.current ?? this.declared(name, PLAIN_FORM, shape);
    if (kind === null) return true;
    if (name.current === null || !name.skip) name.use(kind);
    if (kind.interest !== null) this.delivery.deliver(kind, this.head, buf, from, end, end);
    return true;
  }

  /** Named or unnamed arguments in [from, to); the whole text is [textFrom, textTo). */
  arguments(
    name: EventName,
    shape: DeclShape,
    base: Form,
    buf: Buffer,
    from: number,
    to: number,
    textFrom: number,
    textTo: number,
  ): boolean {
    this.info.records++;
    this.delivery.begin(this.head);
    const { fields } = this.delivery;
    let kind = name.current;
    if (kind === null || kind.form.style === SINGLE || !fields.list(kind, buf, from, to)) {
      const learned = learnArguments(buf, from, to);
      kind = this.declared(name, { ...learned, isReturn: base.isReturn }, shape);
      if (kind === null) return true;
      if (!fields.list(kind, buf, from, to)) return this.misread(buf, textFrom, textTo);
      name.use(kind);
    }
    if (kind.interest !== null) this.delivery.deliver(kind, this.head, buf, textFrom, textTo, to);
    return true;
  }

  /** A single value in [from, end). */
  single(name: EventName, form: Form, buf: Buffer, from: number, end: number): boolean {
    this.info.records++;
    this.delivery.begin(this.head);
    let kind = name.current;
    if (kind === null || kind.form.style !== SINGLE) {
      kind = this.declared(name, form, 'tracepoint');
      if (kind === null) return true;
      name.use(kind);
    }
    this.delivery.fields.single(kind, buf, from, end);
    if (kind.interest !== null) this.delivery.deliver(kind, this.head, buf, from, end, end);
    return true;
  }

  /** `funcgraph_entry:        0.123 us   |    mutex_lock();` */
  #funcgraph(name: EventName, buf: Buffer, body: number, end: number): boolean {
    const bar = indexIn(buf, BAR, body, Math.min(end, body + 40));
    if (bar < 0) return this.#event(name, buf, body, end);
    return this.graph.call(buf, bar + 1, end, this.graph.duration(buf, body, bar), false);
  }

  /** `function:             mutex_unlock`, ` <-- caller` with -O parent. */
  #traced(buf: Buffer, body: number, end: number): boolean {
    let to = body;
    while (to < end && buf[to] > SPACE && buf[to] !== OPEN && buf[to] !== 0x2b) to++;
    const func = to > body ? this.vocabulary.func(buf, body, to) : null;
    if (func === null) return false;
    const close = buf[to] === OPEN ? indexIn(buf, CLOSE, to, end) : -1;
    if (close > 0) return this.arguments(func.traced, 'function', PLAIN_FORM, buf, to + 1, close, body, end);
    return this.plain(func.traced, 'function', buf, body, end);
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
        return this.arguments(name, 'function', PLAIN_FORM, buf, wordEnd + 1, close, start, end);
      return (
        arrow >= end && this.arguments(name, 'tracepoint', SYSCALL_FORM, buf, wordEnd + 1, close, start, end)
      );
    }
    let i = skipBlanks(buf, wordEnd, end);
    if (buf[i] === MINUS && buf[i + 1] === GREATER)
      return this.single(name, RETURN_FORM, buf, skipBlanks(buf, i + 2, end), end);
    if (buf[i] === OPEN_BRACKET) {
      const close = indexIn(buf, CLOSE_BRACKET, i, end);
      if (close > 0) i = skipBlanks(buf, close + 1, end);
    }
    return buf[i] === LESS && buf[i + 1] === MINUS && this.plain(name, 'function', buf, start, end);
  }

  /** trace-cmd and perf put the writer's symbol before the text: `print: tracing_mark_write: text`. */
  #markerText(name: EventName, buf: Buffer, body: number, end: number): number {
    if (name.name === 'tracing_mark_write' || !/^b?p/.test(name.name)) return body;
    let i = body;
    while (i < end && buf[i] > SPACE) i++;
    return buf[i - 1] === 0x3a && i > body + 1 ? skipBlanks(buf, i, end) : body;
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
