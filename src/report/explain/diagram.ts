import { printable } from '../sanitize.js';
import type { Style } from '../style.js';
import { type By, type Lanes, lanesOf } from './lanes.js';
import type { Names } from './names.js';
import type { ExplanationRecord, Step } from './record.js';
import { displayWidth, fold } from './width.js';

export interface DiagramOptions {
  readonly width: number;
  readonly by: By;
  readonly unicode: boolean;
  readonly style: Style;
  /** The times are raw counts of a clock without a unit. */
  readonly ticks: boolean;
}

/** Columns of the time, with the gap behind it. */
const TIME = 11;
/** A lane is never narrower; with many lanes they overlap like stairs, since a line has text in one of them only. */
const LEAST = 30;

/** The interleaving as kernel people draw it in mails: time flows down, one column per CPU or task. */
export function diagram(e: ExplanationRecord, names: Names, options: DiagramOptions): string[] {
  return new Diagram(e, names, options).lines();
}

class Diagram {
  readonly #lanes: Lanes;
  readonly #text: number;
  readonly #stride: number;
  readonly #unit: readonly [size: number, name: string, digits: number];
  readonly #out: string[] = [];
  /** Task or CPU that each lane shows now. */
  readonly #now: string[];

  constructor(
    private readonly e: ExplanationRecord,
    private readonly names: Names,
    private readonly options: DiagramOptions,
  ) {
    this.#lanes = lanesOf(e.steps, options.by);
    const n = Math.max(1, this.#lanes.lanes.length);
    const room = options.width - TIME;
    this.#text = Math.max(Math.min(LEAST, room), Math.floor((room - 2 * (n - 1)) / n));
    this.#stride = n === 1 ? 0 : Math.floor((room - this.#text) / (n - 1));
    this.#unit = unit(e.steps, options.ticks);
    this.#now = this.#lanes.lanes.map((lane) => lane.first);
  }

  lines(): string[] {
    this.#head();
    this.e.steps.forEach((_, i) => {
      this.#step(i);
    });
    return this.#out;
  }

  #head(): void {
    const { style } = this.options;
    const { lanes } = this.#lanes;
    const title = new Line();
    const name = this.options.unicode ? this.#unit[1].replace('us', 'µs') : this.#unit[1];
    title.put(TIME - 2 - name.length, name, style.dim);
    lanes.forEach((lane, i) => {
      title.put(this.#column(i), this.#fit(lane.title, i), style.bold);
    });
    this.#out.push(title.text());
    const second = new Line();
    lanes.forEach((lane, i) => {
      second.put(this.#column(i), this.#fit(lane.first, i), style.dim);
    });
    this.#out.push(second.text());
  }

  /** With stairs the titles must not run into one another. */
  #fit(text: string, lane: number): string {
    const last = lane === this.#lanes.lanes.length - 1;
    const room = last || this.#stride === 0 ? this.#text : Math.min(this.#text, this.#stride - 1);
    return displayWidth(text) <= room ? text : text.slice(0, room);
  }

  #column(lane: number): number {
    return TIME + lane * this.#stride;
  }

