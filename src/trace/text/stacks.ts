import type { FunctionName } from './names.js';

/** Tasks whose calls are remembered at once; more are hostile text. */
const MAX_TASKS = 65536;
/** The kernel follows calls down to FTRACE_RETFUNC_DEPTH 50. */
const MAX_DEPTH = 256;

/**
 * The open calls of each task, by depth: a `}` in a function graph has no name of its own. The depth makes a lost
 * call harmless for those around it.
 */
export class CallStacks {
  readonly #tasks = new Map<number, (FunctionName | null)[]>();

  enter(pid: number, cpu: number, depth: number, func: FunctionName): void {
    if (depth >= MAX_DEPTH) return;
    const key = keyOf(pid, cpu);
    let stack = this.#tasks.get(key);
    if (stack === undefined) {
      if (this.#tasks.size >= MAX_TASKS) this.#tasks.clear();
      stack = [];
      this.#tasks.set(key, stack);
    }
    while (stack.length < depth) stack.push(null);
    stack.length = depth;
    stack.push(func);
  }

  /** The function that returns; null when its call was not seen. */
  leave(pid: number, cpu: number, depth: number): FunctionName | null {
    const stack = this.#tasks.get(keyOf(pid, cpu));
    if (stack === undefined || stack.length <= depth) return null;
    const func = stack[depth];
    stack.length = depth;
    return func;
  }

  /** After a loss nobody knows which calls are still open. */
  clear(): void {
    this.#tasks.clear();
  }
}

/** The idle task is one per CPU; a graph without task names has only the CPU. */
const keyOf = (pid: number, cpu: number): number => (pid > 0 ? pid : -2 - cpu);
