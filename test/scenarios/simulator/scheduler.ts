/** A wish for a lock: granted now, or when the holders have let go. */
export interface Wait {
  lock: RwLock;
  write: boolean;
}

/** What a task does next: nothing for so many ns, or wait for a lock. */
export type Step = number | Wait;
export type Routine = Generator<Step, void, void>;

/** A random source that a seed determines (mulberry32). */
export class Random {
  #state: number;
  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** [0, 1) */
  unit(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }

  /** A whole number in [from, to]. */
  int(from: number, to: number): number {
    return from + Math.floor(this.unit() * (to - from + 1));
  }

  chance(p: number): boolean {
    return this.unit() < p;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.int(0, list.length - 1)];
  }
}

interface Sleeper {
  at: number;
  order: number;
  routine: Routine;
}

/** Runs tasks in true time. Every step has a time of its own, so that what happened first is never in question. */
export class Scheduler {
  now = 0;
  #sleepers: Sleeper[] = [];
  #order = 0;

  /** `handover`: ns from the release of a lock to the first step of who takes it next. */
  constructor(readonly handover: number) {}

  spawn(routine: Routine, delay = 1): void {
    this.#sleepers.push({ at: this.now + delay, order: this.#order++, routine });
  }

  /** Until every task has ended; tasks that wait for ever are a bug of the simulator. */
  run(): void {
    while (this.#sleepers.length > 0) {
      let next = 0;
      this.#sleepers.forEach((sleeper, i) => {
        const best = this.#sleepers[next];
        if (sleeper.at < best.at || (sleeper.at === best.at && sleeper.order < best.order)) next = i;
      });
      const [{ at, routine }] = this.#sleepers.splice(next, 1);
      this.now = Math.max(at, this.now + 1);
      const step = routine.next();
      if (step.done) continue;
      if (typeof step.value === 'number') this.spawn(routine, Math.max(1, Math.round(step.value)));
      else step.value.lock.want(routine, step.value.write);
    }
  }
}

/** rw_semaphore: many readers or one writer; in the order of arrival, so that writers are not starved. */
export class RwLock {
  #readers = 0;
  #writer = false;
  #released = Number.NEGATIVE_INFINITY;
  #waiting: { routine: Routine; write: boolean }[] = [];

  constructor(private readonly scheduler: Scheduler) {}

  read(): Wait {
    return { lock: this, write: false };
  }

  write(): Wait {
    return { lock: this, write: true };
  }

  /** Takes it, if that needs no waiting. */
  tryWrite(): boolean {
    if (this.#writer || this.#readers > 0 || this.#waiting.length > 0) return false;
    this.#writer = true;
    return true;
  }

  tryRead(): boolean {
    if (this.#writer || this.#waiting.length > 0) return false;
    this.#readers++;
    return true;
  }

  want(routine: Routine, write: boolean): void {
    this.#waiting.push({ routine, write });
    this.#grant(Math.max(1, this.#released + this.scheduler.handover - this.scheduler.now));
  }

  release(): void {
    if (this.#writer) this.#writer = false;
    else this.#readers--;
    this.#released = this.scheduler.now;
    this.#grant(this.scheduler.handover);
  }

  #grant(delay: number): void {
    while (this.#waiting.length > 0) {
      const { routine, write } = this.#waiting[0];
      if (this.#writer || (write && this.#readers > 0)) return;
      this.#waiting.shift();
      if (write) this.#writer = true;
      else this.#readers++;
      this.scheduler.spawn(routine, delay);
    }
  }
}
