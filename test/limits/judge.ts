import { readFileSync } from 'node:fs';
import { type AnalyzeOptions, analyze } from '../../src/analyze.js';
import type {
  AnyRecord,
  FindingRecord,
  SummaryRecord,
  Verdict,
  VmaRecord,
} from '../../src/report/records.js';
import { openSource } from '../../src/trace/open.js';
import { InputError } from '../../src/trace/reader.js';
import type { ByteSource } from '../../src/trace/source.js';
import { bytesSource, fixture } from '../helpers.js';

/** `ZAPTRACE_RUNS=100`: a hundred times as many cases; `ZAPTRACE_SEED`: other ones. */
const TIMES = Number(process.env.ZAPTRACE_RUNS ?? 1);
const SEED = Number(process.env.ZAPTRACE_SEED ?? 20_260_630);

/** Parameters of fast-check for `n` cases; the same ones in every run unless the environment says otherwise. */
export const cases = (n: number): { seed: number; numRuns: number; includeErrorInReport: boolean } => ({
  seed: SEED,
  includeErrorInReport: true,
  numRuns: Math.max(1, Math.round(n * TIMES)),
});

export interface Judged {
  /** Null: refused with an InputError. */
  verdict: Verdict | null;
  records: AnyRecord[];
  findings: FindingRecord[];
  vmas: Map<string, VmaRecord>;
  reasons: readonly string[];
  counts: SummaryRecord['counts'] | null;
}

/** What the whole engine makes of an input. Anything but an InputError is a crash and is thrown on. */
export async function judge(source: string | ByteSource, options: AnalyzeOptions = {}): Promise<Judged> {
  const records: AnyRecord[] = [];
  const findings: FindingRecord[] = [];
  const vmas = new Map<string, VmaRecord>();
  let summary: SummaryRecord | null = null;
  try {
    for await (const record of analyze(source, options)) {
      records.push(record);
      if (record.type === 'finding') findings.push(record);
      else if (record.type === 'vma') vmas.set(record.id, record);
      else if (record.type === 'summary') summary = record;
    }
  } catch (error) {
    if (error instanceof InputError)
      return { verdict: null, records, findings, vmas, reasons: [error.message], counts: null };
    throw error;
  }
  if (summary === null) throw new Error('records without a summary');
  return {
    verdict: summary.verdict,
    records,
    findings,
    vmas,
    reasons: summary.reasons,
    counts: summary.counts,
  };
}

/** Judges text, given in chunks of `chunk` bytes. */
export const judgeText = (
  text: string | Buffer,
  chunk = 1 << 20,
  options?: AnalyzeOptions,
): Promise<Judged> => judge(bytesSource(text, chunk), options);

export const confirmedErrors = (judged: Judged): FindingRecord[] =>
  judged.findings.filter((f) => f.severity === 'error' && f.confidence === 'confirmed');

/** A finding by what it says of the kernel, without the numbers that this run gave to VMAs and zaps. */
export function identity(finding: FindingRecord, judged: Judged): string {
  const vma = finding.vma === null ? undefined : judged.vmas.get(finding.vma);
  return [finding.rule, vma?.pointer, vma?.start, finding.address, finding.pages, finding.ts].join(' ');
}

/** Bytes of a capture, decompressed. */
export async function bytesOf(name: string): Promise<Buffer> {
  if (/\.(dat|data)$/.test(name)) return readFileSync(fixture(name));
  const source = await openSource(fixture(name));
  const parts: Buffer[] = [];
  for await (const chunk of source.chunks()) parts.push(Buffer.from(chunk));
  await source.close();
  return Buffer.concat(parts);
}

/** Lines of a text capture, without their ends. */
export async function linesOf(name: string): Promise<string[]> {
  return (await bytesOf(name)).toString('latin1').split('\n').slice(0, -1);
}

export const textOf = (lines: readonly string[]): Buffer => Buffer.from(`${lines.join('\n')}\n`, 'latin1');

/** Text captures by the verdict that the page tables bear out. */
export const CLEAN = [
  'captures/6.12-zaprace-correct/tc331.report.txt.zst',
  'captures/6.12-vfio-basic/tc331v6.report.txt',
  'captures/6.12-fprobe-basic/tc331.trace_pipe.txt',
  'captures/6.1-vfio-basic/perf61.script.txt',
  'captures/7.3-vfio-basic/tc34mono.trace_pipe.txt',
];
export const VIOLATION = [
  'captures/6.12-zaprace-mmap-leak/tc331.report.txt.zst',
  'captures/6.12-zaprace-mmap-leak/tc316.tracefs-trace.txt.zst',
  'captures/6.12-zaprace-mmap-leak/perf61.script-ns.txt.zst',
  'captures/6.12-zaprace-stray-fault/tc331.report.txt.zst',
  'captures/7.3-zaprace-mmap-prepare/tc34mono.trace_pipe.txt.zst',
];
