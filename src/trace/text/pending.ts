import type { Kind } from './kind.js';

interface Exit {
  readonly kind: Kind;
  readonly t: number;
  readonly cpu: number;
  readonly pid: number;
  readonly comm: string;
  readonly line: number;
  /** Bytes of the returned value; empty: none was recorded. */
  readonly value: Buffer;
}

interface Receiver {
  deliverDue(
    kind: Kind,
    t: number,
    cpu: number,
    pid: number,
    comm: string,
    line: number,
    value: Buffer,
  ): void;
}

/**
 * Returns of leaf functions, held back until the other CPUs' records of the meantime have passed. A CPU has at most
 * one: its next record comes after the return.
 */
export class PendingExits {
  readonly #exits: Exit[] = [];

  get isEmpty(): boolean {
    return this.#exits.length === 0;
  }

  add(exit: Exit): void {
    let i = this.#exits.length;
    while (i > 0 && this.#exits[i - 1].t > exit.t) i--;
    this.#exits.splice(i, 0, exit);
  }

  /** Delivers what is due before a record of `cpu` at `t`. */
  before(t: number, cpu: number, receiver: Receiver): void {
    const exits = this.#exits;
    if (exits.length === 0) return;
    // Microseconds and the duration's nanoseconds may overlap by a rounding: the CPU's own order counts.
    for (let i = 0; i < exits.length; i++) {
      const exit = exits[i];
      if (exit.t > t && exit.cpu !== cpu) continue;
      exits.splice(i--, 1);
      give(exit, Math.min(exit.t, t), receiver);
    }
  }

  all(receiver: Receiver): void {
    for (const exit of this.#exits.splice(0)) give(exit, exit.t, receiver);
  }
}

function give(exit: Exit, t: number, receiver: Receiver): void {
  receiver.deliverDue(exit.kind, t, exit.cpu, exit.pid, exit.comm, exit.line, exit.value);
}
