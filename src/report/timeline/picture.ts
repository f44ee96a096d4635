import type {
  AnyRecord,
  EventRecord,
  FindingRecord,
  HeaderRecord,
  SummaryRecord,
  VmaRecord,
  ZapRecord,
} from '../records.js';
import { type Cell, Cells, type MarkKind } from './cells.js';

/** A device and what belongs to it; `name` is null for VMAs and zaps whose device the trace does not tell. */
export interface DevicePicture {
  readonly name: string | null;
  readonly zaps: ZapRecord[];
  readonly vmas: VmaRecord[];
}

/** Everything that a timeline of one trace shows, in bounded memory. */
export interface Picture {
  readonly header: HeaderRecord;
  readonly summary: SummaryRecord | null;
  readonly devices: readonly DevicePicture[];
  readonly findings: readonly FindingRecord[];
  /** Findings by the id of their VMA. */
  readonly findingsOf: ReadonlyMap<string, FindingRecord[]>;
  readonly marks: readonly Cell[];
  readonly cpus: readonly Cell[];
  /** Bins of the marks in ns; 0: every event is shown by itself. */
  readonly binOfMarks: number;
  readonly binOfCpus: number;
  /** First and last moment that is shown, ns since the trace's first record. */
  readonly start: number;
  readonly end: number;
}

export interface PictureOptions {
  /** Most marks on VMAs, and most on CPUs. */
  readonly marks: number;
  /** Span that the user asked for, ns since the trace's first record. */
  readonly since?: number;
  readonly until?: number;
}

/** Kinds of events that a picture shows. */
export const DRAWN: readonly string[] = [
  'install',
  'fault',
  'visit',
  'zap',
  'access',
  'mmap',
  'sys-munmap',
  'sys-mremap',
  'fork',
  'mremap',
];

/** What an event is on the lane of its VMA and on that of its CPU. */
function kindOf(event: EventRecord): MarkKind | null {
  switch (event.kind) {
    case 'install':
      return failed(event.result) ? null : 'install';
    case 'fault':
      return event.result?.includes('SIGBUS') ? 'refused' : null;
    case 'visit':
    case 'zap':
    case 'access':
      return event.kind;
    case 'mmap':
    case 'sys-munmap':
    case 'sys-mremap':
    case 'fork':
    case 'mremap':
      return 'map';
    default:
      return null;
  }
}

const failed = (result: string | null): boolean =>
  result !== null && /^-|SIGBUS|OOM|FALLBACK|RETRY/.test(result);

/** Takes the records of one trace and makes its picture. */
export class PictureBuilder {
  readonly #header: HeaderRecord;
  readonly #options: PictureOptions;
  readonly #marks: Cells;
  readonly #cpus: Cells;
  readonly #devices = new Map<string | null, DevicePicture>();
  readonly #findings: FindingRecord[] = [];
  #last = 0;
  #first = Number.POSITIVE_INFINITY;

  constructor(header: HeaderRecord, options: PictureOptions) {
    this.#header = header;
    this.#options = options;
    this.#marks = new Cells(options.marks);
    this.#cpus = new Cells(options.marks);
  }

  write(record: AnyRecord): void {
    switch (record.type) {
      case 'event':
        this.#event(record);
        break;
      case 'vma':
        this.#device(record.device).vmas.push(record);
        this.#saw(
          record.created_ns ?? record.linked_ns ?? record.epochs[0]?.start_ns,
          record.removed_ns ?? record.epochs.at(-1)?.start_ns,
        );
        break;
      case 'zap':
        this.#device(record.device).zaps.push(record);
        this.#saw(record.start_ns, record.unblocked_ns ?? record.end_ns);
        break;
      case 'finding':
        this.#findings.push(record);
        this.#saw(record.t_ns, record.t_ns + (record.exposed_ns ?? 0));
        for (const e of record.evidence) this.#saw(e.t_ns, e.t_ns);
        break;
    }
  }

  #event(event: EventRecord): void {
    const kind = kindOf(event);
    if (kind === null) return;
    // Pointers are VMAs that map no device; zaps without one are those of files.
    const hasLane = event.vma?.startsWith('vma') === true;
    if (hasLane && kind !== 'map') this.#marks.add(event.vma!, kind, event);
    if (kind !== 'visit' && (hasLane || event.device !== null))
      this.#cpus.add(`cpu${event.cpu}`, kind, event);
  }

  #device(name: string | null): DevicePicture {
    let device = this.#devices.get(name);
    if (device === undefined) this.#devices.set(name, (device = { name, zaps: [], vmas: [] }));
    return device;
  }

  #saw(from: number | null | undefined, to: number | null | undefined): void {
    if (from !== null && from !== undefined) this.#first = Math.min(this.#first, from);
    if (to !== null && to !== undefined) this.#last = Math.max(this.#last, to);
  }

  picture(summary: SummaryRecord | null): Picture {
    const { since, until } = this.#options;
    const first = Number.isFinite(this.#first) ? this.#first : 0;
    const last = Math.max(this.#last, first);
    // A little air at both ends, so that the first and the last event do not stick to the frame.
    const air = (last - first) * 0.01;
    const start = since ?? Math.max(0, first - air);
    const end = until ?? last + air;
    const byVma = new Map<string, FindingRecord[]>();
    for (const f of this.#findings) {
      const list = byVma.get(f.vma ?? '');
      if (list === undefined) byVma.set(f.vma ?? '', [f]);
      else list.push(f);
    }
    for (const device of this.#devices.values()) {
      device.vmas.sort((a, b) => number(a.id) - number(b.id));
      device.zaps.sort((a, b) => a.start_ns - b.start_ns);
    }
    return {
      header: this.#header,
      summary,
      devices: [...this.#devices.values()].sort((a, b) => rank(a) - rank(b)),
      findings: this.#findings,
      findingsOf: byVma,
      marks: this.#marks.list(),
      cpus: this.#cpus.list(),
      binOfMarks: this.#marks.width,
      binOfCpus: this.#cpus.width,
      start,
      end: end > start ? end : start + 1,
    };
  }
}

const number = (id: string): number => Number(id.replace(/^\D+/, ''));
const rank = (device: DevicePicture): number => (device.name === null ? 1 : 0);

/** The pictures of a stream of records, one per trace. */
export class Pictures {
  #builder: PictureBuilder | null = null;

  constructor(
    private readonly options: (header: HeaderRecord) => PictureOptions,
    private readonly done: (picture: Picture) => void,
  ) {}

  write(record: AnyRecord): void {
    if (record.type === 'header') {
      this.end();
      this.#builder = new PictureBuilder(record, this.options(record));
    } else if (record.type === 'summary') {
      this.#finish(record);
    } else this.#builder?.write(record);
  }

  /** A trace that never got its summary is shown as far as it was read. */
  end(): void {
    this.#finish(null);
  }

  #finish(summary: SummaryRecord | null): void {
    const builder = this.#builder;
    this.#builder = null;
    if (builder !== null) this.done(builder.picture(summary));
  }
}
