/**
 * Reads a trace.dat or perf.data a few times with nothing wanted and with the first four fields of every event, and
 * runs its peer (`trace-cmd report`, `perf script`) in the same run, so that the ratios hold whatever else the
 * machine does.
 *
 *     node build/bench/binary.js FILE [--runs 5] [--no-peer]
 */
import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { EventDecl, Interest, TraceRecord, TraceSink } from '../src/trace/record.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    runs: { type: 'string', default: '5' },
    'no-peer': { type: 'boolean', default: false },
    /** How the processes that are measured are started. */
    fields: { type: 'string' },
  },
});
const [path] = positionals;
const perf = path.endsWith('.data');

/** Looks at what it gets, so that nothing can be optimised away. */
class Sink implements TraceSink {
  records = 0;
  sum = 0.5;

  constructor(readonly fields: number) {}

  declare(decl: EventDecl): Interest | null {
    if (this.fields === 0) return null;
    const kind = (name: string) =>
      /vma|mm|vmf|root|tlb|mapping/.test(name) ? 'pointer' : /addr|start|end/.test(name) ? 'page' : 'number';
    const wanted = decl.fields.slice(0, this.fields);
    const fields = wanted.map((name, field) => ({ field, slot: field, kind: kind(name) }) as const);
    return { fields, wantText: false, wantFields: false };
  }

  record(record: TraceRecord): void {
    this.records++;
    this.sum += record.args[record.base] + record.t;
  }

  lost(): void {}
}

/** In a process of its own: prints ms, records and peak memory. */
async function once(fields: number): Promise<void> {
  const format = perf
    ? (await import('../src/trace/perfdata/format.js')).perfDataFormat
    : (await import('../src/trace/dat/format.js')).traceDatFormat;
  const sink = new Sink(fields);
  const source = { name: path, path, size: statSync(path).size, head: new Uint8Array(0) };
  const start = performance.now();
  const reader = format.open({ ...source, chunks: () => (async function* () {})(), close: async () => {} });
  await reader.read(sink);
  const ms = performance.now() - start;
  console.log(JSON.stringify({ ms, records: reader.info.records, peak: process.resourceUsage().maxRSS }));
}

interface Result {
  ms: number;
  records: number;
  peak: number;
}

function child(fields: number): Result {
  const run = spawnSync(process.execPath, [process.argv[1], path, '--fields', String(fields)], {
    encoding: 'utf8',
  });
  return JSON.parse(run.stdout);
}

function peer(): number {
  const [command, ...args] = perf ? ['perf', 'script', '-i', path] : ['trace-cmd', 'report', path];
  const start = performance.now();
  const run = spawnSync(command, args, { stdio: ['ignore', 'ignore', 'ignore'] });
  return run.error === undefined ? performance.now() - start : Number.NaN;
}

if (values.fields !== undefined) await once(Number(values.fields));
else {
  const runs = Number(values.runs);
  const median = (list: number[]) => list.sort((a, b) => a - b)[list.length >> 1];
  const results: Record<string, number[]> = { none: [], four: [], peer: [] };
  let last: Result | undefined;
  for (let i = 0; i < runs; i++) {
    results.none.push(child(0).ms);
    last = child(4);
    results.four.push(last.ms);
    if (!values['no-peer']) results.peer.push(peer());
  }
  const [none, four, other] = [median(results.none), median(results.four), median(results.peer)];
  console.log(`${path}: ${last?.records} records, peak ${Math.round((last?.peak ?? 0) / 1024)} MB`);
  console.log(`nothing wanted ${none.toFixed(0)} ms, four fields of every event ${four.toFixed(0)} ms`);
  if (results.peer.length > 0)
    console.log(
      `${perf ? 'perf script' : 'trace-cmd report'} ${other.toFixed(0)} ms: ${(other / none).toFixed(1)} and ${(other / four).toFixed(1)} times`,
    );
}
