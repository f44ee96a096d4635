import { Analysis } from './analysis.js';
import { FaultRecords } from './fault-records.js';
import type { Vma } from './model/vma.js';
import type { Zap } from './model/zap.js';
import type { ProbeMap } from './probes/map.js';
import { BUILTIN_MAPS } from './probes/maps/index.js';
import { kindName } from './probes/roles.js';
import { RecordQueue } from './record-queue.js';
import { Converter } from './report/convert.js';
import { Filter } from './report/filter.js';
import { OtherEvents } from './report/other-events.js';
import type { AnyRecord } from './report/records.js';
import { SCHEMA } from './report/records.js';
import { RULES } from './rules/index.js';
import { openSource } from './trace/open.js';
import type { FormatName, TraceReader } from './trace/reader.js';
import { openTrace } from './trace/registry.js';
import type { ByteSource } from './trace/source.js';
import { VERSION } from './version.js';

/** What to read, what to judge and which records to give. All the command line's analysis goes through here. */
export interface AnalyzeOptions {
  /** Force a format instead of sniffing. */
  inputFormat?: FormatName;
  /** Further probe maps, parsed and validated. */
  probeMaps?: readonly unknown[];
  /** trace_clock name, overrides what the trace says. */
  clock?: string;
  /** Clock uncertainty between CPUs in ns; default by clock. */
  skew?: number;
  /** Only these rules. */
  rules?: readonly string[];
  minConfidence?: 'confirmed' | 'possible';
  device?: string;
  vma?: string;
  pid?: readonly number[];
  comm?: string;
  /** Absolute times as the trace prints them, or `+seconds` from its start. */
  since?: string;
  until?: string;
  /** Which records: check = findings and what they name; timeline = all VMAs and zaps; events = events. */
  records?: {
    findings?: boolean;
    vmas?: 'named' | 'all' | 'none';
    zaps?: 'named' | 'all' | 'none';
    events?: 'none' | 'mapped' | 'all';
    /** Of the mapped events only these kinds: the others cost nothing. */
    kinds?: readonly string[];
    /** Fault statistics: how well every VMA was mapped, and what every zap cost. */
    faults?: boolean;
  };
  signal?: AbortSignal;
  follow?: boolean;
  /** Have a second thread decompress a trace.dat; default: where it pays. */
  secondThread?: boolean;
  /** Called before an input is copied to a temporary file: its format is read by position, and it is a pipe or compressed. */
  copying?: (format: FormatName) => void;
  progress?: (p: {
    bytes: number;
    size: number | null;
    events: number;
    lost: number;
    findings: number;
  }) => void;
}

/**
 * Reads one trace and gives its records: header, then events, findings, VMAs and zaps as they are decided, then
 * diagnostics and the summary. Throws InputError when nothing can be read. The consumer sets the pace.
 */
export async function* analyze(
  source: string | ByteSource,
  options: AnalyzeOptions = {},
): AsyncGenerator<AnyRecord, void, undefined> {
  for await (const batch of analyzeBatches(source, options)) yield* batch;
}

/** The same, as many records at a time as there are: never none. */
export async function* analyzeBatches(
  source: string | ByteSource,
  options: AnalyzeOptions = {},
): AsyncGenerator<AnyRecord[], void, undefined> {
  const opened = typeof source === 'string' ? await openSource(source, options.signal) : checked(source);
  try {
    let copied = false;
    const reader = await openTrace(opened, options.inputFormat, {
      signal: options.signal,
      onSpool: (format) => {
        copied = true;
        options.copying?.(format);
      },
    });
    const queue = new RecordQueue<AnyRecord>();
    // An abort while a pipe was copied has ended the pipe: what came through it is read whole.
    const ended = copied && options.signal?.aborted === true;
    const done = run(opened, reader, options, queue, ended).then(
      () => queue.end(),
      (error) => queue.fail(error),
    );
    try {
      yield* queue;
    } finally {
      queue.abandon();
      await done;
    }
  } finally {
    await opened.close();
  }
}

/** Callers without types may give anything: a stream, a Buffer. */
function checked(source: ByteSource): ByteSource {
  if (typeof source?.chunks === 'function') return source;
  const found = Object.prototype.toString.call(source).slice('[object '.length, -1);
  throw new TypeError(`analyze: expected the name of a file ("-" is standard input), found ${found}`);
}

