import { realpathSync } from 'node:fs';
import { formatsOf } from '../report/formats.js';
import type { AnyRecord } from '../report/records.js';
import type { Report } from '../report/report.js';
import type { Cli } from './cli.js';
import { UsageError } from './errors.js';
import { reportContext } from './look.js';
import type { SharedOptions } from './options.js';
import { FileSink, OutputClosed, type Sink, StreamSink } from './output.js';
import type { Run } from './run.js';

interface Pair {
  readonly report: Report;
  readonly sink: Sink;
  /** Takes event records. */
  readonly events: boolean;
}

/** All outputs of one run, fed with the same records. */
export class Reports {
  readonly #pairs: Pair[] = [];

  private constructor() {}

  /** Opens the outputs that `-f` and `-o` ask for. `inputs` must not be among the files written. */
  static async open(cli: Cli, run: Run, inputs: readonly string[]): Promise<Reports> {
    const { command, options, limit } = run;
    const reports = new Reports();
    for (const { name, file } of requests(command, options)) {
      const format = formatsOf(command).find((f) => f.name === name)!;
      if (format.single === true && inputs.length > 1)
        throw new UsageError(`-f ${name} shows one trace; ${inputs.length} are given`);
      const factory = await format.load();
      if (file !== null) refuseInput(file, inputs);
      const sink = file === null ? new StreamSink(cli.stdout) : new FileSink(file);
      const context = { ...reportContext(cli, options, limit, file !== null), ...run.look };
      const events = run.eventsFor?.(format) ?? true;
      reports.#pairs.push({ sink, report: factory(sink, context), events });
    }
    return reports;
  }

  write(record: AnyRecord): void {
    for (const { report, events } of this.#pairs) {
      if (events || record.type !== 'event') report.write(record);
    }
  }

  get full(): boolean {
    return this.#pairs.some(({ sink }) => sink.full);
  }

  async drain(): Promise<void> {
    for (const pair of [...this.#pairs]) await this.#guard(pair, () => pair.sink.drain());
  }

  async end(): Promise<void> {
    for (const pair of [...this.#pairs]) {
      await this.#guard(pair, async () => {
        pair.report.end();
        await pair.sink.end();
      });
    }
  }

  /** An output that nobody reads any more is dropped; the others, files mostly, still get everything. */
  async #guard(pair: Pair, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#pairs.splice(this.#pairs.indexOf(pair), 1);
      if (!(error instanceof OutputClosed) || this.#pairs.length === 0) throw error;
    }
  }
}

/** `-f table -f json=out.json -o x` → which format goes where; null is standard output. */
export function requests(command: string, options: SharedOptions): { name: string; file: string | null }[] {
  const formats = options.format ?? [formatsOf(command)[0].name];
  const list = formats.map((text) => {
    const equals = text.indexOf('=');
    if (equals < 0) return { name: text, file: options.output ?? null };
    const file = text.slice(equals + 1);
    if (file === '') throw new UsageError(`-f ${text}: a file name must follow '='`);
    return { name: text.slice(0, equals), file };
  });
  const targets = list.map((r) => r.file ?? '-');
  const double = targets.find((target, i) => targets.indexOf(target) !== i);
  if (double !== undefined) {
    const where = double === '-' ? 'standard output' : `'${double}'`;
    throw new UsageError(`two formats would go to ${where}; give one a file: -f ${list.at(-1)!.name}=FILE`);
  }
  return list;
}

function refuseInput(file: string, inputs: readonly string[]): void {
  const real = (path: string) => {
    try {
      return realpathSync(path);
    } catch {
      return null;
    }
  };
  const target = real(file);
  if (target !== null && inputs.some((input) => real(input) === target)) {
    throw new UsageError(`the output '${file}' is one of the traces to read`);
  }
}
