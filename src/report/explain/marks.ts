import type { EventRecord, Evidence } from '../records.js';
import { count, duration } from '../text.js';
import { type Context, exposureEnd } from './context.js';

/** What took stray pages away, in words; `%` is how long they were reachable. Short: a column is 30 wide. */
const ENDED: Record<string, string> = {
  unmap: 'unmapped: stray for %',
  exit: 'the process exits: stray for %',
  zap: 'a later zap clears them: stray for %',
  mremap: 'moved by mremap: stray for %',
  replaced: 'replaced by another insert: stray for %',
  're-enabled': 're-enabled: stray for %, legal from here',
};

const SURVIVED = new Set(['zap-missed-unlinked-vma', 'zap-skipped-vma', 'partial-zap']);

/** What is decisive about one piece of evidence, in the words of the mail that this tool began with. */
export function marksOf(e: Evidence, context: Context): string[] {
  const { finding, vma } = context;
  const name = vma?.id ?? finding.vma ?? 'the VMA';
  const survived = SURVIVED.has(finding.rule);
  switch (e.role) {
    case 'block':
      return ['device blocked'];
    case 'zap-begin':
      return finding.rule === 'zap-missed-unlinked-vma'
        ? ['zap began', `${name} is not in the rmap yet: a NOP for it`]
        : ['zap began'];
    case 'zap-end':
      if (finding.rule === 'zap-skipped-vma')
        return ['zap ended', `it never visited ${name}`, liveOn(finding.pages)];
      return survived ? ['zap ended', liveOn(finding.pages)] : ['zap ended'];
    case 'install':
      return hasReturn(e, context) ? ['insert begins'] : [installed(e, context) + consequence(context)];
    case 'install-return':
      return [installed(e, context) + consequence(context)];
    case 'rmap-insert':
      return linked(name, context);
    case 'unblocked':
      return unblocked(context);
    case 'access':
      return ['the access succeeds: a PTE is there'];
    default:
      return [];
  }
}

const CONSEQUENCE: Record<string, string> = {
  'install-after-zap': ': stray',
  'install-zap-overlap': ' during the zap',
  'populate-before-rmap': ' too early',
};

function consequence({ finding }: Context): string {
  const text = CONSEQUENCE[finding.rule] ?? '';
  return finding.confidence === 'possible' ? text.replace('stray', 'perhaps stray') : text;
}

const liveOn = (pages: number): string =>
  pages === 1 ? 'the PTE lives on: stray' : `${count(pages, 'PTE')} live on: stray`;

const hasReturn = (e: Evidence, { finding }: Context): boolean =>
  finding.evidence.some((other) => other.role === 'install-return' && other.pid === e.pid);

/** `installed 8 PTEs`, `installed a PMD (512 pages)`. */
function installed(e: Evidence, context: Context): string {
  const { finding } = context;
  const begin = finding.evidence.find((other) => other.role === 'install' && other.pid === e.pid);
  const event = begin === undefined ? undefined : context.records.get(begin);
  const order = event?.order ?? 0;
  if (order === 18) return 'installed a PUD (262,144 pages)';
  if (order === 9) return 'installed a PMD (512 pages)';
  const pages = event?.pages ?? null;
  return pages === null ? 'installed' : `installed ${count(pages, 'PTE')}`;
}

function linked(name: string, { finding }: Context): string[] {
  const mark = `${name} enters the rmap`;
  if (finding.rule === 'zap-missed-unlinked-vma') return [mark, 'too late for the zap'];
  if (finding.rule === 'populate-before-rmap') return [mark, 'no zap before this could see it'];
  return [mark];
}

function unblocked({ finding }: Context): string[] {
  if (finding.ended_by !== 're-enabled' || finding.exposed_ns === null) return ['re-enabled'];
  return [ENDED['re-enabled'].replace('%', duration(finding.exposed_ns))];
}

/** Of the event that ended the exposure. */
export function endingMarks({ finding }: Context): string[] {
  const words = ENDED[finding.ended_by ?? ''];
  return words === undefined || finding.exposed_ns === null
    ? []
    : [words.replace('%', duration(finding.exposed_ns))];
}

/** Of a call that encloses evidence. */
export function enclosingMarks(event: EventRecord, { finding, zap }: Context): string[] {
  if (finding.rule !== 'install-after-zap' || zap === null) return [];
  return event.t_ns < zap.start_ns ? ['began before the zap'] : [];
}

/** Of a visit of the zap to a VMA, when it is over. */
export function visitMarks(event: EventRecord, context: Context): string[] {
  if (context.isOwn(event)) {
    const { rule, confidence } = context.finding;
    if (rule === 'partial-zap') return ['walked, but not these pages'];
    return [rule === 'install-after-zap' && confidence === 'confirmed' ? 'walked: clean now' : 'walked'];
  }
  const { otherVisits, visits } = context;
  const last = visits.at(-1) === event && otherVisits > 0;
  return last ? [`and ${count(otherVisits, 'more VMA')}`] : [];
}

/** Of an insert that is no evidence, but explains an access. */
export function installMarks(event: EventRecord): string[] {
  return [event.pages === null ? 'installed' : `installed ${count(event.pages, 'PTE')}`];
}

/** A line for what no record shows: the trace ends while the pages are stray. */
export function openEnd(context: Context): string | null {
  const { finding } = context;
  return finding.ended_by === 'trace-end' && exposureEnd(finding) !== null
    ? `the trace ends here, ${duration(finding.exposed_ns)} later: still reachable`
    : null;
}
