import { cut, displayWidth, pad } from '../explain/width.js';
import type { VmaRecord, ZapRecord } from '../records.js';
import type { ReportContext } from '../report.js';
import { printable } from '../sanitize.js';
import { count, duration, units } from '../text.js';
import { ticks, timeBase } from './axis.js';
import type { MarkKind } from './cells.js';
import { ASCII, COLOUR, type Glyphs, LEGEND, UNICODE } from './glyphs.js';
import type { DevicePicture, Picture } from './picture.js';
import { STATES, spansOf } from './spans.js';

/** More changes than this in one column cannot be told apart. */
const BUSY = 3;

/** The lanes of one trace as lines of text. */
export class Canvas {
  readonly #glyphs: Glyphs;
  readonly #label: number;
  readonly #columns: number;
  readonly #used = new Set<keyof Glyphs>();
  readonly #withTask: boolean;
  /** Marks by lane, for the columns they fall into. */
  readonly #marks = new Map<string, Map<number, MarkKind>>();

  constructor(
    private readonly picture: Picture,
    private readonly context: ReportContext,
  ) {
    this.#glyphs = context.unicode ? UNICODE : ASCII;
    this.#withTask = context.width >= 110;
    const labels = picture.devices.flatMap((d) => [
      this.#deviceLabel(d),
      ...d.vmas.map((v) => this.#vmaLabel(v)),
    ]);
    const longest = Math.max(8, ...labels.map(displayWidth));
    this.#label = Math.min(longest, Math.floor(context.width * 0.45)) + 1;
    this.#columns = context.width - this.#label - 1;
    for (const cell of picture.marks) this.#mark(cell.lane, cell.kind, cell.start);
  }

  lines(): string[] {
    const out = this.#axis();
    for (const device of this.picture.devices) {
      out.push(...this.#device(device));
    }
    return [...out, '', ...this.#legend()];
  }

  /** The latest wins, but a refused fault never hides an install. */
  #mark(lane: string, kind: MarkKind, t: number): void {
    if (kind !== 'install' && kind !== 'refused') return;
    const column = this.#column(t);
    if (column === null) return;
    let marks = this.#marks.get(lane);
    if (marks === undefined) this.#marks.set(lane, (marks = new Map()));
    if (marks.get(column) !== 'install') marks.set(column, kind);
  }

  #column(t: number): number | null {
    const { start, end } = this.picture;
    if (t < start || t > end) return null;
    return Math.min(this.#columns - 1, Math.floor(((t - start) / (end - start)) * this.#columns));
  }

  #axis(): string[] {
    const { start, end, header } = this.picture;
    const { unicode, style } = this.context;
    const time = timeBase(header);
    let most = Math.max(2, Math.floor(this.#columns / 9));
    let list = ticks(start, end, most, time);
    const longest = () => Math.max(...list.map((t) => t.label.length), 0);
    while (
      most > 1 &&
      list.length > 1 &&
      longest() + 2 > (this.#columns / (end - start)) * (list[1].t - list[0].t)
    ) {
      list = ticks(start, end, --most, time);
    }
    const labels = new Array<string>(this.#columns + this.#label).fill(' ');
    const line = new Array<string>(this.#columns).fill(unicode ? '─' : '-');
    for (const tick of list) {
      const column = this.#column(tick.t)!;
      line[column] = unicode ? '┴' : '+';
      const at = Math.max(0, Math.min(this.#label + column, this.context.width - 1 - tick.label.length));
      [...tick.label].forEach((c, i) => {
        labels[at + i] = c;
      });
    }
    const unit = time.unit === 'count' ? 'ticks' : 'seconds';
    for (let i = 0; i < unit.length && labels[i] === ' '; i++) labels[i] = unit[i];
    return [labels.join('').trimEnd(), `${' '.repeat(this.#label)}${style.dim(line.join(''))}`];
  }

  #device(device: DevicePicture): string[] {
    const shown = this.context.limit > 0 ? device.vmas.slice(0, this.context.limit) : device.vmas;
    const hidden = device.vmas.length - shown.length;
    const lines = [
      this.#row(this.#deviceLabel(device), this.#windows(device.zaps), this.context.style.bold),
      ...shown.map((vma) => this.#row(this.#vmaLabel(vma), this.#vma(vma), (text) => text)),
    ];
    const dots = this.context.unicode ? '…' : '...';
    if (hidden > 0)
      lines.push(
        this.context.style.unsure(
          `${dots} ${count(hidden, 'more VMA')} left out (--limit 0 shows all ${device.vmas.length})`,
        ),
      );
    return lines;
  }

  #row(label: string, cells: readonly (keyof Glyphs)[], paint: (text: string) => string): string {
    const { style } = this.context;
    let track = '';
    for (let i = 0; i < cells.length; ) {
      let n = 1;
      while (cells[i + n] === cells[i]) n++;
      this.#used.add(cells[i]);
      track += COLOUR[cells[i]](style)(this.#glyphs[cells[i]].repeat(n));
      i += n;
    }
    return `${paint(pad(cut(label, this.#label - 1), this.#label))}${track}`.trimEnd();
  }

  #deviceLabel({ name }: DevicePicture): string {
    return name === null ? 'unknown device' : printable(name);
  }

  /** `  vma2 7f3e6c155000+8`. */
  #vmaLabel(v: VmaRecord): string {
    const where = v.start === null ? v.pointer : v.start.slice(2);
    const pages = v.start === null || v.end === null ? '' : `+${(BigInt(v.end) - BigInt(v.start)) / 4096n}`;
    const task = this.#withTask ? ` ${v.comm}-${v.pid}` : '';
    return printable(`  ${v.id} ${where}${pages}${task}`);
  }

  /** Blocked windows of a device, and where its zaps began. */
  #windows(zaps: readonly ZapRecord[]): (keyof Glyphs)[] {
    const cells = new Array<keyof Glyphs>(this.#columns).fill('none');
    for (const zap of zaps)
      this.#fill(
        zap.start_ns,
        zap.unblocked_ns ?? zap.end_ns ?? this.picture.end,
        (i) => (cells[i] = 'window'),
      );
    const starts = this.#counts(zaps.map((zap) => zap.start_ns));
    starts.forEach((n, i) => {
      if (n > 0) cells[i] = n > BUSY ? 'busy' : 'zap';
    });
    return cells;
  }

  #vma(vma: VmaRecord): (keyof Glyphs)[] {
    const { picture } = this;
    const ranks = new Array<number>(this.#columns).fill(STATES.length);
    const spans = spansOf(vma, picture.findingsOf.get(vma.id) ?? [], picture.start, picture.end);
    for (const span of spans) {
      const rank = STATES.indexOf(span.state);
      this.#fill(span.start, span.end, (i) => (ranks[i] = Math.min(ranks[i], rank)));
    }
    const cells = ranks.map((rank): keyof Glyphs => STATES[rank] ?? 'none');
    const isStray = (column: number) => cells[column] === 'stray' || cells[column] === 'maybe';
    this.#counts(spans.filter((span) => span.state === 'populated').map((span) => span.start)).forEach(
      (n, i) => {
        if (n > BUSY && !isStray(i)) cells[i] = 'busy';
      },
    );
    const put = (column: number | null, glyph: keyof Glyphs) => {
      if (column !== null && !isStray(column) && cells[column] !== 'busy') cells[column] = glyph;
    };
    const link = vma.linked_ns === null ? null : this.#column(vma.linked_ns);
    const late = link !== null && link !== this.#column(vma.created_ns ?? vma.linked_ns ?? 0);
    if (late) put(link, 'linked');
    for (const [column, kind] of this.#marks.get(vma.id) ?? []) put(column, kind as 'install' | 'refused');
    // The moment that the zap came too early for stays to be seen in a stray lane.
    if (late && isStray(link)) cells[link] = 'linked';
    return cells;
  }

  /** How many of these moments fall into each column. */
  #counts(moments: readonly number[]): number[] {
    const counts = new Array<number>(this.#columns).fill(0);
    for (const t of moments) {
      const column = this.#column(t);
      if (column !== null) counts[column]++;
    }
    return counts;
  }

  #fill(from: number, to: number, set: (column: number) => void): void {
    const { start, end } = this.picture;
    if (to < start || from > end) return;
    const last = this.#column(Math.min(to, end))!;
    for (let i = this.#column(Math.max(from, start))!; i <= last; i++) set(i);
  }

  #legend(): string[] {
    const { style, width, unicode } = this.context;
    const lines: string[][] = [[]];
    let used = 0;
    for (const [glyph, name] of LEGEND.filter(([g]) => this.#used.has(g))) {
      const size = 4 + name.length;
      if (used + size > width && used > 0) {
        lines.push([]);
        used = 0;
      }
      used += size;
      lines.at(-1)!.push(`${COLOUR[glyph](style)(this.#glyphs[glyph])} ${name}`);
    }
    const out = lines.map((items) => items.join('  '));
    if (this.#used.has('busy')) {
      const column = (this.picture.end - this.picture.start) / this.#columns;
      const length =
        timeBase(this.picture.header).unit === 'count'
          ? `${Math.round(column)} ticks`
          : units(duration(Math.round(column)), unicode);
      out.push(`A column is ${length}: zoom in with --since and --until.`);
    }
    return out;
  }
}
