import { Task } from './event.js';

const RECENT = 64;
/** Of a tid that no thread has. */
const NOBODY = new Task(-0x80000000);

/** The tasks of a trace by tid. */
export class Tasks {
  readonly #all = new Map<number, Task>();
  /** Those that were at work lately, by the low bits of their tid: CPUs take turns after every few records. */
  readonly #recent: Task[] = new Array(RECENT).fill(NOBODY);

  of(pid: number): Task {
    const task = this.#recent[pid & (RECENT - 1)];
    return task.pid === pid ? task : this.#find(pid);
  }

  #find(pid: number): Task {
    let task = this.#all.get(pid);
    if (task === undefined) this.#all.set(pid, (task = new Task(pid)));
    this.#recent[pid & (RECENT - 1)] = task;
    return task;
  }

  /** The task, which is gone; null: it was never met. */
  forget(pid: number): Task | null {
    const task = this.#all.get(pid) ?? null;
    if (task === null) return null;
    this.#all.delete(pid);
    this.#recent[pid & (RECENT - 1)] = NOBODY;
    return task;
  }

  all(): Iterable<Task> {
    return this.#all.values();
  }
}
