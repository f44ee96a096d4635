import type { Pen } from './dom.js';
import type { Lane } from './lanes.js';
import { paintEvidence } from './paint-evidence.js';
import { paintDevice, paintMarks, paintSpans } from './paint-lanes.js';
import type { Scene } from './scene.js';
import type { Theme } from './theme.js';
import { tickList } from './times.js';
import { type View, xOf } from './view.js';

/** The whole picture: axis, lanes, labels, and the evidence of the chosen finding. */
export function paintScene(pen: Pen, scene: Scene, lanes: readonly Lane[], view: View, theme: Theme): void {
  pen.globalAlpha = 1;
  pen.fillStyle = theme.ground;
  pen.fillRect(0, 0, view.width, view.height);
  const ticks = tickList(view.t0, view.t1, (view.width - view.gutter) / 110, scene.data);
  pen.fillStyle = theme.line;
  for (const { t } of ticks) pen.fillRect(Math.round(xOf(t, view)), view.axis, 1, view.height - view.axis);
  lanes.forEach((lane, i) => {
    const y = lane.y + view.axis - view.scroll;
    if (y + lane.height < view.axis || y > view.height) return;
    paintLane(pen, scene, lane, y, view, theme, i === view.lane);
  });
  paintGutter(pen, lanes, view, theme);
  paintThumb(pen, lanes, view, theme);
  if (view.finding !== null) paintEvidence(pen, scene, lanes, view, theme, view.finding);
  pen.fillStyle = theme.ground;
  pen.fillRect(0, 0, view.width, view.axis);
  pen.fillStyle = theme.line;
  pen.fillRect(0, view.axis - 1, view.width, 1);
  pen.font = '11px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace';
  pen.fillStyle = theme.dim;
  pen.textAlign = 'left';
  pen.fillText(scene.data.unit === 'count' ? 'ticks' : 'seconds', 10, view.axis - 8);
  for (const { t, label } of ticks) {
    const x = Math.round(xOf(t, view));
    if (x + label.length * 6.7 < view.width) pen.fillText(label, x + 3, view.axis - 8);
    pen.fillRect(x, view.axis - 6, 1, 6);
  }
}

export function paintLane(
  pen: Pen,
  scene: Scene,
  lane: Lane,
  y: number,
  view: View,
  theme: Theme,
  chosen: boolean,
): void {
  if (lane.kind === 'device' || chosen) {
    pen.fillStyle = theme.band;
    pen.fillRect(0, y, view.width, lane.height);
  }
  if (lane.kind === 'device') paintDevice(pen, scene, lane, y, view, theme);
  if (lane.kind === 'vma') {
    paintSpans(pen, scene, lane, y, view, theme);
    paintMarks(pen, scene.marks[lane.index], y, lane.height, view, theme);
    paintLink(pen, scene, lane, y, view, theme);
  }
  if (lane.kind === 'cpu') paintMarks(pen, scene.cpus[lane.index].marks, y, lane.height, view, theme);
}

/** The moment that a VMA enters the rmap: a zap before it cannot see the VMA. */
export function paintLink(pen: Pen, scene: Scene, lane: Lane, y: number, view: View, theme: Theme): void {
  const { linked } = scene.data.vmas[lane.index];
  if (linked === null || linked < view.t0 || linked > view.t1) return;
  const x = Math.round(xOf(linked, view));
  pen.fillStyle = theme.text;
  pen.fillRect(x, y + 2, 1, lane.height - 4);
  pen.fillRect(x - 2, y + 2, 5, 1);
  pen.fillRect(x - 2, y + lane.height - 3, 5, 1);
}

/** Which part of the lanes is seen, where they do not all fit. */
export function paintThumb(pen: Pen, lanes: readonly Lane[], view: View, theme: Theme): void {
  const last = lanes[lanes.length - 1];
  const all = last === undefined ? 0 : last.y + last.height;
  const room = view.height - view.axis;
  if (all <= room) return;
  pen.fillStyle = theme.dim;
  pen.globalAlpha = 0.5;
  pen.fillRect(view.width - 6, view.axis + (view.scroll / all) * room, 4, Math.max(20, (room / all) * room));
  pen.globalAlpha = 1;
}

/** Labels of the lanes, over whatever reached to the left. */
export function paintGutter(pen: Pen, lanes: readonly Lane[], view: View, theme: Theme): void {
  pen.fillStyle = theme.gutter;
  pen.fillRect(0, view.axis, view.gutter, view.height - view.axis);
  pen.textAlign = 'left';
  lanes.forEach((lane, i) => {
    const y = lane.y + view.axis - view.scroll;
    if (y + lane.height < view.axis || y > view.height) return;
    const base = y + lane.height / 2 + 4;
    const head = lane.kind === 'device' || lane.kind === 'title';
    if (i === view.lane) {
      pen.fillStyle = theme.band;
      pen.fillRect(0, y, view.gutter, lane.height);
    }
    pen.fillStyle = head || i === view.lane ? theme.text : theme.dim;
    pen.font = `${head ? '600 ' : ''}11px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace`;
    pen.fillText(lane.label, head ? 10 : 22, base);
    pen.fillStyle = theme.dim;
    pen.font = '11px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace';
    pen.textAlign = 'right';
    const room = (view.gutter - 34 - lane.label.length * 6.7) / 6.7;
    if (lane.note.length <= room) pen.fillText(lane.note, view.gutter - 10, base);
    pen.textAlign = 'left';
  });
  pen.fillStyle = theme.line;
  pen.fillRect(view.gutter - 1, view.axis, 1, view.height - view.axis);
}
