import type { Bracket, EventDecl, Interest, Loss, TraceRecord, TraceSink } from '../trace/record.js';
import { add, fill, inherit } from './arguments.js';
import { AtOnce } from './at-once.js';
import type { ProbeBinding } from './binding.js';
import type { ProbeCatalog } from './catalog.js';
import type { MappingEvent, MappingSink, Task } from './event.js';
import {
  HAS_RESULT,
  HAS_VMA,
  holdsWalk,
  isLeftBehind,
  isOver,
  openFrame,
  provesSomething,
  stampEnd,
  twice,
} from './frames.js';
import { Progress } from './progress.js';
import { Kind, mayNest } from './roles.js';
import { Tasks } from './tasks.js';

/**
 * Turns records into mapping events: binds kinds of events to roles, pairs entries with returns on a stack per task,
 * and folds wrappers (vmf_insert_pfn → vmf_insert_pfn_prot → insert_pfn) into one action.
 *
 * A return that never comes (kretprobe `nmissed`, lost records, or a function recorded at its entry only) must not
 * leave an action open for ever: it is closed as soon as the task does something that cannot happen inside it.
 */
export class Interpreter implements TraceSink {
  readonly progress = new Progress();
  readonly #tasks = new Tasks();
  readonly #atOnce: AtOnce;
  /** Returns whose entry was not in the trace. */
  unmatchedReturns = 0;
  /** Those of tasks and functions that had been seen before: the entry was missed. */
  missedEntries = 0;
  /** Entries without return, of functions whose returns are recorded. */
  missedReturns = 0;

  constructor(
    readonly catalog: ProbeCatalog,
    readonly sink: MappingSink,
    /** Asked for kinds that no map knows (`events --all`), and told their records. */
    readonly others?: TraceSink,
  ) {
    this.#atOnce = new AtOnce(this.#tasks, this.progress, sink);
  }

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
    const { progress } = this;
    const { cpus } = progress;
    const { t, cpu } = record;
    const seq = ++progress.seq;
    if (t < cpus.lastOf(cpu)) this.#wentBack(t);
    progress.comes(t);
    if (cpus.appears(cpu, seq === 1)) this.sink.lost(Number.NEGATIVE_INFINITY, t);
    cpus.seen(cpu, t);
    const task = this.#tasks.of(record.pid);
    task.cpu = cpu;
    if (binding.isReturn) this.#return(task, binding, record, seq);
    else this.#entry(task, binding, record, seq);
    task.lastTime = t;
    task.lastSeq = seq;
  }

  call(bracket: Bracket): boolean {
    return this.#atOnce.call(bracket);
  }

  series(bracket: Bracket, from: number): number {
    return this.#atOnce.series(bracket, from);
  }

  lost(loss: Loss): void {
    const { cpus, now, seq } = this.progress;
    if (loss.where === 'start') {
      cpus.cut(loss.cpu);
      return;
    }
    this.sink.lost(cpus.gapSince(loss.cpu, now), now);
    for (const task of this.#tasks.all()) {
      if (task.depth === 0) continue;
      for (let i = 0; i < task.depth; i++) task.stack[i].tainted = true;
      if (loss.cpu < 0 || task.cpu === loss.cpu) this.#closeAbove(task, 0, seq, false);
    }
  }

  alive(cpu: number, t: number): void {
    this.progress.cpus.goneOn(cpu, t);
    this.progress.reaches(t);
  }

  ended(pid: number, t: number): void {
    const task = this.#tasks.forget(pid);
    if (task === null) return;
    this.progress.reaches(t);
    this.#closeAbove(task, 0, this.progress.seq, false);
  }

  /**
   * Two traces in one input, or a damaged one: the order of its records proves nothing from the earlier time on, and
   * until the later one is reached again.
   */
  #wentBack(t: number): void {
    const { progress } = this;
    progress.disordered++;
    this.sink.lost(t, progress.now);
    for (const task of this.#tasks.all()) this.#closeAbove(task, 0, progress.seq, false);
  }

  /** The trace ends: actions still open are handed on as unfinished. */
  finish(): void {
    for (const task of this.#tasks.all()) this.#closeAbove(task, 0, this.progress.seq, true);
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
    // See AtOnce.series.
    if (
      binding.ends &&
      !holdsWalk(task) &&
      (binding.has & HAS_VMA) !== 0 &&
      this.sink.strange(record.args[record.base + 3])
    ) {
      this.progress.events++;
      return;
    }
    const event = this.#push(task, binding, record, seq);
    if (binding.pairing === 'entry') {
      event.end = record.t;
      event.endSeq = seq;
      event.endCpu = record.cpu;
      event.endOrigin = record.origin;
      task.depth--;
      this.progress.events++;
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
        this.progress.events++;
        return;
      }
      const event = this.#push(task, binding, record, seq);
      stampEnd(event, binding, record, seq);
      task.depth--;
      this.progress.events++;
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
    this.progress.events++;
    this.sink.end(event);
  }

  /** Closes actions that must have returned unseen, now that the task begins something they cannot contain. */
  #unwind(task: Task, binding: ProbeBinding, record: TraceRecord, seq: number): void {
    const { state, kind } = binding;
    for (let i = 0; i < task.depth; i++) {
      const outer = task.stack[i];
      const same = outer.binding.state === state;
      // (Nothing runs inside a frame, however deep, that it cannot hold.)
      if (!same && mayNest(outer.kind, kind)) continue;
      if (same && isLeftBehind(task, i)) this.#closeBelow(task, i, seq);
      else this.#closeAbove(task, i, seq, false);
      if (same) return;
    }
    while (task.depth > 0) {
      const top = task.stack[task.depth - 1];
      if (!isOver(top, binding, record)) return;
      this.#closeAbove(task, task.depth - 1, seq, false);
    }
  }

  #closeAbove(task: Task, from: number, seq: number, atEnd: boolean): void {
    while (task.depth > from) this.#close(task.stack[--task.depth], task, seq, atEnd);
  }

  /** Closes one action only; those that were begun after it go on. */
  #closeBelow(task: Task, at: number, seq: number): void {
    const [event] = task.stack.splice(at, 1);
    task.stack.push(event);
    task.depth--;
    task.stack[at].parent = event.parent;
    this.#close(event, task, seq, false);
  }

  #close(event: MappingEvent, task: Task, seq: number, atEnd: boolean): void {
    event.returned = false;
    event.end = atEnd ? Number.POSITIVE_INFINITY : this.progress.now;
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

  #push(task: Task, binding: ProbeBinding, record: TraceRecord, seq: number): MappingEvent {
    const event = openFrame(task, binding, record, seq);
    if (binding.hasLazy !== 0 && !this.sink.knows(event.vma, event.page)) {
      record.load();
      fill(event, binding.has | binding.hasLazy, record.args, record.base);
    }
    return event;
  }
}
