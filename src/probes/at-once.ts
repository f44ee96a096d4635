import { type Bracket, type BracketShape, Part } from '../trace/record.js';
import type { ProbeBinding } from './binding.js';
import type { MappingSink, Task } from './event.js';
import { inCallsOnly, isWrapper, reopenWrapper } from './frames.js';
import { PlainFault, VMA } from './plain-fault.js';
import type { Progress } from './progress.js';
import type { Tasks } from './tasks.js';

/**
 * Takes many records in one step where that comes to the same as one by one: faults that ran through undisturbed, and
 * series of what tells little. Nearly all that a busy machine records is like this.
 */
export class AtOnce {
  readonly #plain = new PlainFault();

  constructor(
    readonly tasks: Tasks,
    readonly progress: Progress,
    readonly sink: MappingSink,
  ) {}

  /** See `TraceSink.call`. */
  call(bracket: Bracket): boolean {
    const { progress } = this;
    const { values, rows, cpu, count } = bracket;
    const shape = bracket.shape as BracketShape;
    const task = this.tasks.of(bracket.pid);
    const plain = this.#plain;
    const first = rows[0];
    if (values[first] === progress.now || !progress.cpus.goesOn(cpu, values, first)) return false;
    if (task.depth > 1 || !plain.read(bracket, shape, task, progress.seq)) return false;
    const wrapper = task.depth === 0 ? null : task.stack[0];
    if (wrapper === null ? plain.wrapper !== null : !isWrapper(wrapper, plain)) return false;
    if (this.sink.plainFault?.(plain) !== true) return false;
    plain.count(shape);
    progress.events += plain.actions;
    if (wrapper !== null) reopenWrapper(wrapper, plain, progress.seq + 1);
    this.#pass(task, bracket, count, count);
    task.returned = shape.interests[count - 1] as ProbeBinding;
    task.returnedSeq = progress.seq;
    return true;
  }

  /** See `TraceSink.series`. Of ends, those of all other files' mappings (munmap and exit). */
  series(bracket: Bracket, from: number): number {
    const { progress, sink } = this;
    const { values, rows, cpu, count, part } = bracket;
    const task = this.tasks.of(bracket.pid);
    const first = rows[from];
    if (!inCallsOnly(task) || values[first] === progress.now || !progress.cpus.goesOn(cpu, values, first))
      return from;
    let to = from;
    if (part === Part.Ends) while (to < count && sink.strange(values[rows[to] + VMA])) to++;
    else if (task.note === null && sink.plainFault !== undefined) to = count;
    if (to === from) return from;
    progress.events += to - from;
    this.#pass(task, bracket, to, to - from);
    return to;
  }

  /** So many records, of which the bracket's `to - 1`th is the last, have been taken. */
  #pass(task: Task, { values, rows, cpu }: Bracket, to: number, count: number): void {
    const { progress } = this;
    const t = values[rows[to - 1]];
    progress.passes(count, cpu, t);
    task.cpu = cpu;
    task.lastTime = t;
    task.lastSeq = progress.seq;
  }
}
