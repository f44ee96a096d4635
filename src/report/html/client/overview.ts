import type { Pen } from './dom.js';
import type { Scene } from './scene.js';
import type { Theme } from './theme.js';
import type { View } from './view.js';

/** The whole trace in one strip: blocked windows, findings, and the part that is seen. */
export function paintOverview(pen: Pen, scene: Scene, view: View, height: number, theme: Theme): void {
  const { start, end, findings } = scene.data;
  const { width } = view;
  const track = width - view.gutter;
  const x = (t: number) => view.gutter + ((t - start) / (end - start)) * track;
  pen.globalAlpha = 1;
  pen.fillStyle = theme.gutter;
  pen.fillRect(0, 0, width, height);
  pen.fillStyle = theme.blocked;
  let last = -1;
  for (const windows of scene.windows) {
    last = -1;
    windows.start.forEach((t, i) => {
      const x0 = Math.max(x(t), last);
      const x1 = Math.max(x(windows.end[i]), x0 + 0.5);
      if (x1 <= last) return;
      pen.fillRect(x0, 8, x1 - x0, height - 16);
      last = x1;
    });
  }
  for (const f of findings) {
    if (f.severity !== 'error') continue;
    pen.fillStyle = f.confidence === 'confirmed' ? theme.stray : theme.maybe;
    pen.fillRect(x(f.t), 4, Math.max(2, x(f.t + (f.exposed ?? 0)) - x(f.t)), height - 8);
  }
  const left = x(view.t0);
  const right = Math.max(left + 3, x(view.t1));
  pen.fillStyle = theme.ground;
  pen.globalAlpha = 0.65;
  pen.fillRect(view.gutter, 0, left - view.gutter, height);
  pen.fillRect(right, 0, width - right, height);
  pen.globalAlpha = 1;
  pen.strokeStyle = theme.accent;
  pen.lineWidth = 1;
  pen.strokeRect(left + 0.5, 0.5, right - left - 1, height - 1);
  pen.fillStyle = theme.dim;
  pen.font = '11px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace';
  pen.textAlign = 'left';
  pen.fillText('whole trace', 10, height / 2 + 4);
}