  #step(i: number): void {
    const step = this.e.steps[i];
    const lane = this.#lanes.lane[i];
    const { style } = this.options;
    if (lane < 0) {
      for (const mark of step.marks) this.#nowhere(mark);
      return;
    }
    if (this.#now[lane] !== this.#lanes.second[i]) {
      this.#now[lane] = this.#lanes.second[i];
      this.#line(i, lane, 0, this.#now[lane], style.dim, false);
    }
    const own = this.#bars(i, lane, false).length;
    const room = this.#text - 2 * own;
    const text = this.names.short(printable(step.text));
    const paint = step.evidence ? (t: string) => t : style.dim;
    let first = true;
    for (const line of text === '' ? [] : fold(text, room, '  ')) {
      this.#line(i, lane, own, line, paint, false, first ? this.#time(step) : '');
      first = false;
    }
    const inside = step.phase === 'begin' && this.#shownOpen(i) ? own + 1 : own;
    for (const mark of step.marks) {
      const arrow = this.options.unicode ? '← ' : '<- ';
      const lines = fold(printable(mark), this.#text - 2 * inside - arrow.length);
      const bad = isBad(mark) ? style.bad : style.bold;
      lines.forEach((line, n) => {
        this.#line(
          i,
          lane,
          inside,
          (n === 0 ? arrow : ' '.repeat(arrow.length)) + line,
          bad,
          true,
          first ? this.#time(step) : '',
        );
        first = false;
      });
    }
  }

  #nowhere(mark: string): void {
    const step = this.e.steps.find((s) => s.marks.includes(mark))!;
    const line = new Line();
    line.put(0, this.#time(step), this.options.style.dim);
    line.put(TIME, `(${mark})`, this.options.style.bad);
    this.#out.push(line.text());
  }

  #line(
    i: number,
    lane: number,
    depth: number,
    text: string,
    paint: (t: string) => string,
    after: boolean,
    time = '',
  ): void {
    const { style, unicode } = this.options;
    const line = new Line();
    if (time !== '') line.put(0, time, style.dim);
    const bar = unicode ? '│' : '|';
    const end = this.#column(lane) + 2 * depth + displayWidth(text);
    for (let l = 0; l < this.#lanes.lanes.length; l++) {
      this.#bars(i, l, after && l === lane).forEach((_, d) => {
        const column = this.#column(l) + 2 * d;
        const free = l === lane ? d < depth : column < this.#column(lane) || column >= end + 1;
        if (free) line.put(column, bar, style.dim);
      });
    }
    line.put(this.#column(lane) + 2 * depth, text, paint);
    this.#out.push(line.text());
  }

  /** Calls that are running in a lane while step `i` happens; `after`: with the one that it begins. */
  #bars(i: number, lane: number, after: boolean): number[] {
    const { steps } = this.e;
    const { lane: laneOf } = this.#lanes;
    const bars: number[] = [];
    for (let b = 0; b < steps.length && (b < i || (after && b === i)); b++) {
      const begin = steps[b];
      if (begin.phase !== 'begin' || laneOf[b] !== lane || !this.#shownOpen(b)) continue;
      const closed = steps.findIndex((s) => s.phase === 'end' && s.frame === begin.frame);
      const open = closed >= 0 ? i < closed : (begin.end_ns ?? begin.t_ns) > steps[i].t_ns;
      if (open && this.#stays(b, i, begin)) bars.push(b);
    }
    return bars;
  }

  /** Nobody else has the lane between the two steps, and the task has not moved to another one. */
  #stays(from: number, to: number, { pid }: Step): boolean {
    const { steps } = this.e;
    const { lane } = this.#lanes;
    for (let i = from + 1; i <= to; i++) {
      if (lane[i] === lane[from] ? steps[i].pid !== pid : steps[i].pid === pid) return false;
    }
    return true;
  }

  /** A bar is worth drawing only if something is shown while the call runs. */
  #shownOpen(b: number): boolean {
    const { steps } = this.e;
    const next = steps[b + 1];
    return next !== undefined && !(next.phase === 'end' && next.frame === steps[b].frame);
  }

  #time(step: Step): string {
    const [size, , digits] = this.#unit;
    return (step.since_ns / size).toFixed(digits).padStart(TIME - 2);
  }
}

/** Marks that say what went wrong. */
const isBad = (mark: string): boolean =>
  /stray|live on|lives on|too late|NOP|never visited|not these|still reachable|no zap before/.test(mark);

/** One unit for all times of a diagram, with the digits that tell neighbours apart. */
function unit(steps: readonly Step[], ticks: boolean): readonly [number, string, number] {
  if (ticks) return [1, 'ticks', 0];
  const span = steps.at(-1)?.since_ns ?? 0;
  if (span >= 10e9) return [1e9, 's', 6];
  if (span >= 1e6) return [1e6, 'ms', 3];
  return [1e3, 'us', steps.some((s) => s.since_ns % 1000 !== 0) ? 3 : 0];
}

/** One line of text whose parts are put at columns, in any order; colours do not count. */
class Line {
  readonly #parts: { column: number; text: string; paint: (text: string) => string }[] = [];

  put(column: number, text: string, paint: (text: string) => string = (t) => t): void {
    this.#parts.push({ column, text, paint });
  }

  text(): string {
    let out = '';
    let width = 0;
    for (const { column, text, paint } of this.#parts.sort((a, b) => a.column - b.column)) {
      out += ' '.repeat(Math.max(0, column - width)) + paint(text);
      width = Math.max(width, column) + displayWidth(text);
    }
    return out.trimEnd();
  }
}
