import {
  type Bracket,
  type BracketShape,
  type EventDecl,
  type Interest,
  type Loss,
  Part,
  type TraceRecord,
  type TraceSink,
} from '../trace/record.js';
import { add, fill, inherit } from './arguments.js';
import type { ProbeBinding } from './binding.js';
import type { ProbeCatalog } from './catalog.js';
import { CpuTimes } from './cpu-times.js';
import type { MappingEvent, MappingSink, Task } from './event.js';
import {
  HAS_RESULT,
  HAS_VMA,
  holdsWalk,
  inCallsOnly,
  isOver,
  isWrapper,
  openFrame,
  provesSomething,
  reopenWrapper,
  stampEnd,
  twice,
} from './frames.js';
import { PlainFault, VMA } from './plain-fault.js';
import { Kind } from './roles.js';
import { Tasks } from './tasks.js';

/**
 * Turns records into mapping events: binds kinds of events to roles, pairs entries with returns on a stack per task,
 * and folds wrappers (vmf_insert_pfn → vmf_insert_pfn_prot → insert_pfn) into one action.
 *
 * A return that never comes (kretprobe `nmissed`, lost records, or a function recorded at its entry only) must not
 * leave an action open for ever: it is closed as soon as the task does something that cannot happen inside it.
 */
export class Interpreter implements TraceSink {
  readonly #tasks = new Tasks();
  readonly #plain = new PlainFault();
  #seq = 0;
  readonly #cpus = new CpuTimes();
  /** Mapping events delivered. */
  events = 0;
  /** Returns whose entry was not in the trace. */
  unmatchedReturns = 0;
  /** Those of tasks and functions that had been seen before: the entry was missed. */
  missedEntries = 0;
  /** Entries without return, of functions whose returns are recorded. */
  missedReturns = 0;
  /** Records that are earlier than the one before them on the same CPU. */
  disordered = 0;
  /** Time of the latest record. (-0: a double from the start. V8 must not change the object's shape later.) */
  now = -0;
  /** The most records in a row that have the same time. */
  standstill = 0;
  #still = 0;

  constructor(
    readonly catalog: ProbeCatalog,
    readonly sink: MappingSink,
    /** Asked for kinds that no map knows (`events --all`), and told their records. */
    readonly others?: TraceSink,
  ) {}

  declare(decl: EventDecl): Interest | null {
    const binding = this.catalog.bind(decl);
    if (binding !== null && !(binding.isReturn && binding.pairing === 'entry')) {
      binding.wantFields = this.others !== undefined;
      return binding;
    }
    return this.others?.declare(decl) ?? null;
  }