async function run(
  source: ByteSource,
  reader: TraceReader,
  options: AnalyzeOptions,
  queue: RecordQueue<AnyRecord>,
  ended: boolean,
): Promise<void> {
  const { info } = reader;
  const wanted = {
    findings: true,
    vmas: 'named',
    zaps: 'named',
    events: 'none',
    faults: false,
    ...options.records,
  } as const;
  const kinds = options.records?.kinds === undefined ? null : new Set(options.records.kinds);
  const convert = new Converter(source.name, info);
  const filter = new Filter(options, convert);
  const rules =
    options.rules === undefined ? RULES : RULES.filter((rule) => options.rules?.includes(rule.id));
  let findings = 0;
  let headed = false;
  const emit = (record: AnyRecord): void => {
    if (!headed) {
      headed = true;
      queue.push(headerOf(source, reader));
    }
    queue.push(record);
  };
  const world = () => analysis.model.world;
  const tellVma = (vma: Vma): void => {
    if (vma.told || wanted.vmas === 'none' || (wanted.vmas === 'named' && !vma.named)) return;
    vma.told = true;
    if (filter.vma(vma)) emit(convert.vma(vma));
  };
  const tellZap = (zap: Zap): void => {
    if (zap.told || wanted.zaps === 'none' || (wanted.zaps === 'named' && !zap.named)) return;
    zap.told = true;
    if (filter.zap(zap)) emit(convert.zap(zap));
  };
  const analysis: Analysis = new Analysis({
    info,
    maps: [...BUILTIN_MAPS, ...((options.probeMaps ?? []) as ProbeMap[])],
    rules,
    rulesChosen: options.rules !== undefined,
    clock: options.clock,
    skew: options.skew,
    keepEpochs: wanted.vmas === 'all',
    finding: (finding) => {
      const confident = options.minConfidence !== 'confirmed' || finding.confidence === 'confirmed';
      if (!confident || !filter.finding(finding)) return false;
      findings++;
      // A finding that was proven late names what is gone by now.
      if (!finding.vma.alive) tellVma(finding.vma);
      if (finding.zap !== null && !Number.isNaN(finding.zap.unblocked)) tellZap(finding.zap);
      if (wanted.findings) emit(convert.finding(finding));
      return true;
    },
    vma: (vma) => {
      tellVma(vma);
      faults?.vma(vma);
    },
    zap: (zap) => {
      tellZap(zap);
      faults?.zap(zap);
    },
    event:
      wanted.events === 'none' && !wanted.faults
        ? undefined
        : (event) => {
            faults?.event(event);
            if (wanted.events === 'none') return;
            if (kinds !== null && !kinds.has(kindName(event.kind))) return;
            const vma = event.vma === 0 ? undefined : world().vmas.get(event.vma);
            const device =
              vma?.device ?? world().deviceOfPointer(event.device) ?? world().deviceOfMapping(event.mapping);
            const record = convert.event(event, device, vma ?? null);
            if (filter.event(record)) emit(record);
          },
    others:
      wanted.events === 'all'
        ? new OtherEvents(convert, (record) => filter.event(record) && emit(record))
        : undefined,
  });
  const faults = wanted.faults
    ? new FaultRecords({ world: world(), convert, filter, since: options.since, until: options.until, emit })
    : null;
  await reader.read(analysis, {
    signal: queue.signal(ended ? undefined : options.signal),
    follow: options.follow,
    secondThread: options.secondThread,
    pause: () => {
      if (options.follow) analysis.flush();
      return queue.pause();
    },
    progress: (bytes) =>
      options.progress?.({
        bytes,
        size: source.size,
        events: analysis.events,
        lost: analysis.lostEvents,
        findings,
      }),
  });
  faults?.end();
  const outcome = analysis.finish(options.signal?.aborted === true && options.follow !== true);
  faults?.finish(analysis.lostEvents);
  for (const diagnostic of info.diagnostics) {
    const { code, severity, message, count, origin } = diagnostic;
    emit({
      type: 'diagnostic',
      code,
      severity,
      message,
      count,
      origin: origin < 0 ? null : convert.origin(origin),
    });
  }
  emit({
    type: 'summary',
    input: source.name,
    verdict: outcome.verdict,
    reasons: outcome.reasons,
    coverage: Object.fromEntries(outcome.coverage),
    advice: Object.fromEntries(
      [...outcome.advice]
        .filter(([, advice]) => advice.length > 0)
        .map(([id, advice]) => [id, advice.join('; ')]),
    ),
    counts: {
      records: info.records,
      events: analysis.events,
      lost: analysis.lostEvents,
      unparsed: info.unparsed,
      vmas: analysis.vmas,
      zaps: analysis.zaps,
      installs: analysis.installs,
      findings: analysis.findings,
    },
  });
}

function headerOf(source: ByteSource, reader: TraceReader): AnyRecord {
  const { info } = reader;
  const { clock } = info;
  return {
    type: 'header',
    schema: SCHEMA,
    version: VERSION,
    input: source.name,
    format: info.format,
    clock: clock.name,
    base: clock.base === null ? null : clock.text(0),
  };
}

export type { AnyRecord, ByteSource };
