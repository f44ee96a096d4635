import { CpuTimes } from './cpu-times.js';

/** How far the records have been read: how many, up to what time, and what is strange about their times. */
export class Progress {
  /** Number of the latest record, from 1 on. */
  seq = 0;
  /** Time of the latest record. (-0: a double from the start. V8 must not change the object's shape later.) */
  now = -0;
  readonly cpus = new CpuTimes();
  /** Mapping events delivered. */
  events = 0;
  /** Records that are earlier than the one before them on the same CPU. */
  disordered = 0;
  /** The most records in a row that have the same time. */
  standstill = 0;
  #still = 0;

  /** A record of this time comes: it is the latest one. */
  comes(t: number): void {
    if (t !== this.now) this.#still = 0;
    else if (++this.#still > this.standstill) this.standstill = this.#still;
    this.now = t;
  }

  /** So many records of a CPU, of different times, have come at once; the latest is of this time. */
  passes(count: number, cpu: number, t: number): void {
    this.seq += count;
    this.#still = 0;
    this.now = t;
    this.cpus.seen(cpu, t);
  }

  /** Something is known to have happened by now, of which there is no record. */
  reaches(t: number): void {
    if (t > this.now) this.now = t;
  }
}