  record(record: TraceRecord): void {
    const binding = record.interest as ProbeBinding;
    if (binding.state === undefined) {
      this.others?.record(record);
      return;
    }
    const seq = ++this.#seq;
    const { t, cpu } = record;
    if (t < this.#cpus.lastOf(cpu)) this.#wentBack(t);
    if (t !== this.now) this.#still = 0;
    else if (++this.#still > this.standstill) this.standstill = this.#still;
    this.now = t;
    if (this.#cpus.appears(cpu, seq === 1)) this.sink.lost(Number.NEGATIVE_INFINITY, t);
    this.#cpus.seen(cpu, t);
    const task = this.#tasks.of(record.pid);
    task.cpu = cpu;
    if (binding.isReturn) this.#return(task, binding, record, seq);
    else this.#entry(task, binding, record, seq);
    task.lastTime = t;
    task.lastSeq = seq;
  }

  call(bracket: Bracket): boolean {
    const { values, rows, cpu, count } = bracket;
    const shape = bracket.shape as BracketShape;
    const task = this.#tasks.of(bracket.pid);
    const plain = this.#plain;
    const first = rows[0];
    if (values[first] === this.now || !this.#cpus.goesOn(cpu, values, first)) return false;
    if (task.depth > 1 || !plain.read(bracket, shape, task, this.#seq)) return false;
    const wrapper = task.depth === 0 ? null : task.stack[0];
    if (wrapper === null ? plain.wrapper !== null : !isWrapper(wrapper, plain)) return false;
    if (this.sink.plainFault?.(plain) !== true) return false;
    plain.count(shape);
    this.events += plain.actions;
    if (wrapper !== null) reopenWrapper(wrapper, plain, this.#seq + 1);
    this.#pass(task, bracket, count, count);
    task.returned = shape.interests[count - 1] as ProbeBinding;
    task.returnedSeq = this.#seq;
    return true;
  }

  /** Of ends, those of all other files' mappings (munmap and exit): most of what a busy machine records. */
  series(bracket: Bracket, from: number): number {
    const { values, rows, cpu, count, part } = bracket;
    const { sink } = this;
    const task = this.#tasks.of(bracket.pid);
    const first = rows[from];
    if (!inCallsOnly(task) || values[first] === this.now || !this.#cpus.goesOn(cpu, values, first))
      return from;
    let to = from;
    if (part === Part.Ends) while (to < count && sink.strange(values[rows[to] + VMA])) to++;
    else if (task.note === null && sink.plainFault !== undefined) to = count;
    if (to === from) return from;
    this.events += to - from;
    this.#pass(task, bracket, to, to - from);
    return to;
  }

  /** So many records, of which the bracket's `to - 1`th is the last, have been taken. */
  #pass(task: Task, { values, rows, cpu }: Bracket, to: number, count: number): void {
    this.#seq += count;
    this.#still = 0;
    this.now = values[rows[to - 1]];
    this.#cpus.seen(cpu, this.now);
    task.cpu = cpu;
    task.lastTime = this.now;
    task.lastSeq = this.#seq;
  }

  lost(loss: Loss): void {
    if (loss.where === 'start') {
      this.#cpus.cut(loss.cpu);
      return;
    }
    this.sink.lost(this.#cpus.gapSince(loss.cpu, this.now), this.now);
    for (const task of this.#tasks.all()) {
      if (task.depth === 0) continue;
      for (let i = 0; i < task.depth; i++) task.stack[i].tainted = true;
      if (loss.cpu < 0 || task.cpu === loss.cpu) this.#closeAbove(task, 0, this.#seq, false);
    }
  }

  alive(cpu: number, t: number): void {
    this.#cpus.goneOn(cpu, t);
    if (t > this.now) this.now = t;
  }

  ended(pid: number, t: number): void {
    const task = this.#tasks.forget(pid);
    if (task === null) return;
    if (t > this.now) this.now = t;
    this.#closeAbove(task, 0, this.#seq, false);
  }

  /**
   * Two traces in one input, or a damaged one: the order of its records proves nothing from the earlier time on, and
   * until the later one is reached again.
   */
  #wentBack(t: number): void {
    this.disordered++;
    this.sink.lost(t, this.now);
    for (const task of this.#tasks.all()) this.#closeAbove(task, 0, this.#seq, false);
  }

  /** The trace ends: actions still open are handed on as unfinished. */
  finish(): void {
    for (const task of this.#tasks.all()) this.#closeAbove(task, 0, this.#seq, true);
  }

  #entry(task: Task, binding: ProbeBinding, record: TraceRecord, seq: number): void {
    if (task.depth > 0 && twice(task, binding)) {
      const top = task.stack[task.depth - 1];
      if (top.note !== null || top.vma !== 0 || (binding.has & ~top.filled) === 0) {
        add(top, binding.has, record.args, record.base);
        top.beginSeq = seq;
        return;
      }
      // The first one told nothing to begin with.
      task.depth--;
    }
    binding.state.entries++;
    if (binding.pairing === 'return') return;
    if (task.depth > 0) this.#unwind(task, binding, record, seq);
    // See `series`.
    if (
      binding.ends &&
      !holdsWalk(task) &&
      (binding.has & HAS_VMA) !== 0 &&
      this.sink.strange(record.args[record.base + 3])
    ) {
      this.events++;
      return;
    }
    const event = this.#push(task, binding, record, seq);
    if (binding.pairing === 'entry') {
      event.end = record.t;
      event.endSeq = seq;
      event.endCpu = record.cpu;
      event.endOrigin = record.origin;
      task.depth--;
      this.events++;
      this.sink.point(event);
      return;
    }
    const kind = binding.kind;
    for (let i = task.depth - 2; i >= 0; i--) {
      const outer = task.stack[i];
      if (outer.kind !== kind || outer.nested) continue;
      if ((kind === Kind.Fault || kind === Kind.Visit) && outer.binding.state.returns === 0) {
        // The wrapper's return is not recorded (vfio_pci_mmap_page_fault, zap_vma_ptes): the inner call is the action.
        outer.nested = true;
        inherit(event, outer);
      } else {
        event.nested = kind !== Kind.Control;
      }
      break;
    }
    if (!event.nested) this.sink.begin(event);
  }

  #return(task: Task, binding: ProbeBinding, record: TraceRecord, seq: number): void {
    const state = binding.state;
    state.returns++;
    const has = (binding.has & HAS_RESULT) !== 0;
    if (has) state.hasResult = true;
    if (binding.pairing === 'return') {
      if (
        task.depth > 0 &&
        has &&
        this.sink.answers(task.stack[task.depth - 1], record.args[record.base + 16])
      ) {
        this.events++;
        return;
      }
      const event = this.#push(task, binding, record, seq);
      stampEnd(event, binding, record, seq);
      task.depth--;
      this.events++;
      this.sink.point(event);
      return;
    }
    let at = task.depth - 1;
    while (at >= 0 && task.stack[at].binding.state !== state) at--;
    if (
      at < 0 &&
      task.returned?.state === state &&
      task.returned !== binding &&
      task.returnedSeq === task.lastSeq
    ) {
      task.returnedSeq = seq;
      return;
    }
    if (at < 0) {
      this.#lonelyReturn(task, binding, record, seq);
      return;
    }
    if (at < task.depth - 1) this.#closeAbove(task, at + 1, seq, false);
    const event = task.stack[at];
    task.depth = at;
    task.returned = binding;
    task.returnedSeq = seq;
    stampEnd(event, binding, record, seq);
    this.#deliverEnd(event);
  }

  /** A return whose entry is not in the trace: usable as an action of unknown beginning if it carries its arguments. */
  #lonelyReturn(task: Task, binding: ProbeBinding, record: TraceRecord, seq: number): void {
    this.unmatchedReturns++;
    // A task that begins in the middle of a call is normal, one that goes on there is not.
    if (task.lastSeq >= 0 && binding.state.entries > 0 && provesSomething(binding.kind)) this.missedEntries++;
    if ((binding.has & HAS_VMA) === 0 || binding.state.entries > 0) return;
    const event = this.#push(task, binding, record, seq);
    event.entered = false;
    // A zap is known to have walked by its return; anything else may have begun right after the task's last record.
    const zaps = event.kind === Kind.Zap || event.kind === Kind.ZapList || event.kind === Kind.Visit;
    if (!zaps) {
      event.begin = task.lastTime;
      event.beginSeq = task.lastSeq;
    }
    stampEnd(event, binding, record, seq);
    task.depth--;
    for (let outer = event.parent; outer !== null; outer = outer.parent) {
      if (outer.kind === event.kind) event.nested = true;
    }
    if (!event.nested) this.sink.begin(event);
    this.#deliverEnd(event);
  }

  #deliverEnd(event: MappingEvent): void {
    if (event.nested) {
      const outer = event.parent;
      if (outer !== null && outer.kind === event.kind && Number.isNaN(outer.result))
        outer.result = event.result;
      return;
    }
    this.events++;
    this.sink.end(event);
  }

  /** Closes actions that must have returned unseen, now that the task begins something they cannot contain. */
  #unwind(task: Task, binding: ProbeBinding, record: TraceRecord, seq: number): void {
    const state = binding.state;
    for (let i = 0; i < task.depth; i++) {
      if (task.stack[i].binding.state === state) {
        this.#closeAbove(task, i, seq, false);
        return;
      }
    }
    while (task.depth > 0) {
      const top = task.stack[task.depth - 1];
      if (!isOver(top, binding, record)) return;
      this.#closeAbove(task, task.depth - 1, seq, false);
    }
  }

  #closeAbove(task: Task, from: number, seq: number, atEnd: boolean): void {
    while (task.depth > from) {
      const event = task.stack[--task.depth];
      event.returned = false;
      event.end = atEnd ? Number.POSITIVE_INFINITY : this.now;
      event.endSeq = seq;
      event.endCpu = task.cpu;
      event.endOrigin = event.beginOrigin;
      if (!atEnd) {
        const { state } = event.binding;
        state.unreturned++;
        if (state.returns > 0 && provesSomething(event.kind)) {
          state.missedReturns++;
          this.missedReturns++;
        }
      }
      this.#deliverEnd(event);
    }
  }

  #push(task: Task, binding: ProbeBinding, record: TraceRecord, seq: number): MappingEvent {
    const event = openFrame(task, binding, record, seq);
    if (binding.hasLazy !== 0 && !this.sink.knows(event.vma, event.page)) {
      record.load();
      fill(event, binding.has | binding.hasLazy, record.args, record.base);
    }
    return event;
  }
}
