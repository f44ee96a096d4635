import type { SymbolState } from '../probes/binding.js';
import { SLOT } from '../probes/fields.js';
import type { ArgName } from '../probes/map.js';
import { NEEDED_ARGS, NEEDED_RESULT } from '../probes/needs.js';
import type { Definition } from '../probes/recipe/definition.js';
import { ANY_KERNEL, type Kernels, SINCE } from '../probes/recipe/kernel.js';
import { render } from '../probes/recipe/render.js';
import { pairingOf, ROLE_KINDS } from '../probes/roles.js';
import { gradeRule, lackingNeeds, NEED_ROLES, type Observed, type RuleCoverage } from './coverage.js';
import type { Rule } from './rule.js';

/** What is known of one probed function. */
export interface ProbeFacts {
  readonly state: SymbolState;
  /** Entry and return records of the trace, or hits of the kernel's profile; null: not probed, or not counted. */
  readonly entries: number | null;
  readonly returns: number | null;
  /** Returns that the kernel or the trace tells to be lost. */
  readonly lost: number;
}

export interface RuleReport {
  readonly rule: string;
  readonly coverage: RuleCoverage;
  readonly advice: readonly string[];
  readonly optional: boolean;
}

/** What a recording can decide, what it lacks, and what to add. */
export interface RecordingReport {
  readonly rules: readonly RuleReport[];
  readonly probes: readonly (ProbeFacts & { readonly notes: readonly string[] })[];
  /** Definitions to add, ready for `dynamic_events`. */
  readonly lines: readonly string[];
}

/**
 * Judges a recording by its probes. `observed` is what the trace showed, or what the definitions can show at best;
 * `definitions` is what a recipe for these drivers and kernels would record; `complete`: name all of them that are not
 * there, needed by a rule or not.
 */
export function judgeRecording(
  rules: readonly Rule[],
  observed: Observed,
  probes: readonly ProbeFacts[],
  definitions: readonly Definition[],
  kernels: Kernels,
  complete: boolean,
): RecordingReport {
  const noted = probes.map((probe) => ({ ...probe, notes: notesOn(probe) }));
  const lacking = new Set(
    rules.filter((rule) => !rule.optional).flatMap((rule) => lackingNeeds(rule, observed)),
  );
  const roles = new Set([...lacking].flatMap((need) => NEED_ROLES[need]));
  return {
    rules: rules.map((rule) => ({
      rule: rule.id,
      ...gradeRule(rule, observed),
      optional: rule.optional === true,
    })),
    probes: noted,
    lines: definitions
      .filter((d) => wanted(d, complete || roles.has(d.probe.role), probes))
      .map((d) => lineFor(d, kernels)),
  };
}

/** A definition that the recording lacks and a rule needs, or the missing half of one that it has. */
function wanted(definition: Definition, needed: boolean, probes: readonly ProbeFacts[]): boolean {
  const facts = probes.find((p) => p.state.symbol === definition.symbol);
  if (facts === undefined) return needed;
  const { state } = facts;
  if (!definition.isReturn) return state.entryCarries < 0 || missingArgs(state).length > 0;
  return state.returnCarries < 0 || lacksResult(state);
}

/** In the form of the newest kernel that it may be. */
const lineFor = (definition: Definition, kernels: Kernels): string =>
  render(definition, kernels.to >= SINCE.btfMembers ? 'fprobe' : 'raw', kernels).text;

const has = (carries: number, arg: ArgName | 'result'): boolean =>
  carries >= 0 && (carries & (1 << SLOT[arg].slot)) !== 0;

const missingArgs = (state: SymbolState): ArgName[] =>
  (NEEDED_ARGS[state.probe.role] ?? []).filter(
    (arg) =>
      state.probe.args?.[arg] !== undefined &&
      !has(state.entryCarries, arg) &&
      !has(state.returnCarries, arg),
  );

const lacksResult = (state: SymbolState): boolean =>
  NEEDED_RESULT.includes(state.probe.role) && !has(state.returnCarries, 'result');

function notesOn({ state, entries, returns, lost }: ProbeFacts): string[] {
  const notes: string[] = [];
  const pairing = pairingOf(ROLE_KINDS[state.probe.role]);
  const counted = entries !== null || returns !== null;
  if (counted && (entries ?? 0) === 0 && (returns ?? 0) === 0) notes.push('never fired');
  if (pairing === 'interval' && state.entryCarries >= 0 && state.returnCarries < 0)
    notes.push('returns are not recorded');
  if (pairing === 'interval' && state.returnCarries >= 0 && state.entryCarries < 0)
    notes.push('entries are not recorded');
  if (state.returnCarries >= 0 && lacksResult(state)) notes.push('the return value is not recorded');
  const missing = missingArgs(state);
  if (missing.length > 0 && pairing !== 'return') notes.push(`without ${missing.join(', ')}`);
  if (lost > 0) notes.push(`${lost} ${lost === 1 ? 'return' : 'returns'} lost (raise maxactive: r256, f256)`);
  return notes;
}

/** Kernels that can have all of these functions, by the ranges in the maps: a trace seldom tells its kernel. */
export function kernelsOfSymbols(ranges: readonly Kernels[]): Kernels {
  let { from, to } = ANY_KERNEL;
  for (const range of ranges) {
    from = Math.max(from, range.from);
    to = Math.min(to, range.to);
  }
  // backports can put together what no release has
  return from <= to ? { from, to } : ANY_KERNEL;
}
