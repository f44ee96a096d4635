import type { Evidence, FindingRecord, VmaRecord, ZapRecord } from '../records.js';
import type { RuleInfo } from '../report.js';
import { place, placeInTrace } from '../text.js';
import { timeBase } from '../timeline/axis.js';
import type { Cell } from '../timeline/cells.js';
import type { Picture } from '../timeline/picture.js';
import { spansOf } from '../timeline/spans.js';
import {
  type DeviceData,
  type FindingData,
  MARK_LETTERS,
  type MarkColumns,
  type PageData,
  STATE_LETTERS,
  type VmaData,
  type ZapColumns,
} from './data.js';
import { type Drawn, thin } from './thin.js';

/** Most epochs of all VMAs together, and most zaps, that are drawn one by one: bounds the size of a page. */
const SPANS = 120_000;
const ZAPS = 20_000;

/** A picture as the data of a page. */
export function encode(picture: Picture, version: string, rules: readonly RuleInfo[]): PageData {
  const encoder = new Encoder(picture);
  return encoder.data(version, rules);
}

class Encoder {
  readonly #texts = new Map<string, number>([['', 0]]);
  readonly #vmas: VmaRecord[];
  readonly #vmaIndex = new Map<string, number>();

  constructor(private readonly picture: Picture) {
    this.#vmas = picture.devices.flatMap((d) => d.vmas);
    this.#vmas.forEach((vma, i) => {
      this.#vmaIndex.set(vma.id, i);
    });
  }

  data(version: string, rules: readonly RuleInfo[]): PageData {
    const { picture } = this;
    const { header, summary } = picture;
    const { base, unit } = timeBase(header);
    const spans = thin(
      this.#vmas.map((vma) => spansOf(vma, picture.findingsOf.get(vma.id) ?? [], picture.start, picture.end)),
      SPANS,
    );
    const used = new Set(picture.findings.map((f) => f.rule));
    return {
      version,
      input: header.input,
      format: header.format,
      clock: header.clock,
      base: String(base),
      unit,
      digits: header.base?.split('.')[1]?.length ?? 0,
      start: Math.floor(picture.start),
      end: Math.ceil(picture.end),
      verdict: summary?.verdict ?? null,
      reasons: summary?.reasons ?? [],
      coverage: Object.entries(summary?.coverage ?? {}),
      counts: summary === null ? {} : numbers(summary.counts),
      devices: picture.devices.map((d) => this.#device(d.name, d.vmas, d.zaps)),
      vmas: this.#vmas.map((vma, i) => this.#vma(vma, spans.lanes[i])),
      zaps: this.#zaps(),
      findings: picture.findings.map((f) => this.#finding(f)),
      marks: this.#marks(picture.marks, (cell) => this.#vmaIndex.get(cell.lane) ?? -1),
      cpus: this.#marks(picture.cpus, (cell) => Number(cell.lane.slice(3))),
      binOfMarks: picture.binOfMarks,
      binOfCpus: picture.binOfCpus,
      mergedSpans: spans.merged,
      rules: Object.fromEntries(
        rules
          .filter((r) => used.has(r.id))
          .map(({ id, title, proves, remedy }) => [id, { title, proves, remedy }]),
      ),
      // Last: everything above may add to it.
      texts: [...this.#texts.keys()],
    };
  }

  #text(text: string): number {
    let index = this.#texts.get(text);
    if (index === undefined) this.#texts.set(text, (index = this.#texts.size));
    return index;
  }

  #device(name: string | null, vmas: readonly VmaRecord[], zaps: readonly ZapRecord[]): DeviceData {
    const windows = merged(
      zaps.map((z) => ({ start: z.start_ns, end: z.unblocked_ns ?? z.end_ns ?? this.picture.end })),
      ZAPS,
    );
    return {
      name,
      vmas: vmas.map((v) => this.#vmaIndex.get(v.id)!),
      windows: { t: deltas(windows.map((w) => w.start)), d: windows.map((w) => Math.round(w.end - w.start)) },
    };
  }

  #vma(v: VmaRecord, spans: readonly Drawn[]): VmaData {
    let letters = '';
    const starts: number[] = [];
    const pages: number[] = [];
    let end = spans[0]?.start ?? 0;
    for (const span of spans) {
      if (span.start > end) {
        letters += STATE_LETTERS.none;
        starts.push(end);
        pages.push(0);
      }
      letters += STATE_LETTERS[span.state];
      starts.push(span.start);
      pages.push(span.pages);
      end = Math.max(end, span.end);
    }
    return {
      id: v.id,
      pointer: v.pointer,
      start: v.start,
      end: v.end,
      pgoff: v.pgoff,
      task: `${v.comm}-${v.pid}`,
      created: v.created_ns,
      linked: v.linked_ns,
      removed: v.removed_ns,
      installs: v.installs,
      refused: v.blocked_faults,
      visits: v.zap_visits,
      spans: { s: letters, t: deltas(starts), p: pages, end: Math.round(end) },
    };
  }

  #zaps(): ZapColumns {
    const named = new Set(this.picture.findings.map((f) => f.zap));
    let all = this.picture.devices.flatMap((device, d) => device.zaps.map((zap) => ({ zap, d })));
    if (all.length > ZAPS) {
      const every = Math.ceil(all.length / ZAPS);
      all = all.filter(({ zap }, i) => i % every === 0 || named.has(zap.id));
    }
    all.sort((a, b) => a.zap.start_ns - b.zap.start_ns);
    return {
      id: all.map(({ zap }) => Number(zap.id.slice(3))),
      device: all.map(({ d }) => d),
      t: deltas(all.map(({ zap }) => zap.start_ns)),
      d: all.map(({ zap }) => (zap.end_ns === null ? -1 : zap.end_ns - zap.start_ns)),
      u: all.map(({ zap }) => (zap.unblocked_ns === null ? -1 : zap.unblocked_ns - zap.start_ns)),
      cause: all.map(({ zap }) => this.#text(zap.cause)),
      task: all.map(({ zap }) => this.#text(`${zap.comm}-${zap.pid}`)),
      cpu: all.map(({ zap }) => zap.cpu),
      vmas: all.map(({ zap }) => zap.vmas.length),
      pages: all.map(({ zap }) => zap.pages_cleared),
    };
  }

  #marks(cells: readonly Cell[], laneOf: (cell: Cell) => number): MarkColumns {
    const shown = cells.filter((cell) => laneOf(cell) >= 0);
    const single = shown.every((cell) => cell.count === 1);
    return {
      lane: shown.map(laneOf),
      k: shown.map((cell) => MARK_LETTERS[cell.kind]).join(''),
      t: deltas(shown.map((cell) => cell.start)),
      d: shown.map((cell) => Math.round(cell.end - cell.start)),
      n: single ? [] : shown.map((cell) => cell.count),
      cpu: shown.map((cell) => cell.event.cpu),
      task: shown.map(({ event }) => this.#text(`${event.comm}-${event.pid}`)),
      fn: shown.map(({ event }) => this.#text(event.symbol ?? event.name)),
      res: shown.map(({ event }) => this.#text(event.result ?? '')),
      page: shown.map(({ event }) => (event.address === null ? -1 : Number(BigInt(event.address) >> 12n))),
      at: shown.map(({ event }) => event.origin.line ?? event.origin.offset ?? -1),
    };
  }

  #finding(f: FindingRecord): FindingData {
    return {
      id: f.id,
      rule: f.rule,
      severity: f.severity,
      confidence: f.confidence,
      message: f.message,
      vma: f.vma === null ? -1 : (this.#vmaIndex.get(f.vma) ?? -1),
      zap: f.zap,
      pages: f.pages,
      t: f.t_ns,
      exposed: f.exposed_ns,
      ended: f.ended_by,
      fingerprint: f.fingerprint,
      missing: f.missing ?? [],
      evidence: f.evidence.map(evidence),
    };
  }
}

function evidence({ role, t_ns, cpu, comm, pid, text, origin }: Evidence): FindingData['evidence'][number] {
  return { role, t: t_ns, cpu, task: `${comm}-${pid}`, text, at: placeInTrace(origin) || place(origin) };
}

/** Windows of one device as a union; small gaps are closed until there are few enough. */
function merged(windows: { start: number; end: number }[], most: number): { start: number; end: number }[] {
  let gap = 0;
  for (let list = windows; ; gap = gap === 0 ? 64 : gap * 4) {
    const out: { start: number; end: number }[] = [];
    for (const w of list) {
      const last = out.at(-1);
      if (last !== undefined && w.start <= last.end + gap) last.end = Math.max(last.end, w.end);
      else out.push({ ...w });
    }
    if (out.length <= most) return out;
    list = out;
  }
}

function deltas(values: readonly number[]): number[] {
  let before = 0;
  return values.map((value) => {
    const rounded = Math.round(value);
    const difference = rounded - before;
    before = rounded;
    return difference;
  });
}

function numbers(counts: object): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).filter(([, value]) => typeof value === 'number'));
}
