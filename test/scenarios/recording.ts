import type { AnalysisOptions } from '../../src/analysis.js';
import { Analysis } from '../../src/analysis.js';
import type { Fact } from '../../src/model/facts.js';
import type { Vma } from '../../src/model/vma.js';
import type { Zap } from '../../src/model/zap.js';
import { BUILTIN_MAPS } from '../../src/probes/maps/index.js';
import type { RuleCoverage } from '../../src/rules/coverage.js';
import type { Finding } from '../../src/rules/finding.js';
import { RULES } from '../../src/rules/index.js';
import type { Verdict } from '../../src/rules/verdict.js';
import { Clock } from '../../src/trace/clock.js';
import { PointerTable } from '../../src/trace/pointers.js';
import type { TraceInfo } from '../../src/trace/reader.js';
import type { DeclShape, FieldKind, Loss, TraceSink } from '../../src/trace/record.js';
import { TraceRecord } from '../../src/trace/record.js';

/** One line of a trace: an event with its fields, in ns. Kernel pointers and addresses are bigints or exact numbers. */
export interface Line {
  t: number;
  cpu: number;
  pid: number;
  comm: string;
  name: string;
  symbol: string | null;
  isReturn: boolean | null;
  shape: DeclShape;
  fields: Record<string, bigint | number>;
  text?: string;
}

/** A mark of lost events: before the records of `cpu` that follow it. */
export interface LossMark {
  t: number;
  cpu: number;
  lost: number;
  where: Loss['where'];
}

export type Item = Line | LossMark;

export const isLoss = (item: Item): item is LossMark => 'lost' in item;

/** How the trace was made, and how it is judged. */
export interface Recording {
  /** Findings are asked for after each record, as with --follow. */
  live?: boolean;
  /** trace_clock name; `mono` unless told otherwise. */
  clock?: string | null;
  /** 6: times are rounded to µs, as text has them by default. */
  digits?: 6 | 9;
  skew?: number;
  rules?: readonly string[];
  maps?: AnalysisOptions['maps'];
  /** Names of events that a trace.dat describes; none: text, which describes nothing. */
  described?: string[];
  /** false: without the VMAs' epochs, as `check` runs. */
  keepEpochs?: boolean;
}

export interface Result {
  verdict: Verdict;
  reasons: string[];
  findings: Finding[];
  coverage: Map<string, RuleCoverage>;
  advice: Map<string, string[]>;
  facts: Fact[];
  vmas: Vma[];
  zaps: Zap[];
  pointers: PointerTable;
  analysis: Analysis;
}

/** In the order of a trace: by time, equal times as they were written down. */
export function inOrder(items: readonly Item[]): Item[] {
  return items
    .map((item, index) => ({ item, index }))
    .sort((a, b) => a.item.t - b.item.t || a.index - b.index)
    .map(({ item }) => item);
}

/** Feeds the lines to the analysis as a reader does: each kind of event declared once, wanted fields as numbers. */
export function feed(sink: TraceSink, items: readonly Item[], pointers: PointerTable, digits: 6 | 9): void {
  const record = new TraceRecord();
  const kinds = new Map<string, ReturnType<TraceSink['declare']>>();
  const from = items.find((item) => !isLoss(item))?.t ?? 0;
  const base = digits === 6 ? micro(from) : from;
  items.forEach((item, index) => {
    if (isLoss(item)) {
      sink.lost({ cpu: item.cpu, count: item.lost, where: item.where, origin: index + 1 });
      return;
    }
    const fields = Object.keys(item.fields);
    const key = [item.name, item.symbol, item.isReturn, item.shape, ...fields].join('|');
    let interest = kinds.get(key);
    if (interest === undefined) {
      const { name, symbol, isReturn, shape } = item;
      interest = sink.declare({ name, system: null, symbol, isReturn, shape, fields });
      kinds.set(key, interest);
    }
    if (interest === null) return;
    record.interest = interest;
    record.t = (digits === 6 ? micro(item.t) : item.t) - base;
    record.cpu = item.cpu;
    record.pid = item.pid;
    record.comm = item.comm;
    record.origin = index + 1;
    record.text = item.text ?? '';
    for (const request of interest.fields) {
      record.args[request.slot] = valueAs(item.fields[fields[request.field]], request.kind, pointers);
    }
    sink.record(record);
  });
}

const micro = (ns: number): number => Math.round(ns / 1000) * 1000;

function valueAs(value: bigint | number, kind: FieldKind, pointers: PointerTable): number {
  const big = BigInt(value);
  switch (kind) {
    case 'number':
      return Number(big);
    case 'page':
      return Number(BigInt.asUintN(64, big) >> 12n);
    case 'pages-up':
      return Number((BigInt.asUintN(64, big) + 4095n) >> 12n);
    case 'low52':
      return Number(BigInt.asUintN(52, big));
    case 'pointer':
      return pointers.intern(Number((big >> 32n) & 0xffffffffn), Number(big & 0xffffffffn));
  }
}

/** Runs a trace, in the order given, through probes, model and rules. */
export function judge(items: readonly Item[], how: Recording = {}): Result {
  const clock = new Clock();
  clock.name = how.clock === undefined ? 'mono' : how.clock;
  clock.digits = how.digits ?? 9;
  clock.rounding = clock.digits === 6 ? 'round' : 'exact';
  clock.base = 0n;
  const pointers = new PointerTable();
  const info: TraceInfo = {
    format: 'tracefs',
    clock,
    pointers,
    records: items.length,
    unparsed: 0,
    origin: 'line',
    release: null,
    diagnostics: [],
    described: how.described && (() => how.described ?? []),
  };
  const run = begin(info, how);
  const { analysis } = run;
  const live: TraceSink = {
    declare: (decl) => analysis.declare(decl),
    record: (record) => {
      analysis.record(record);
      analysis.flush();
    },
    lost: (loss) => analysis.lost(loss),
  };
  feed(how.live ? live : analysis, items, pointers, clock.digits === 6 ? 6 : 9);
  return run.end();
}

/** An analysis of what a reader will give it, and its result after that. */
export function begin(info: TraceInfo, how: Recording = {}): { analysis: Analysis; end: () => Result } {
  const findings: Finding[] = [];
  const vmas: Vma[] = [];
  const zaps: Zap[] = [];
  const facts: Fact[] = [];
  const analysis = new Analysis({
    info,
    maps: how.maps ?? BUILTIN_MAPS,
    rules: how.rules === undefined ? RULES : RULES.filter((rule) => how.rules?.includes(rule.id)),
    rulesChosen: how.rules !== undefined,
    skew: how.skew,
    keepEpochs: how.keepEpochs ?? true,
    finding: (finding) => findings.push(finding) > 0,
    vma: (vma) => vmas.push(vma),
    zap: (zap) => zaps.push(zap),
  });
  const observer = analysis.model.world.observer;
  const fact = observer.fact.bind(observer);
  observer.fact = (f) => {
    facts.push(f);
    fact(f);
  };
  const end = (): Result => ({
    ...analysis.finish(false),
    findings,
    facts,
    vmas,
    zaps,
    pointers: info.pointers,
    analysis,
  });
  return { analysis, end };
}
