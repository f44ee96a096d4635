import type { PageData } from '../data.js';
import type { Lane } from './lanes.js';
import { lowerBound, type Scene, type SceneMarks } from './scene.js';
import { markLook, stateLook, themeOf } from './theme.js';
import { absoluteText, lengthText } from './times.js';
import { type View, xOf } from './view.js';

/** What is under the pointer, in lines; the first is the heading. Empty: nothing. */
export function describeAt(scene: Scene, lane: Lane, x: number, view: View): string[] {
  const t = view.t0 + ((x - view.gutter) / (view.width - view.gutter)) * (view.t1 - view.t0);
  if (x < view.gutter) return lane.kind === 'vma' ? describeVma(scene, lane.index) : [];
  if (lane.kind === 'device') return describeZap(scene, lane.index, t, x, view);
  if (lane.kind === 'cpu') return describeMark(scene, scene.cpus[lane.index].marks, x, view, false);
  if (lane.kind !== 'vma') return [];
  const mark = describeMark(scene, scene.marks[lane.index], x, view, true);
  return mark.length > 0 ? mark : describeSpan(scene, lane.index, t);
}

export function describeVma(scene: Scene, index: number): string[] {
  const { data } = scene;
  const vma = data.vmas[index];
  const at = (ns: number | null) => (ns === null ? 'not in this trace' : absoluteText(ns, data));
  const findings = (scene.findings[index] ?? []).map((f) => f.id);
  return [
    `${vma.id} ${vma.start === null || vma.end === null ? '' : `${vma.start}-${vma.end}`}`,
    `${vma.task}, vm_area_struct ${vma.pointer}${vma.pgoff === null ? '' : `, pgoff ${vma.pgoff}`}`,
    `created ${at(vma.created)}, in the rmap ${at(vma.linked)}, removed ${at(vma.removed)}`,
    `${vma.installs.toLocaleString('en-US')} installs, ${vma.refused.toLocaleString('en-US')} refused faults, ${vma.visits.toLocaleString('en-US')} zap visits`,
    ...(findings.length > 0
      ? [`findings: ${findings.slice(0, 8).join(', ')}${findings.length > 8 ? ', …' : ''}`]
      : []),
  ];
}

export function describeSpan(scene: Scene, index: number, t: number): string[] {
  const { data } = scene;
  const { state, start, pages } = scene.spans[index];
  const i = lowerBound(start, t + 1) - 1;
  if (i < 0 || i >= state.length || state[i] === 'n') return [];
  const name = stateLook(state[i], themeOf(false)).name;
  const stray = state[i] === 's' || state[i] === 'm';
  const finding = stray
    ? (scene.findings[index] ?? []).find((f) => t >= f.t && t <= f.t + (f.exposed ?? 0))
    : undefined;
  return [
    `${data.vmas[index].id}: ${name}${finding === undefined ? '' : ` (${finding.id})`}`,
    `for ${lengthText(start[i + 1] - start[i], data)}, from ${absoluteText(start[i], data)}`,
    `${pages[i].toLocaleString('en-US')} ${pages[i] === 1 ? 'page' : 'pages'}${stray ? ' stray' : ' present'}`,
    ...(finding === undefined ? [] : [finding.message]),
  ];
}

export function describeZap(scene: Scene, device: number, t: number, x: number, view: View): string[] {
  const { data } = scene;
  const { zaps } = data;
  const own = scene.zaps[device];
  const starts = own.map((z) => scene.zapStart[z]);
  const near = own[lowerBound(starts, t + 1) - 1];
  const next = own[lowerBound(starts, t + 1)];
  const z = next !== undefined && Math.abs(xOf(scene.zapStart[next], view) - x) < 3 ? next : near;
  if (z === undefined) return [];
  const blocked = zaps.u[z] >= 0 ? zaps.u[z] : Math.max(0, zaps.d[z]);
  const end = scene.zapStart[z] + blocked;
  if (t > end && xOf(end, view) < x - 3) return [];
  return [
    `zap${zaps.id[z]}: ${data.texts[zaps.cause[z]]}`,
    `${absoluteText(scene.zapStart[z], data)}, ${zaps.d[z] < 0 ? 'its end is not in this trace' : `took ${lengthText(zaps.d[z], data)}`}`,
    zaps.u[z] < 0 ? 'not unblocked in this trace' : `unblocked after ${lengthText(zaps.u[z], data)}`,
    `${data.texts[zaps.task[z]]} on CPU ${zaps.cpu[z]}`,
    `visited ${zaps.vmas[z] === 1 ? '1 VMA' : `${zaps.vmas[z]} VMAs`}, cleared ${zaps.pages[z].toLocaleString('en-US')} pages`,
  ];
}

/** The mark nearest to the pointer, within a few pixels; of calls that enclose one another the inner one. */
export function describeMark(
  scene: Scene,
  marks: SceneMarks | undefined,
  x: number,
  view: View,
  near: boolean,
): string[] {
  if (marks === undefined) return [];
  const { columns, start, index, longest } = marks;
  let best = -1;
  let distance = 5;
  for (let i = lowerBound(start, view.t0 - longest); i < start.length && start[i] <= view.t1; i++) {
    const x0 = xOf(start[i], view);
    if (x0 > x + 5) break;
    const x1 = near ? x0 : xOf(start[i] + columns.d[index[i]], view);
    const d = x < x0 ? x0 - x : x > x1 ? x - x1 : 0;
    if (d <= distance) {
      distance = d;
      best = index[i];
    }
  }
  return best < 0 ? [] : markText(scene.data, columns, best, start[index.indexOf(best)]);
}

export function markText(data: PageData, columns: SceneMarks['columns'], i: number, t: number): string[] {
  const n = columns.n.length > 0 ? columns.n[i] : 1;
  const look = markLook(columns.k[i], themeOf(false));
  const page = columns.page[i];
  const address = page < 0 ? '' : `addr=0x${(BigInt(page) * 4096n).toString(16)}`;
  const result = data.texts[columns.res[i]];
  const call = `${data.texts[columns.fn[i]]}(${address})${result === '' ? '' : ` = ${result}`}`;
  const place =
    columns.at[i] < 0
      ? ''
      : `, ${data.format === 'trace.dat' || data.format === 'perf.data' ? `offset 0x${columns.at[i].toString(16)}` : `line ${columns.at[i]}`}`;
  const length = columns.d[i] > 0 ? `, ${lengthText(columns.d[i], data)}` : '';
  if (n === 1) {
    return [
      call,
      `${absoluteText(t, data)}${length}`,
      `${data.texts[columns.task[i]]} on CPU ${columns.cpu[i]}${place}`,
    ];
  }
  return [
    `${n.toLocaleString('en-US')} ${look.plural} from ${absoluteText(t, data)} on${length}`,
    `the first: ${call}`,
    `${data.texts[columns.task[i]]} on CPU ${columns.cpu[i]}${place}`,
  ];
}
