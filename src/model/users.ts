import type { Task } from '../probes/event.js';

/** Who works in the address spaces of a trace, and which one has ended last. */
export class Users {
  /** The latest end of an address space: which, and when. */
  exited: { readonly mm: number; readonly begin: number } | null = null;
  /** Who has mapped or faulted in an address space. */
  readonly #tasks = new Map<number, Task>();

  /** The task works in this address space. */
  uses(task: Task, mm: number): void {
    if (task.mm === mm) return;
    task.mm = mm;
    this.#tasks.set(mm, task);
  }

  /** When a task of this address space was at work for the last time; -Infinity: none is known. */
  lived(mm: number): number {
    const task = this.#tasks.get(mm);
    return task?.mm === mm ? task.lastTime : Number.NEGATIVE_INFINITY;
  }

  /** The address space ends. */
  ends(mm: number, begin: number): void {
    this.exited = { mm, begin };
    this.#tasks.delete(mm);
  }
}
