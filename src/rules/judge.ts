import { LONGEST_EXIT } from '../model/exiting.js';
import type { Doubt, Fact, ModelObserver, RunEnd } from '../model/facts.js';
import type { Mark } from '../model/mark.js';
import type { Order } from '../model/order.js';
import type { PageRun } from '../model/run.js';
import type { Vma } from '../model/vma.js';
import type { Zap } from '../model/zap.js';
import { pageHex } from '../probes/describe.js';
import type { PointerTable } from '../trace/pointers.js';
import type { CasePart } from './case.js';
import { Case } from './case.js';
import { doubtText, isAbsence } from './doubts.js';
import { evidenceOf } from './evidence.js';
import type { EvidenceMark, Finding } from './finding.js';
import { fingerprintOf } from './fingerprint.js';
import { type LateCase, LateCases } from './late.js';
import type { Claim, Confidence, Rule } from './rule.js';

export interface JudgeOptions {
  rules: readonly Rule[];
  order: Order;
  pointers: PointerTable;
  finding(finding: Finding): void;
  vmaRetired?(vma: Vma): void;
  zapRetired?(zap: Zap): void;
  /** Events were lost from `since` on: findings given since then may not hold. */
  lost?(since: number): void;
}

/** Duration in words: ns up to seconds. Ticks when the clock has no unit. */
export function duration(ns: number): string {
  if (ns < 1_000) return `${ns} ns`;
  if (ns < 1_000_000) return `${(ns / 1_000).toFixed(1)} µs`;
  if (ns < 1_000_000_000) return `${(ns / 1_000_000).toFixed(1)} ms`;
  return `${(ns / 1_000_000_000).toFixed(2)} s`;
}

const pagesText = (pages: number): string => (pages === 1 ? '1 page' : `${pages} pages`);

/** Lets the rules judge the model's facts, one case per rule, VMA and zap, and closes a case when its window ends. */
export class Judge implements ModelObserver {
  readonly #cases = new Map<string, Case>();
  readonly #byZap = new Map<Zap, Set<Case>>();
  /** Those of zaps by a list. */
  readonly #ofLists = new Map<Vma, Set<Case>>();
  readonly #late = new LateCases();
  /** Installs of which the clock cannot tell whether they came before a walk, or an unblock, or after it. */
  untoldInstalls = 0;

  constructor(private readonly options: JudgeOptions) {}

  fact(fact: Fact): void {
    for (const rule of this.options.rules) {
      const claim = rule.judge(fact);
      if (claim !== null) this.#claim(rule, claim);
    }
  }

