import { Task } from './event.js';

const RECENT = 64;

/** The tasks of a trace by tid. */
export class Tasks {
  readonly #all = new Map<number, Task>();
  /** Those that were at work lately, by the low bits of their tid: CPUs take turns after every few records. */
  readonly #recent: Task[] = new Array(RECENT).fill(new Task(-1));

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

  all(): Iterable<Task> {
    return this.#all.values();
  }
}
