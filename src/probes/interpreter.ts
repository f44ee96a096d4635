import type { EventDecl, Interest, Loss, TraceRecord, TraceSink } from '../trace/record.js';
import { add, fill, inherit } from './arguments.js';
import type { ProbeBinding } from './binding.js';
import type { ProbeCatalog } from './catalog.js';
import { CpuTimes } from './cpu-times.js';
import type { MappingSink } from './event.js';
import { MappingEvent, Task } from './event.js';
import { Kind, mayNest } from './roles.js';

/** Bits of `ProbeBinding.has`, by slot (see SLOT in fields.ts). */
const HAS_VMA = 1 << 3;
const HAS_RESULT = 1 << 16;
const NAN = Number.NaN;
const RECENT = 64;
const WALKS = (1 << Kind.Visit) | (1 << Kind.Zap) | (1 << Kind.ZapList) | (1 << Kind.Move);

/**
 * Turns records into mapping events: binds kinds of events to roles, pairs entries with returns on a stack per task,
 * and folds wrappers (vmf_insert_pfn → vmf_insert_pfn_prot → insert_pfn) into one action.
 *
 * A return that never comes (kretprobe `nmissed`, lost records, or a function recorded at its entry only) must not
 * leave an action open for ever: it is closed as soon as the task does something that cannot happen inside it.
 */
export class Interpreter implements TraceSink {
  readonly #tasks = new Map<number, Task>();
  /** Those that were at work lately, by the low bits of their tid: CPUs take turns after every few records. */
  readonly #recent: Task[] = new Array(RECENT).fill(new Task(-1));
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

  get tasks(): ReadonlyMap<number, Task> {
    return this.#tasks;
  }

  declare(decl: EventDecl): Interest | null {
    const binding = this.catalog.bind(decl);
    if (binding !== null && !(binding.isReturn && binding.pairing === 'entry')) return binding;
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
    const { pid } = record;
    let task = this.#recent[pid & (RECENT - 1)];
    if (task.pid !== pid) task = this.#recent[pid & (RECENT - 1)] = this.#taskOf(pid);
    task.cpu = cpu;
    if (binding.isReturn) this.#return(task, binding, record, seq);
    else this.#entry(task, binding, record, seq);
    task.lastTime = t;
    task.lastSeq = seq;
  }