  #claim(rule: Rule, claim: Claim): void {
    const { vma, zap, run } = claim;
    const key = `${rule.id}|${vma.id}|${zap?.id ?? 0}`;
    let found = this.#cases.get(key);
    if (found === undefined) {
      found = new Case(key, rule, vma, zap);
      this.#cases.set(key, found);
      if (zap !== null) {
        let set = this.#byZap.get(zap);
        if (set === undefined) this.#byZap.set(zap, (set = new Set()));
        set.add(found);
        if (zap.byList) this.#listed(vma).add(found);
      }
      vma.named = true;
      if (zap !== null) zap.named = true;
    }
    const part = found.add(claim);
    const exposes = !Number.isNaN(claim.exposedFrom);
    if (exposes && run !== null) {
      run.claims ??= [];
      run.claims.push(part);
      if (run.gone) part.left(run, 'zap', claim.t, this.options.order);
      vma.enter('stray', claim.t);
    }
    if (zap === null && !exposes) this.#close(found, Number.NaN);
    else if (zap === null) found.open = true;
    else if (!Number.isNaN(zap.unblocked)) {
      found.unblocked(zap.unblocked, zap.unblockMark, this.options.order);
      this.#close(found, zap.unblocked);
    }
  }

  runEnded(run: PageRun, how: RunEnd, t: number): void {
    for (const part of run.claims ?? []) (part as CasePart).left(run, how, t, this.options.order);
    for (const part of run.claims ?? []) {
      const { owner } = part as CasePart;
      if (owner.open && owner.livePages === 0) this.#close(owner, t);
    }
    run.claims = null;
  }

  unblocked(zaps: readonly Zap[], mark: Mark | null, t: number): void {
    for (const zap of zaps) {
      for (const found of this.#byZap.get(zap) ?? []) found.unblocked(t, mark, this.options.order);
    }
  }

  untold(): void {
    this.untoldInstalls++;
  }

  blockRefuted(zaps: readonly Zap[]): void {
    for (const zap of zaps) {
      for (const found of this.#byZap.get(zap) ?? []) {
        if (found.rule.needs.includes('block')) this.#forget(found);
      }
    }
  }

  lost(since: number): void {
    for (const found of this.#cases.values()) found.lost(since);
    // What would show an exit may be among the lost.
    this.#tell(this.#late.takeAll());
    this.options.lost?.(since);
  }

  settled(vma: Vma | null, zap: Zap, doubt: Doubt): void {
    for (const found of this.#byZap.get(zap) ?? [])
      if (vma === null || found.vma === vma) found.settled(doubt);
    if (vma !== null) for (const { found } of this.#late.of(vma)) if (found.zap === zap) found.settled(doubt);
  }

  settledAll(doubt: Doubt): void {
    for (const found of this.#cases.values()) found.settled(doubt);
    for (const { found } of this.#late.all()) found.settled(doubt);
  }

  doubted(vma: Vma, zap: Zap, doubt: Doubt): void {
    for (const found of this.#byZap.get(zap) ?? []) if (found.vma === vma) found.doubted(doubt);
  }

  exits(vma: Vma, lived: number): void {
    const { order } = this.options;
    const late = this.#late.of(vma).map(({ found }) => found);
    for (const found of [...(this.#ofLists.get(vma) ?? []), ...late])
      if (found.zap !== null && !(found.zap.end + order.skew + order.resolution < lived))
        found.doubted('exiting');
  }

  vmaRetired(vma: Vma): void {
    this.#tell(this.#late.take(vma));
    this.options.vmaRetired?.(vma);
  }

  zapRetired(zap: Zap): void {
    const proven = zap.device.blockProven;
    for (const found of this.#byZap.get(zap) ?? []) {
      found.blockProven ||= proven;
      // A zap whose window has no known end: its strays live on until something clears them.
      if (Number.isNaN(zap.unblocked) && found.livePages > 0) found.open = true;
      else this.#close(found, zap.unblocked);
    }
    this.options.zapRetired?.(zap);
  }

  /** Reports what is proven by now without waiting for the end of the exposure (live traces). */
  flush(now: number): void {
    // (What a zap by a list left out, only when its process would have ended by now.)
    const isRipe = ({ zap }: Case): boolean => zap?.byList !== true || zap.end + LONGEST_EXIT < now;
    for (const found of this.#cases.values()) {
      const part = isRipe(found) ? found.proven() : null;
      if (part !== null) this.#report(found, part, 'confirmed', this.#evidence(part.first));
    }
    for (const { found, evidence } of this.#late.all()) {
      const part = isRipe(found) ? found.proven() : null;
      if (part !== null) this.#report(found, part, 'confirmed', evidence.get(part.first) ?? []);
    }
  }

  /** The trace ends: whatever is open stays exposed. */
  finish(t: number): void {
    for (const found of [...this.#cases.values()]) {
      found.traceEnded(t);
      this.#close(found, t);
    }
    this.#tell(this.#late.takeAll());
  }

  #listed(vma: Vma): Set<Case> {
    let cases = this.#ofLists.get(vma);
    if (cases === undefined) this.#ofLists.set(vma, (cases = new Set()));
    return cases;
  }

  #forget(found: Case): void {
    this.#cases.delete(found.key);
    if (found.zap === null) return;
    const listed = this.#ofLists.get(found.vma);
    if (listed?.delete(found) === true && listed.size === 0) this.#ofLists.delete(found.vma);
    const set = this.#byZap.get(found.zap);
    set?.delete(found);
    if (set?.size === 0) this.#byZap.delete(found.zap);
  }

  #close(found: Case, _t: number): void {
    this.#forget(found);
    this.untoldInstalls += found.untold;
    const late = { found, evidence: new Map(found.firsts.map((claim) => [claim, this.#evidence(claim)])) };
    const { vma, zap } = found;
    const waits = zap?.byList === true && vma.alive && !vma.exiting && found.exposes;
    this.#tell(waits ? this.#late.add(late) : [late]);
  }

  #tell(cases: readonly LateCase[]): void {
    for (const { found, evidence } of cases)
      for (const { part, confidence } of found.verdicts())
        this.#report(found, part, confidence, evidence.get(part.first) ?? []);
  }

  #evidence(claim: Claim): EvidenceMark[] {
    return evidenceOf(claim, this.options.pointers);
  }

  #report(found: Case, part: CasePart, confidence: Confidence, evidence: EvidenceMark[]): void {
    const { rule, vma, zap } = found;
    const claim = part.first;
    const address = pageHex(part.page);
    const exposed = part.exposed;
    const endedBy = part.endedBy;
    const endText = endedBy === null ? '' : ` (${endedBy})`;
    const message = rule.message({
      pages: pagesText(part.pages),
      address,
      install: claim.run === null ? '' : installWords(claim.run),
      zap: zap === null ? 'the zap' : `the zap (${zap.cause})`,
      device: vma.device,
      exposure: Number.isNaN(exposed) ? '' : `; reachable for ${duration(exposed)}${endText}`,
      window:
        claim.window === undefined || Number.isNaN(claim.window)
          ? ''
          : ` (${duration(claim.window)} earlier)`,
      confirmed: confidence === 'confirmed',
    });
    const finding: Finding = {
      rule,
      // Absence of a record proves nothing where records were lost or not made, and what a driver populates for good it never
      // meant to revoke: worth a look, no alarm.
      severity: part.doubts.some(isAbsence) || claim.run?.byDesign ? 'note' : rule.severity,
      confidence,
      message,
      vma,
      zap,
      page: part.page,
      pages: part.pages,
      t: part.t,
      until: part.until,
      exposed,
      endedBy,
      fingerprint: fingerprintOf(rule, claim),
      evidence,
      missing: confidence === 'confirmed' ? [] : part.doubts.map(doubtText),
      doubts: part.doubts,
    };
    this.options.finding(finding);
  }
}

const HOW = {
  fault: '',
  mmap: ' in .mmap',
  action: ' in an mmap action',
  fork: ' at fork',
  mremap: ' by mremap',
} as const;
const installWords = (run: PageRun): string => `${run.symbol.symbol}()${HOW[run.how]}`;
