import { Model } from './model/model.js';
import { defaultSkew, Order } from './model/order.js';
import type { Vma } from './model/vma.js';
import type { Zap } from './model/zap.js';
import { ProbeCatalog } from './probes/catalog.js';
import { describe } from './probes/describe.js';
import type { MappingEvent, MappingSink } from './probes/event.js';
import { Interpreter } from './probes/interpreter.js';
import type { ProbeMap } from './probes/map.js';
import type { Observed, RuleCoverage } from './rules/coverage.js';
import { gradeRule } from './rules/coverage.js';
import { isAbsence } from './rules/doubts.js';
import type { Finding } from './rules/finding.js';
import { Judge } from './rules/judge.js';
import { type Named, Recorded } from './rules/recorded.js';
import type { Rule } from './rules/rule.js';
import type { Verdict } from './rules/verdict.js';
import { verdictOf } from './rules/verdict.js';
import type { TraceInfo } from './trace/reader.js';
import type { Bracket, EventDecl, Interest, Loss, TraceRecord, TraceSink } from './trace/record.js';
import { UnknownProbes } from './unknown-probes.js';

export interface AnalysisOptions {
  info: TraceInfo;
  maps: readonly ProbeMap[];
  rules: readonly Rule[];
  /** The user named the rules: optional ones count for the verdict. */
  rulesChosen: boolean;
  /** Overrides the trace's clock name, and the uncertainty between CPUs in ns. */
  clock?: string;
  skew?: number;
  keepEpochs: boolean;
  /** A finding to report; returns whether it counts (a filter may leave it out). */
  finding(finding: Finding): boolean;
  vma?(vma: Vma): void;
  zap?(zap: Zap): void;
  /** Every mapping event, when it is complete. */
  event?(event: MappingEvent): void;
  /** Takes the events that no map knows. */
  others?: TraceSink;
}

export interface Outcome {
  verdict: Verdict;
  reasons: string[];
  coverage: Map<string, RuleCoverage>;
  advice: Map<string, string[]>;
}

/** One trace's way through the rooms: records → mapping events → model → rules. Synchronous; the reader pushes. */
export class Analysis implements TraceSink {
  readonly #options: AnalysisOptions;
  readonly #order = new Order(0, 0);
  readonly catalog: ProbeCatalog;
  readonly #judge: Judge;
  readonly #interpreter: Interpreter;
  readonly model: Model;
  readonly #unknownProbes = new UnknownProbes();
  #headerKnown = false;
  #lostInGaps = 0;
  #lostInTotal = 0;
  #lossesMatter = false;
  #vmasWithoutDevice = 0;
  #midlifeVmas = 0;
  #racedVmas = 0;
  readonly #described: Named[] = [];
  #zapsOfUnknownCause = 0;
  /** For each confirmed error, the time of the last record that it rests on. */
  #confirmed: number[] = [];
  #unsettled = 0;
  /** Confirmed errors in whose span events turned out to be lost. */
  #shaken = 0;
  #possible = 0;
  readonly findings = { error: 0, warning: 0, note: 0 };

