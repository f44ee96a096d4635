import { stat } from 'node:fs/promises';
import type { AnalyzeOptions } from '../analyze.js';
import { defaultSkew } from '../model/order.js';
import { CONTEXT_KINDS, Context } from '../report/explain/context.js';
import { type Group, groups, select } from '../report/explain/groups.js';
import { clockTrust } from '../report/explain/order.js';
import { tell } from '../report/explain/story.js';
import type {
  AnyRecord,
  FindingRecord,
  HeaderRecord,
  SummaryRecord,
  VmaRecord,
  ZapRecord,
} from '../report/records.js';
import { RULES } from '../rules/index.js';
import { openSource, spool } from '../trace/open.js';
import { InputError } from '../trace/reader.js';
import type { ByteSource } from '../trace/source.js';
import { type Analyze, oneByOne } from './engine.js';
import { readLines } from './raw-lines.js';

export interface Explained {
  /** What the user asked for: ids, rules, beginnings of fingerprints; empty: everything. */
  readonly names: readonly string[];
  /** Each finding by itself, also those of one shape. */
  readonly each: boolean;
}

/**
 * Turns the engine into one that explains: the trace is read once for its findings, then again for what surrounds
 * those that are shown, and a text a third time for its lines. A pipe is copied to a temporary file for that.
 */
export function explainer(wanted: Explained): (analyze: Analyze) => Analyze {
  return (analyze) =>
    async function* (source, options) {
      const input = await Reopenable.of(source as string, options.signal);
      try {
        for await (const record of explain(input, analyze, options, wanted)) yield [record];
      } finally {
        await input.close();
      }
    };
}

async function* explain(
  input: Reopenable,
  analyze: Analyze,
  options: AnalyzeOptions,
  wanted: Explained,
): AsyncGenerator<AnyRecord> {
  const found = new Found();
  for await (const record of oneByOne(analyze(input.open(), options))) {
    if (!found.write(record)) yield record;
  }
  const { found: chosen, unknown } = select(found.findings, wanted.names);
  if (unknown.length > 0) throw noSuchFinding(unknown, found.findings, input.name);
  const each = wanted.each || (wanted.names.length > 0 && wanted.names.every((n) => /^f\d+$/i.test(n)));
  const shown = groups(chosen, each);
  const contexts = shown.map(({ shown: f }) => found.context(f));
  if (contexts.length > 0 && !options.signal?.aborted) await surround(contexts, input, analyze, options);
  yield* stories(shown, contexts, found, input, options);
  if (found.summary !== null) yield found.summary;
}

/** What the first reading gave. */
class Found {
  header: HeaderRecord | null = null;
  summary: SummaryRecord | null = null;
  readonly findings: FindingRecord[] = [];
  readonly #vmas = new Map<string, VmaRecord>();
  readonly #zaps = new Map<string, ZapRecord>();

  /** Keeps what the stories are made of; false: the record is none of it. */
  write(record: AnyRecord): boolean {
    if (record.type === 'header') this.header = record;
    else if (record.type === 'finding') this.findings.push(record);
    else if (record.type === 'vma') this.#vmas.set(record.id, record);
    else if (record.type === 'zap') this.#zaps.set(record.id, record);
    else if (record.type === 'summary') this.summary = record;
    return (
      record.type === 'finding' || record.type === 'vma' || record.type === 'zap' || record.type === 'summary'
    );
  }

  context(finding: FindingRecord): Context {
    const vma = finding.vma === null ? undefined : this.#vmas.get(finding.vma);
    const zap = finding.zap === null ? undefined : this.#zaps.get(finding.zap);
    return new Context(finding, vma ?? null, zap ?? null);
  }
}

function noSuchFinding(
  unknown: readonly string[],
  findings: readonly FindingRecord[],
  input: string,
): InputError {
  const known = findings.length === 0 ? 'it has none' : `it has ${some(findings.map((f) => f.id))}`;
  const rules = [...new Set(findings.map((f) => f.rule))].join(', ');
  return new InputError(
    'no-such-finding',
    `${input}: no finding '${unknown.join("', '")}' in this trace; ${known}${rules === '' ? '' : ` (${rules})`}`,
    input,
  );
}

const some = (ids: readonly string[]): string =>
  ids.length <= 6 ? ids.join(', ') : `${ids.slice(0, 3).join(', ')} … ${ids.at(-1)}`;

/** The second reading: only as far as the last story goes, and without the user's filters. */
async function surround(
  contexts: readonly Context[],
  input: Reopenable,
  analyze: Analyze,
  options: AnalyzeOptions,
) {
  const { inputFormat, probeMaps, clock, skew, signal } = options;
  const last = Math.max(...contexts.map((c) => c.to));
  const stop = new AbortController();
  const abort = () => stop.abort();
  signal?.addEventListener('abort', abort, { once: true });
  const records = {
    findings: false,
    vmas: 'none',
    zaps: 'none',
    events: 'mapped',
    kinds: CONTEXT_KINDS,
  } as const;
  const second = { inputFormat, probeMaps, clock, skew, signal: stop.signal, records };
  for await (const record of oneByOne(analyze(input.open(), second))) {
    if (record.type !== 'event') continue;
    for (const context of contexts) context.write(record);
    // Calls are told when they return: a little more than the story's end is needed.
    if (record.t_ns > last && (record.end_ns ?? record.t_ns) > last) stop.abort();
  }
  signal?.removeEventListener('abort', abort);
}

async function* stories(
  shown: readonly Group[],
  contexts: readonly Context[],
  found: Found,
  input: Reopenable,
  options: AnalyzeOptions,
): AsyncGenerator<AnyRecord> {
  const header = found.header;
  if (header === null || shown.length === 0) return;
  const trust = clockTrust(header, (name) => options.skew ?? defaultSkew(options.clock ?? name));
  const clock = options.clock === undefined ? trust : { ...trust, name: options.clock };
  const told = contexts.map((context, i) => tell(context, shown[i].alike, { header, rules: RULES, clock }));
  const numbers = told.flatMap((e) =>
    e.raw.flatMap((r) => (r.origin.line === undefined ? [] : [r.origin.line])),
  );
  const lines = await input.lines(numbers);
  for (const story of told) {
    for (const raw of story.raw) raw.line = lines.get(raw.origin.line ?? -1) ?? null;
    yield story;
  }
}

/** An input that can be read several times. */
class Reopenable {
  private constructor(
    readonly name: string,
    private readonly copy: ByteSource | null,
  ) {}

  static async of(name: string, signal?: AbortSignal): Promise<Reopenable> {
    const regular =
      name !== '-' &&
      (await stat(name).then(
        (s) => s.isFile() && s.size > 0,
        () => true,
      ));
    if (regular) return new Reopenable(name, null);
    const source = await openSource(name);
    return new Reopenable(name, source.path === null ? await spool(source, signal) : source);
  }

  open(): string | ByteSource {
    const { copy } = this;
    return copy === null ? this.name : { ...reading(copy), close: () => Promise.resolve() };
  }

  async lines(numbers: readonly number[]): Promise<Map<number, string>> {
    if (numbers.length === 0) return new Map();
    const source = this.copy ?? (await openSource(this.name));
    try {
      return await readLines(source, numbers);
    } finally {
      if (this.copy === null) await source.close();
    }
  }

  async close(): Promise<void> {
    await this.copy?.close();
  }
}

function reading(source: ByteSource): Omit<ByteSource, 'close'> {
  const { name, path, size, head, damage } = source;
  return { name, path, size, head, damage, chunks: (signal, follow) => source.chunks(signal, follow) };
}
