import type { FindingData } from '../data.js';
import type { Lane } from './lanes.js';
import { lowerBound } from './scene.js';

/** What part of a scene is seen, and where on the drawing it goes. */
export interface View {
  /** Times at the left and right edge of the tracks. */
  t0: number;
  t1: number;
  /** Pixels that the lanes are scrolled up. */
  scroll: number;
  width: number;
  height: number;
  /** Width of the labels. */
  readonly gutter: number;
  /** Height of the axis above the lanes. */
  readonly axis: number;
  /** Lane under the pointer, or chosen by search; -1. */
  lane: number;
  finding: FindingData | null;
}

export function xOf(t: number, view: View): number {
  return view.gutter + ((t - view.t0) / (view.t1 - view.t0)) * (view.width - view.gutter);
}

/** Index of the lane at a height of the drawing; -1. */
export function laneAt(lanes: readonly Lane[], y: number, view: View): number {
  if (y < view.axis) return -1;
  const at = y - view.axis + view.scroll;
  const i =
    lowerBound(
      lanes.map((lane) => lane.y + 0.5),
      at,
    ) - 1;
  return i >= 0 && at < lanes[i].y + lanes[i].height ? i : -1;
}

/** Shows [t0, t1], kept inside the trace and not narrower than can be told apart. */
export function lookAt(view: View, t0: number, t1: number, start: number, end: number): void {
  const whole = end - start;
  const width = Math.min(whole, Math.max(t1 - t0, Math.min(whole, 20)));
  const middle = (t0 + t1) / 2;
  view.t0 = Math.min(Math.max(middle - width / 2, start), end - width);
  view.t1 = view.t0 + width;
}

/** From the first evidence of a finding to the end of its exposure, with room at both sides. */
export function spanOfFinding(finding: FindingData): { t0: number; t1: number } {
  const times = finding.evidence.map((e) => e.t);
  times.push(finding.t, finding.t + (finding.exposed ?? 0));
  const t0 = Math.min(...times);
  const t1 = Math.max(...times);
  const room = Math.max((t1 - t0) * 0.08, 50);
  return { t0: t0 - room, t1: t1 + room };
}