  lost(loss: Loss): void {
    if (loss.where === 'start') {
      this.#cpus.cut(loss.cpu);
      return;
    }
    this.sink.lost(this.#cpus.gapSince(loss.cpu, this.now), this.now);
    for (const task of this.#tasks.values()) {
      if (task.depth === 0) continue;
      for (let i = 0; i < task.depth; i++) task.stack[i].tainted = true;
      if (loss.cpu < 0 || task.cpu === loss.cpu) this.#closeAbove(task, 0, this.#seq, false);
    }
  }

  /**
   * Two traces in one input, or a damaged one: the order of its records proves nothing from the earlier time on, and
   * until the later one is reached again.
   */
  #wentBack(t: number): void {
    this.disordered++;
    this.sink.lost(t, this.now);
    for (const task of this.#tasks.values()) this.#closeAbove(task, 0, this.#seq, false);
  }

  /** The trace ends: actions still open are handed on as unfinished. */
  finish(): void {
    for (const task of this.#tasks.values()) this.#closeAbove(task, 0, this.#seq, true);
  }

  #taskOf(pid: number): Task {
    let task = this.#tasks.get(pid);
    if (task === undefined) {
      task = new Task(pid);
      this.#tasks.set(pid, task);
    }
    return task;
  }

  #entry(task: Task, binding: ProbeBinding, record: TraceRecord, seq: number): void {
    if (task.depth > 0 && twice(task, binding)) {
      const top = task.stack[task.depth - 1];
      if (top.note !== null || top.vma !== 0 || (binding.has & ~top.filled) === 0) {
        add(top, binding.has, record.args);
        top.beginSeq = seq;
        return;
      }
      // The first one told nothing to begin with.
      task.depth--;
    }
    binding.state.entries++;
    if (binding.pairing === 'return') return;
    if (task.depth > 0) this.#unwind(task, binding, record, seq);
    // munmap and exit of all other files' mappings: most of what a busy machine records.
    if (
      binding.ends &&
      !holdsWalk(task) &&
      (binding.has & HAS_VMA) !== 0 &&
      this.sink.strange(record.args[3])
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
      if (task.depth > 0 && has && this.sink.answers(task.stack[task.depth - 1], record.args[16])) {
        this.events++;
        return;
      }
      const event = this.#push(task, binding, record, seq);
      this.#stamp(event, binding, record, seq);
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
    this.#stamp(event, binding, record, seq);
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
    this.#stamp(event, binding, record, seq);
    task.depth--;
    for (let outer = event.parent; outer !== null; outer = outer.parent) {
      if (outer.kind === event.kind) event.nested = true;
    }
    if (!event.nested) this.sink.begin(event);
    this.#deliverEnd(event);
  }

  #stamp(event: MappingEvent, binding: ProbeBinding, record: TraceRecord, seq: number): void {
    event.end = record.t;
    event.endSeq = seq;
    event.endCpu = record.cpu;
    event.endOrigin = record.origin;
    event.returned = true;
    if ((binding.has & HAS_RESULT) !== 0) event.result = record.args[16];
    else if (binding.state.probe.result === undefined || binding.state.probe.result === 'none')
      event.result = 0;
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
      const stale =
        !mayNest(top.kind, binding.kind) ||
        insertIsOver(top, binding) ||
        this.#otherFault(top, binding, record);
      if (!stale) return;
      this.#closeAbove(task, task.depth - 1, seq, false);
    }
  }

  /** A fault handler inside another one serves the same fault (page_fault → huge_fault), or the first has returned. */
  #otherFault(top: MappingEvent, binding: ProbeBinding, record: TraceRecord): boolean {
    if (top.kind !== Kind.Fault || binding.kind !== Kind.Fault) return false;
    const has = binding.has;
    if ((has & HAS_VMA) !== 0 && top.vma !== 0 && record.args[3] !== top.vma) return true;
    return (has & (1 << 6)) !== 0 && !Number.isNaN(top.page) && record.args[6] !== top.page;
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
    const depth = task.depth++;
    let event = task.stack[depth];
    if (event === undefined) {
      event = new MappingEvent();
      event.task = task;
      task.stack[depth] = event;
    }
    const args = record.args;
    event.kind = binding.kind;
    event.binding = binding;
    event.parent = depth === 0 ? null : task.stack[depth - 1];
    event.begin = record.t;
    event.end = NAN;
    event.beginSeq = seq;
    event.endSeq = 0;
    event.beginCpu = record.cpu;
    event.endCpu = record.cpu;
    event.beginOrigin = record.origin;
    event.endOrigin = record.origin;
    event.entered = true;
    event.returned = false;
    event.nested = false;
    event.tainted = false;
    event.comm = record.comm;
    fill(event, binding.has, args);
    if (binding.hasLazy !== 0) {
      if (!this.sink.knows(event.vma, event.page)) {
        record.load();
        fill(event, binding.has | binding.hasLazy, args);
      }
    }
    event.result = NAN;
    event.prevTime = task.lastTime;
    event.note = null;
    event.since = null;
    event.allowed = -1;
    event.installed = false;
    event.text = binding.wantText ? record.text : '';
    return event;
  }
}

/** Another event on the function that the task has just entered (kprobe and fprobe, two recorders): the same call. */
function twice(task: Task, binding: ProbeBinding): boolean {
  const top = task.stack[task.depth - 1];
  return top.binding.state === binding.state && top.binding !== binding && top.beginSeq === task.lastSeq;
}

/** An insert that fails clears what it did; without its return, so may what the task does next. Either way it comes first. */
const insertIsOver = (top: MappingEvent, { kind }: ProbeBinding): boolean =>
  top.kind === Kind.Insert && top.binding.state.returns === 0 && (kind === Kind.Visit || kind === Kind.Unmap);

/** The task is inside of what clears or moves the pages of VMAs that it need not name. */
function holdsWalk(task: Task): boolean {
  for (let i = 0; i < task.depth; i++) if (((1 << task.stack[i].kind) & WALKS) !== 0) return true;
  return false;
}

/** Regions and system calls only frame what happens inside them. */
const provesSomething = (kind: Kind): boolean => kind !== Kind.Region && kind < Kind.SysMmap;
