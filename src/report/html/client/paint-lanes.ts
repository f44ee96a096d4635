import type { Pen } from './dom.js';
import type { Lane } from './lanes.js';
import { lowerBound, type Scene, type SceneMarks } from './scene.js';
import { markLook, stateLook, type Theme } from './theme.js';
import { type View, xOf } from './view.js';

/** The states of a VMA. Spans narrower than a pixel share it: the most telling one is seen. */
export function paintSpans(pen: Pen, scene: Scene, lane: Lane, y: number, view: View, theme: Theme): void {
  const { state, start } = scene.spans[lane.index];
  const looks: Record<string, ReturnType<typeof stateLook>> = {};
  const look = (letter: string) => (looks[letter] ??= stateLook(letter, theme));
  const draw = (letter: string, x0: number, x1: number) => {
    const { colour, height } = look(letter);
    if (height === 0) return;
    const h = Math.max(2, Math.round((lane.height - 4) * height));
    pen.fillStyle = colour;
    pen.fillRect(x0, y + Math.round((lane.height - h) / 2), Math.max(1, x1 - x0), h);
  };
  let pixel = -1;
  let shared = 'n';
  let from = -1;
  /** A run of pixels with the same most telling state is one rectangle. */
  const flush = () => {
    if (from >= 0) draw(shared, from, pixel + 1);
    from = -1;
  };
  const first = Math.max(0, lowerBound(start, view.t0) - 1);
  for (let i = first; i < state.length && start[i] <= view.t1; i++) {
    const x0 = Math.max(view.gutter, xOf(start[i], view));
    const x1 = Math.min(view.width, xOf(start[i + 1], view));
    if (x1 < view.gutter) continue;
    if (x1 - x0 >= 1) {
      flush();
      draw(state[i], x0, x1);
      continue;
    }
    const at = Math.floor(x0);
    if (from >= 0 && at === pixel) {
      if (look(state[i]).rank < look(shared).rank) {
        if (from < pixel) {
          draw(shared, from, pixel);
          from = pixel;
        }
        shared = state[i];
      }
      continue;
    }
    if (from >= 0 && (at > pixel + 1 || look(state[i]).rank !== look(shared).rank)) flush();
    if (from < 0) from = at;
    pixel = at;
    shared = state[i];
  }
  flush();
}

/** Blocked windows of a device, and its zaps in them. */
export function paintDevice(pen: Pen, scene: Scene, lane: Lane, y: number, view: View, theme: Theme): void {
  const { start, end } = scene.windows[lane.index];
  const top = y + 4;
  const height = lane.height - 8;
  pen.fillStyle = theme.blocked;
  let last = -1;
  for (let i = Math.max(0, lowerBound(end, view.t0)); i < start.length && start[i] <= view.t1; i++) {
    const x0 = Math.max(view.gutter, xOf(start[i], view));
    const x1 = Math.min(view.width, Math.max(x0 + 1, xOf(end[i], view)));
    if (x1 <= last) continue;
    pen.fillRect(Math.max(x0, last), top, x1 - Math.max(x0, last), height);
    last = x1;
  }
  const { zaps } = scene.data;
  const own = scene.zaps[lane.index];
  const starts = own.map((z) => scene.zapStart[z]);
  pen.font = '10px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace';
  pen.textAlign = 'left';
  last = -1;
  for (let i = Math.max(0, lowerBound(starts, view.t0) - 1); i < own.length && starts[i] <= view.t1; i++) {
    const z = own[i];
    const x0 = xOf(starts[i], view);
    const x1 = Math.max(x0 + 1, xOf(starts[i] + Math.max(0, zaps.d[z]), view));
    if (x1 < view.gutter || x1 <= last) continue;
    const left = Math.max(view.gutter, x0);
    pen.fillStyle = theme.zap;
    pen.fillRect(left, top, Math.min(view.width, x1) - left, height);
    const room = xOf(starts[i + 1] ?? view.t1, view) - x1;
    const cause = scene.data.texts[zaps.cause[z]];
    if (room > cause.length * 6.2 + 10) {
      pen.fillStyle = theme.text;
      pen.fillText(cause, Math.min(view.width, x1) + 4, y + lane.height / 2 + 3.5);
    }
    last = x1;
  }
}

/** Installs at the foot of a lane, refused faults at its head, other calls in the middle; bars where they are long. */
export function paintMarks(
  pen: Pen,
  marks: SceneMarks | undefined,
  y: number,
  height: number,
  view: View,
  theme: Theme,
): void {
  if (marks === undefined) return;
  const { columns, start, index, longest } = marks;
  const first = lowerBound(start, view.t0 - longest);
  const last = lowerBound(start, view.t1);
  const roomy = (view.width - view.gutter) / Math.max(1, last - first) > 7;
  // One kind after the other: each kind has its own height, and its colour is set once.
  for (const letter of 'vmzaif') {
    let seen = -1;
    for (let i = first; i < last; i++) {
      if (columns.k[index[i]] !== letter) continue;
      const x0 = xOf(start[i], view);
      const x1 = xOf(start[i] + columns.d[index[i]], view);
      if (x1 < view.gutter || x0 > view.width) continue;
      const pixel = Math.round(x0);
      if (!roomy && x1 - x0 < 2 && seen === pixel) continue;
      seen = pixel;
      const colour = markLook(letter, theme).colour;
      paintMark(pen, letter, Math.max(view.gutter, x0), Math.min(view.width, x1), y, height, roomy, colour);
    }
  }
}

export function paintMark(
  pen: Pen,
  letter: string,
  x0: number,
  x1: number,
  y: number,
  height: number,
  roomy: boolean,
  colour: string,
): void {
  pen.fillStyle = colour;
  const wide = x1 - x0 >= 2;
  if (letter === 'i') {
    if (wide) pen.fillRect(x0, y + height - 4, x1 - x0, 2);
    if (!roomy) dense(pen, x0, y + height - 5);
    else triangle(pen, x0, y + height - 2);
  } else if (letter === 'f') {
    if (wide) pen.fillRect(x0, y + 2, x1 - x0, 2);
    if (!roomy) dense(pen, x0, y + 2);
    else cross(pen, x0, y + 5, colour);
  } else if (letter === 'v' || letter === 'm') {
    pen.fillRect(x0, y + height / 2 - 1, Math.max(1, x1 - x0), letter === 'm' ? 3 : 2);
  } else {
    pen.fillRect(x0, y + 3, Math.max(1, x1 - x0), height - 6);
  }
}

/** Where marks are many they must not outshine the states. */
export function dense(pen: Pen, x: number, y: number): void {
  pen.globalAlpha = 0.6;
  pen.fillRect(Math.round(x), y, 1, 3);
  pen.globalAlpha = 1;
}

export function triangle(pen: Pen, x: number, y: number): void {
  pen.beginPath();
  pen.moveTo(x - 3.5, y);
  pen.lineTo(x + 3.5, y);
  pen.lineTo(x, y - 6);
  pen.closePath();
  pen.fill();
}

export function cross(pen: Pen, x: number, y: number, colour: string): void {
  pen.strokeStyle = colour;
  pen.lineWidth = 1.4;
  pen.beginPath();
  pen.moveTo(x - 2.5, y - 2.5);
  pen.lineTo(x + 2.5, y + 2.5);
  pen.moveTo(x + 2.5, y - 2.5);
  pen.lineTo(x - 2.5, y + 2.5);
  pen.stroke();
}
