import type { FindingData } from '../data.js';
import type { Pen } from './dom.js';
import type { Lane } from './lanes.js';
import type { Scene } from './scene.js';
import type { Theme } from './theme.js';
import { type View, xOf } from './view.js';

/** Lane that a piece of evidence belongs to: the zap's side is the device, everything else the VMA. */
export function evidenceLane(
  role: string,
  finding: FindingData,
  scene: Scene,
  lanes: readonly Lane[],
): number {
  const ofDevice = role === 'zap-begin' || role === 'zap-end' || role === 'block' || role === 'unblocked';
  const device = scene.deviceOf[finding.vma];
  return lanes.findIndex((lane) =>
    ofDevice
      ? lane.kind === 'device' && lane.index === device
      : lane.kind === 'vma' && lane.index === finding.vma,
  );
}

/** Numbered points where the evidence is, joined in the order of time: how the race went. */
export function paintEvidence(
  pen: Pen,
  scene: Scene,
  lanes: readonly Lane[],
  view: View,
  theme: Theme,
  finding: FindingData,
): void {
  const points = finding.evidence.map((e, i) => {
    const lane = lanes[evidenceLane(e.role, finding, scene, lanes)];
    const middle = lane === undefined ? 0 : lane.y + view.axis - view.scroll + lane.height / 2;
    return { x: xOf(e.t, view), y: middle, number: i + 1, lane };
  });
  const shown = points.filter((p) => p.lane !== undefined && p.x >= view.gutter && p.x <= view.width);
  if (shown.length === 0) return;
  pen.strokeStyle = theme.accent;
  pen.lineWidth = 1;
  pen.setLineDash([3, 3]);
  pen.beginPath();
  for (const { x } of shown) {
    pen.moveTo(Math.round(x) + 0.5, view.axis);
    pen.lineTo(Math.round(x) + 0.5, view.height);
  }
  pen.globalAlpha = 0.35;
  pen.stroke();
  pen.globalAlpha = 1;
  pen.setLineDash([]);
  pen.lineWidth = 1.5;
  pen.beginPath();
  shown.forEach(({ x, y }, i) => {
    if (i === 0) pen.moveTo(x, y);
    else pen.lineTo(x, y);
  });
  pen.stroke();
  pen.font = '600 10px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace';
  pen.textAlign = 'center';
  // Points that fall together share a badge: `3-5`.
  for (let i = 0; i < shown.length; ) {
    const { x, y, number } = shown[i];
    let last = i;
    while (last + 1 < shown.length && shown[last + 1].y === y && shown[last + 1].x - x < 16) last++;
    const label = last > i ? `${number}-${shown[last].number}` : String(number);
    badge(pen, x, y, label, theme);
    i = last + 1;
  }
  pen.textAlign = 'left';
}

export function badge(pen: Pen, x: number, y: number, label: string, theme: Theme): void {
  const half = label.length > 1 ? label.length * 3.1 - 3 : 0;
  pen.fillStyle = theme.accent;
  pen.beginPath();
  pen.arc(x - half, y, 7, Math.PI / 2, (3 * Math.PI) / 2);
  pen.arc(x + half, y, 7, (3 * Math.PI) / 2, (5 * Math.PI) / 2);
  pen.closePath();
  pen.fill();
  pen.fillStyle = theme.ground;
  pen.fillText(label, x, y + 3.5);
}
