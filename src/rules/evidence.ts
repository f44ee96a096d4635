import type { Mark } from '../model/mark.js';
import type { PageRun } from '../model/run.js';
import { pageHex, resultText } from '../probes/describe.js';
import type { PointerTable } from '../trace/pointers.js';
import type { EvidenceMark } from './finding.js';
import type { Claim } from './rule.js';

const at = (role: string, mark: Mark): EvidenceMark => ({
  role,
  t: mark.t,
  cpu: mark.cpu,
  pid: mark.pid,
  comm: mark.comm,
  text: mark.text,
  origin: mark.origin,
  seq: mark.seq,
});

const ended = (role: string, mark: Mark): EvidenceMark => ({
  role,
  t: mark.end,
  cpu: mark.endCpu,
  pid: mark.pid,
  comm: mark.comm,
  text: `${mark.text.split('(')[0]} returns${mark.text.match(/\) = (.*)$/)?.[1] === undefined ? '' : ` ${mark.text.match(/\) = (.*)$/)?.[1]}`}`,
  origin: mark.endOrigin,
  seq: mark.endSeq,
});

/** The install as a call, without its result. */
export function runText(run: PageRun, pointers: PointerTable): string {
  const args = [`vma=${pointers.text(run.vma.pointer)}`, `addr=${pageHex(run.page)}`];
  if (run.pages > 1 && run.order === 0) args.push(`size=${pageHex(run.pages)}`);
  if (run.order > 0) args.push(`order=${run.order}`);
  if (!Number.isNaN(run.pfn)) args.push(`pfn=0x${run.pfn.toString(16)}`);
  return `${run.symbol.symbol}(${args.join(', ')})`;
}

function runMarks(run: PageRun, pointers: PointerTable): EvidenceMark[] {
  const who = { pid: run.pid, comm: run.comm };
  const result = resultText(run.result, run.symbol.probe.result);
  const marks: EvidenceMark[] = [
    {
      role: 'install',
      t: run.begin === Number.NEGATIVE_INFINITY ? run.end : run.begin,
      cpu: run.beginCpu,
      ...who,
      text: runText(run, pointers),
      origin: run.beginOrigin,
      seq: run.beginSeq,
    },
  ];
  if (run.endSeq !== run.beginSeq) {
    marks.push({
      role: 'install-return',
      t: run.end,
      cpu: run.endCpu,
      ...who,
      text: `${run.symbol.symbol} returns${result === null ? '' : ` ${result}`}`,
      origin: run.endOrigin,
      seq: run.endSeq,
    });
  }
  return marks;
}

/** The two to eight records that prove a claim, in the order of the trace. */
export function evidenceOf(claim: Claim, pointers: PointerTable): EvidenceMark[] {
  const marks: EvidenceMark[] = [];
  const { vma, zap, run } = claim;
  if (run !== null) marks.push(...runMarks(run, pointers));
  if (claim.mark !== null) marks.push(at('access', claim.mark));
  if (zap?.mark) {
    marks.push(at('zap-begin', zap.mark));
    if (zap.mark.returned) marks.push(ended('zap-end', zap.mark));
    if (zap.causeMark !== null && zap.causeMark.seq < zap.mark.seq) marks.push(at('block', zap.causeMark));
    const visit = vma.visitBy(zap);
    if (visit?.mark) marks.push(at('range-walked', visit.mark));
  }
  if (zap?.unblockMark) marks.push(at('unblocked', zap.unblockMark));
  const early = run?.how === 'mmap' || run?.how === 'action';
  if (vma.link !== null && (early || run?.how === 'fork' || run?.how === 'mremap'))
    marks.push(at('rmap-insert', vma.link));
  if (early && vma.mmapReturned?.returned) marks.push(ended('mmap-return', vma.mmapReturned));
  marks.sort((a, b) => a.t - b.t || a.seq - b.seq);
  return marks.slice(0, 8);
}
