import type { FindingRecord, HeaderRecord } from '../records.js';
import type { RuleInfo } from '../report.js';
import { count } from '../text.js';
import { absolute } from '../time.js';
import type { Context } from './context.js';
import { type ClockTrust, orderFacts } from './order.js';
import type { ExplanationRecord } from './record.js';
import { stepsOf } from './steps.js';
import { strayPages } from './stray-pages.js';

/** What a story is told with, besides the finding and what surrounds it. */
export interface Telling {
  readonly header: HeaderRecord;
  readonly rules: readonly RuleInfo[];
  readonly clock: ClockTrust;
}

/** The proof of a finding as a story. `alike`: findings of the same shape that are not told. */
export function tell(context: Context, alike: readonly FindingRecord[], telling: Telling): ExplanationRecord {
  const { finding, vma, zap } = context;
  const rule = telling.rules.find((r) => r.id === finding.rule);
  const steps = stepsOf(context);
  const zero = steps[0]?.t_ns ?? finding.t_ns;
  return {
    type: 'explanation',
    finding,
    vma,
    zap,
    alike: alike.map((f) => f.id),
    rule: {
      id: finding.rule,
      title: rule?.title ?? finding.rule,
      proves: rule?.proves ?? '',
      remedy: rule?.remedy ?? '',
    },
    zero: { t_ns: zero, ts: absolute(telling.header.base, zero) },
    steps,
    order: orderFacts(context, telling.clock),
    facts: facts(context),
    stray: strayPages(context),
    raw: finding.evidence.map(({ role, origin, ts, cpu, pid, comm, text }) => ({
      role,
      origin,
      ts,
      cpu,
      pid,
      comm,
      line: null,
      text,
    })),
  };
}

function facts(context: Context): string[] {
  const { finding, vma, zap } = context;
  const out: string[] = [];
  const name = vma?.id ?? finding.vma;
  const unseen = finding.rule === 'zap-missed-unlinked-vma' || finding.rule === 'zap-skipped-vma';
  if (unseen && zap !== null && name !== null && !zap.vmas.includes(name)) {
    const visited = zap.vmas.length === 0 ? 'no VMA' : some(zap.vmas);
    out.push(`the zap walked ${visited}, and not ${name}`);
  }
  if (context.refused > 0) {
    out.push(
      `${count(context.refused, 'fault')} on ${name} ${context.refused === 1 ? 'was' : 'were'} refused with SIGBUS meanwhile: the device was blocked`,
    );
  }
  return out;
}

function some(names: readonly string[]): string {
  return names.length <= 4
    ? names.join(', ')
    : `${names.slice(0, 3).join(', ')} and ${names.length - 3} more`;
}
