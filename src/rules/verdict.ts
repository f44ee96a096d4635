import type { RuleCoverage } from './coverage.js';
import type { Rule } from './rule.js';

export type Verdict = 'clean' | 'inconclusive' | 'violation';

export interface VerdictInput {
  rules: readonly Rule[];
  coverage: ReadonlyMap<string, RuleCoverage>;
  /** The user named the rules: optional ones count too. */
  rulesChosen: boolean;
  confirmedErrors: number;
  /** Confirmed errors that were given before it was known that events were lost in the span they rest on. */
  shakenErrors: number;
  /** Findings that rest on the absence of records which the trace may not hold: notes. */
  unsettled: number;
  /** Installs of which the clock cannot tell whether a zap's walk, or an unblock, came before or after: strays or none. */
  untoldInstalls: number;
  /** Times were rounded to µs when they were printed. */
  coarse: boolean;
  possibleErrors: number;
  zaps: number;
  installs: number;
  lost: number;
  /** Losses that may have hidden something that matters. */
  lossesMatter: boolean;
  /** How often the time of a CPU went back. */
  disordered: number;
  /** The most records in a row that have the same time. */
  standstill: number;
  missedReturns: number;
  /** Returns without an entry, of functions whose entries are recorded. */
  missedEntries: number;
  unparsed: number;
  /** Readers' diagnostics of severity error, in words. */
  inputErrors: readonly string[];
  /** VMAs that existed before the trace began, or of which something was not recorded: the mmap, an insert, fork's copy. */
  midlifeVmas: number;
  interrupted: boolean;
}

/** No machine writes so many records in a µs: the clock is coarser than its digits, and its times order little. */
const STANDSTILL = 512;

const NANOSECONDS = '(print nanoseconds: trace-cmd report -t, perf script --ns)';

/** The three-valued verdict. Clean is earned: every rule had its evidence, nothing was lost, nothing was found. */
export function verdictOf(input: VerdictInput): { verdict: Verdict; reasons: string[] } {
  const reasons: string[] = [];
  if (input.confirmedErrors > 0) reasons.push(plural(input.confirmedErrors, 'confirmed error'));
  if (input.shakenErrors > 0)
    reasons.push(
      `${plural(input.shakenErrors, 'confirmed error')} in a span in which events were lost: what ended the block may be among them`,
    );
  if (input.possibleErrors > 0)
    reasons.push(`${plural(input.possibleErrors, 'possible error')}: see what would settle each`);
  if (input.unsettled > 0)
    reasons.push(
      `${plural(input.unsettled, 'finding')} cannot be told from what is not recorded: see the notes`,
    );
  if (input.untoldInstalls > 0)
    reasons.push(
      `${plural(input.untoldInstalls, 'install')} at the same time as a zap or an unblock, as far as the clock tells: what came first is not known${input.coarse ? ` ${NANOSECONDS}` : ''}`,
    );
  if (input.zaps === 0) reasons.push('no zap of a device was recorded: there is nothing to prove');
  if (input.installs === 0) reasons.push('no install of PTEs was recorded: there is nothing to prove');
  if (input.lossesMatter) {
    reasons.push(
      input.lost > 0 ? `${plural(input.lost, 'event')} lost` : 'events were lost, their number is not known',
    );
  }
  if (input.disordered > 0)
    reasons.push(
      `${plural(input.disordered, 'record')} earlier than the one before on the same CPU: two traces in one input, or a damaged one`,
    );
  if (input.standstill > STANDSTILL)
    reasons.push(`${input.standstill} records in a row have the same time: the clock cannot order them`);
  if (input.missedReturns > 0)
    reasons.push(
      `${plural(input.missedReturns, 'return')} missed (kretprobe nmissed?): intervals without an end`,
    );
  if (input.missedEntries > 0)
    reasons.push(`${plural(input.missedEntries, 'return')} without an entry: intervals without a beginning`);
  if (input.midlifeVmas > 0) {
    reasons.push(
      `${plural(input.midlifeVmas, 'VMA')} whose past is not all in the trace (the mmap, an insert, or a copy of PTEs): what it held is unknown`,
    );
  }
  if (input.unparsed > 0)
    reasons.push(`${plural(input.unparsed, 'line or record', 'lines or records')} could not be read`);
  reasons.push(...input.inputErrors);
  if (input.interrupted) reasons.push('reading was interrupted');
  if (input.zaps > 0 && input.installs > 0) {
    for (const rule of input.rules) {
      if (rule.optional && !input.rulesChosen) continue;
      const coverage = input.coverage.get(rule.id);
      if (coverage !== 'checked')
        reasons.push(
          `${rule.id}: ${coverage === 'partial' ? 'partly checked' : 'cannot be checked with these probes'}`,
        );
    }
  }
  // A violation stands, whatever else is in doubt; the doubts are told all the same.
  const verdict = input.confirmedErrors > 0 ? 'violation' : reasons.length > 0 ? 'inconclusive' : 'clean';
  return { verdict, reasons };
}

const plural = (n: number, one: string, many = `${one}s`): string => `${n} ${n === 1 ? one : many}`;