  constructor(options: AnalysisOptions) {
    this.#options = options;
    const { pointers } = options.info;
    this.#judge = new Judge({
      rules: options.rules,
      order: this.#order,
      pointers,
      finding: (finding) => this.#finding(finding),
      vmaRetired: (vma) => this.#vmaRetired(vma),
      zapRetired: (zap) => this.#zapRetired(zap),
      lost: (since) => this.#shake(since),
    });
    this.catalog = new ProbeCatalog(options.maps);
    this.model = new Model({
      order: this.#order,
      observer: this.#judge,
      describe: (event) => describe(event, pointers),
      keepEpochs: options.keepEpochs,
    });
    const sink = options.event === undefined ? this.model : tap(this.model, options.event);
    this.#interpreter = new Interpreter(this.catalog, sink, options.others);
  }

  declare(decl: EventDecl): Interest | null {
    if (!this.#headerKnown) this.#learnHeader();
    const interest = this.#interpreter.declare(decl);
    if (interest === null) this.#unknownProbes.declined(decl);
    return interest;
  }

  record(record: TraceRecord): void {
    this.#interpreter.record(record);
  }

  call(bracket: Bracket): boolean {
    return this.#interpreter.call(bracket);
  }

  series(bracket: Bracket, from: number): number {
    return this.#interpreter.series(bracket, from);
  }

  lost(loss: Loss): void {
    if (loss.count === 0) return;
    // The kernel's totals count again what the gaps show.
    if (loss.where === 'total') this.#lostInTotal += Math.max(loss.count, 0);
    else this.#lostInGaps += Math.max(loss.count, 0);
    // A gap before anything happened to a device is like a later start of the recording.
    if (loss.where === 'start' || (loss.where === 'gap' && (this.vmas > 0 || this.zaps > 0)))
      this.#lossesMatter = true;
    // Totals come before the records and say nothing of where: the gaps inside the trace are marked as such.
    if (loss.where !== 'total') this.#interpreter.lost(loss);
  }

  alive(cpu: number, t: number): void {
    this.#interpreter.alive(cpu, t);
  }

  ended(pid: number, t: number): void {
    this.#interpreter.ended(pid, t);
  }

  get lostEvents(): number {
    return Math.max(this.#lostInGaps, this.#lostInTotal);
  }

  /** What the trace tells of itself before its first record. */
  #learnHeader(): void {
    this.#headerKnown = true;
    const { clock } = this.#options.info;
    if (this.#options.clock !== undefined) clock.name = this.#options.clock;
    this.#order.skew = this.#options.skew ?? defaultSkew(clock.name);
    this.#order.resolution = clock.resolution;
    this.model.world.shown.endings.complete = this.#options.info.described !== undefined;
    for (const name of this.#options.info.described?.() ?? []) {
      const named = this.catalog.named(name);
      if (named === null) continue;
      this.#described.push(named);
      // A return alone tells neither what a function does to the device nor which VMA goes.
      if (!named.isReturn) this.model.world.shown.recorded(named.probe);
    }
  }

  #finding(finding: Finding): void {
    if (!this.#options.finding(finding)) return;
    this.findings[finding.severity]++;
    if (finding.doubts.some(isAbsence)) this.#unsettled++;
    if (finding.severity !== 'error') return;
    if (finding.confidence === 'confirmed') this.#confirmed.push(finding.until);
    else this.#possible++;
  }

  #shake(since: number): void {
    const firm = this.#confirmed.filter((until) => until < since);
    this.#shaken += this.#confirmed.length - firm.length;
    this.#confirmed = firm;
  }

  #vmaRetired(vma: Vma): void {
    if (vma.unknown) this.#midlifeVmas++;
    if (vma.raced) this.#racedVmas++;
    if (this.model.world.resolve(vma) === null || vma.late) this.#vmasWithoutDevice++;
    this.#options.vma?.(vma);
  }

  #zapRetired(zap: Zap): void {
    if (zap.holds === 'unknown') this.#zapsOfUnknownCause++;
    this.#options.zap?.(zap);
  }

  /** Gives findings that are proven already, for live traces: their exposure is still open. */
  flush(): void {
    this.#judge.flush(this.#interpreter.progress.now);
  }

  get events(): number {
    return this.#interpreter.progress.events;
  }

  get zaps(): number {
    return this.model.world.zapCount;
  }

  get vmas(): number {
    return this.model.world.vmaCount;
  }

  get installs(): number {
    return this.model.world.installs;
  }

  /** The trace ends: open windows are closed, and the verdict is due. */
  finish(interrupted: boolean): Outcome {
    if (!this.#headerKnown) this.#learnHeader();
    const { rules, rulesChosen, info } = this.#options;
    this.#interpreter.finish();
    const last = this.#interpreter.progress.now;
    this.model.finish(last);
    this.#judge.finish(last);
    const observed = this.observed();
    const coverage = new Map<string, RuleCoverage>();
    const advice = new Map<string, string[]>();
    for (const rule of rules) {
      const graded = gradeRule(rule, observed);
      coverage.set(rule.id, graded.coverage);
      advice.set(rule.id, graded.advice);
    }
    const lacking = (rule: Rule) => coverage.get(rule.id) !== 'checked' && (rulesChosen || !rule.optional);
    if (rules.some(lacking)) this.#unknownProbes.tell(info.diagnostics);
    const used = this.model.world.devices.some((device) => device.used) || this.vmas > 0;
    const outcome = verdictOf({
      rules,
      coverage,
      rulesChosen,
      confirmedErrors: this.#confirmed.length,
      shakenErrors: this.#shaken,
      unsettled: this.#unsettled,
      untoldInstalls: this.#judge.untoldInstalls,
      coarse: this.#order.resolution >= 1000,
      possibleErrors: this.#possible,
      zaps: this.zaps,
      installs: this.installs,
      lost: this.lostEvents,
      lossesMatter: (this.#lossesMatter || this.#lostInTotal > this.#lostInGaps) && used,
      disordered: this.#interpreter.progress.disordered,
      standstill: this.#interpreter.progress.standstill,
      missedReturns: this.#interpreter.missedReturns,
      missedEntries: this.#interpreter.missedEntries,
      midlifeVmas: this.#midlifeVmas,
      unparsed: info.unparsed,
      inputErrors: info.diagnostics.flatMap((d) => (d.severity === 'error' ? [d.message] : [])),
      interrupted,
    });
    return { ...outcome, coverage, advice };
  }

  /** What the trace showed, as far as rules need to know; after `finish`. */
  observed(): Observed {
    const { world } = this.model;
    return {
      states: [...this.catalog.states.values()],
      visitsSeen: world.shown.visits,
      linksSeen: world.shown.links,
      installsSeen: world.shown.installResults,
      zaps: this.zaps,
      zapsOfUnknownCause: this.#zapsOfUnknownCause,
      accesses: world.shown.accesses,
      vmasWithoutDevice: this.#vmasWithoutDevice,
      vmas: this.vmas,
      vagueVisits: world.shown.vagueVisits,
      vagueCopies: world.shown.vagueCopies,
      vagueUnblocks: world.shown.vagueUnblocks,
      listZaps: world.shown.listZaps,
      racedVmas: this.#racedVmas,
      drivers: new Set(world.devices.filter((device) => device.zapped).map((device) => device.map)),
      unclaimed: world.unclaimed,
      recorded: new Recorded(
        [...this.catalog.states.values()],
        this.#described,
        this.#options.info.described !== undefined,
      ),
    };
  }
}

/** The model, and someone who sees every complete event before it. */
function tap(model: Model, event: (event: MappingEvent) => void): MappingSink {
  return {
    // Whoever shows events wants all of their arguments.
    knows: () => false,
    strange: () => false,
    answers: () => false,
    begin: (e) => model.begin(e),
    end: (e) => {
      event(e);
      model.end(e);
    },
    point: (e) => {
      event(e);
      model.point(e);
    },
    lost: (since, t) => model.lost(since, t),
  };
}
