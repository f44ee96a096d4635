import type { FindingData, MarkColumns, PageData, VmaData, ZapColumns } from '../data.js';

/** Spans of one lane with absolute times: span i is [start[i], start[i + 1]). */
export interface SceneSpans {
  readonly state: string;
  readonly start: readonly number[];
  readonly pages: readonly number[];
}

/** Marks of one lane in the order of time, as indices into the columns. */
export interface SceneMarks {
  readonly columns: MarkColumns;
  readonly start: readonly number[];
  readonly index: readonly number[];
  /** Longest mark: how far back one can reach into what is seen. */
  readonly longest: number;
}

export interface SceneZaps {
  readonly columns: ZapColumns;
  readonly start: readonly number[];
}

/** The data of a page, ready to be drawn and searched. */
export interface Scene {
  readonly data: PageData;
  readonly spans: readonly SceneSpans[];
  readonly marks: readonly (SceneMarks | undefined)[];
  readonly cpus: readonly { readonly cpu: number; readonly marks: SceneMarks }[];
  /** Zaps by device, as indices into the columns. */
  readonly zaps: readonly (readonly number[])[];
  readonly zapStart: readonly number[];
  readonly windows: readonly { readonly start: readonly number[]; readonly end: readonly number[] }[];
  /** Findings by VMA. */
  readonly findings: readonly (readonly FindingData[] | undefined)[];
  readonly deviceOf: readonly number[];
}

export function decodeScene(data: PageData): Scene {
  const zapStart = sums(data.zaps.t);
  const zaps: number[][] = data.devices.map(() => []);
  zapStart.forEach((_, i) => {
    zaps[data.zaps.device[i]].push(i);
  });
  const findings: FindingData[][] = [];
  for (const finding of data.findings) {
    if (finding.vma < 0) continue;
    findings[finding.vma] ??= [];
    findings[finding.vma].push(finding);
  }
  const deviceOf: number[] = [];
  data.devices.forEach((device, d) => {
    for (const vma of device.vmas) deviceOf[vma] = d;
  });
  const cpuMarks = marksByLane(data.cpus);
  const cpus = [...new Set(data.cpus.lane)].sort((a, b) => a - b);
  return {
    data,
    spans: data.vmas.map((vma: VmaData) => ({
      state: vma.spans.s,
      start: [...sums(vma.spans.t), vma.spans.end],
      pages: vma.spans.p,
    })),
    marks: marksByLane(data.marks),
    cpus: cpus.map((cpu) => ({ cpu, marks: cpuMarks[cpu]! })),
    zaps,
    zapStart,
    windows: data.devices.map(({ windows }) => {
      const start = sums(windows.t);
      return { start, end: start.map((t, i) => t + windows.d[i]) };
    }),
    findings,
    deviceOf,
  };
}

/** Running sums of differences. */
export function sums(differences: readonly number[]): number[] {
  let at = 0;
  return differences.map((difference) => {
    at += difference;
    return at;
  });
}

export function marksByLane(columns: MarkColumns): (SceneMarks | undefined)[] {
  const start = sums(columns.t);
  const lanes: { columns: MarkColumns; start: number[]; index: number[]; longest: number }[] = [];
  start.forEach((t, i) => {
    const lane = columns.lane[i];
    lanes[lane] ??= { columns, start: [], index: [], longest: 0 };
    const marks = lanes[lane];
    marks.start.push(t);
    marks.index.push(i);
    marks.longest = Math.max(marks.longest, columns.d[i]);
  });
  return lanes;
}

/** First index whose value is at least `value`. */
export function lowerBound(sorted: readonly number[], value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
