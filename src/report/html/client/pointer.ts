import type { PageData } from '../data.js';
import type { PageElement, PageEvent } from './dom.js';
import type { Lane } from './lanes.js';
import type { Scene } from './scene.js';
import type { Page } from './start.js';
import { laneAt } from './view.js';

/** Wheel: zoom at the pointer, with shift: to the sides, over the labels: up and down. Drag: move. Click: choose. */
export function bindPointer(
  page: Page,
  canvas: PageElement,
  strip: PageElement,
  data: PageData,
  scene: () => Scene,
  lanes: readonly Lane[],
): void {
  const { view } = page;
  const place = (target: PageElement, event: PageEvent) => {
    const box = target.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };
  canvas.addEventListener(
    'wheel',
    (event) => {
      event.preventDefault();
      const { x } = place(canvas, event);
      const unit = event.deltaMode === 1 ? 16 : 1;
      if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY))
        page.pan((event.deltaX || event.deltaY) * unit);
      else if (x < view.gutter) page.scroll(event.deltaY * unit);
      else page.zoom(Math.exp(Math.max(-1, Math.min(1, (event.deltaY * unit) / 300))), x);
    },
    { passive: false },
  );
  let from: { x: number; y: number } | null = null;
  let moved = false;
  canvas.addEventListener('pointerdown', (event) => {
    if (event.button !== 0) return;
    from = place(canvas, event);
    moved = false;
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener('pointermove', (event) => {
    const at = place(canvas, event);
    if (from === null) {
      page.hover(at.x, at.y);
      return;
    }
    if (!moved && Math.abs(at.x - from.x) + Math.abs(at.y - from.y) < 4) return;
    moved = true;
    page.leave();
    page.pan(from.x - at.x);
    page.scroll(from.y - at.y);
    from = at;
  });
  canvas.addEventListener('pointerup', (event) => {
    const at = place(canvas, event);
    if (from !== null && !moved) click(at.x, at.y);
    from = null;
  });
  canvas.addEventListener('pointerleave', () => page.leave());
  canvas.addEventListener('dblclick', (event) => page.zoom(0.4, place(canvas, event).x));

  /** A click on a stray span chooses its finding; anywhere else it marks the lane. */
  const click = (x: number, y: number) => {
    const i = laneAt(lanes, y, view);
    view.lane = i;
    page.draw();
    const lane = lanes[i];
    if (lane === undefined || lane.kind !== 'vma' || x < view.gutter) return;
    const t = view.t0 + ((x - view.gutter) / (view.width - view.gutter)) * (view.t1 - view.t0);
    const hit = (scene().findings[lane.index] ?? []).find(
      (f) => f.exposed !== null && t >= f.t && t <= f.t + f.exposed,
    );
    if (hit !== undefined) page.choose(hit);
  };

  let dragging = false;
  const jump = (event: PageEvent) => {
    const { x } = place(strip, event);
    const t = data.start + ((x - view.gutter) / (view.width - view.gutter)) * (data.end - data.start);
    const half = (view.t1 - view.t0) / 2;
    page.lookAt(t - half, t + half);
  };
  strip.addEventListener('pointerdown', (event) => {
    dragging = true;
    strip.setPointerCapture(event.pointerId);
    jump(event);
  });
  strip.addEventListener('pointermove', (event) => {
    if (dragging) jump(event);
  });
  strip.addEventListener('pointerup', () => {
    dragging = false;
  });
}
