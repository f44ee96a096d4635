import type { EventRecord, Evidence } from '../records.js';
import type { Context } from './context.js';
import type { PageRange } from './record.js';

const PAGE = 4096n;

/**
 * The stray pages, if the trace tells exactly which: one run of the length that the finding names, or inserts that
 * add up to it. Otherwise null; only the first page and the count are known then.
 */
export function strayPages(context: Context): PageRange[] | null {
  const { finding } = context;
  if (finding.address === null || finding.pages <= 0) return null;
  if (finding.pages === 1) return [range(BigInt(finding.address), 1)];
  const install = finding.evidence.find((e) => e.role === 'install');
  if (install !== undefined) {
    const run = runOf(install, context);
    if (run !== null && run[1] === finding.pages && run[0] === BigInt(finding.address))
      return [range(...run)];
  }
  return sum(context);
}

function range(start: bigint, pages: number): PageRange {
  const hex = (value: bigint) => `0x${value.toString(16)}`;
  return { start: hex(start), end: hex(start + BigInt(pages) * PAGE) };
}

/** Start and length of what an insert wrote, from its own event or from its arguments. */
function runOf(evidence: Evidence, context: Context): [bigint, number] | null {
  const event = context.installs.find((e) => e.t_ns === evidence.t_ns && e.pid === evidence.pid);
  if (event !== undefined && event.address !== null && event.pages !== null)
    return [BigInt(event.address), event.pages];
  const address = /\baddr=(0x[0-9a-f]+)/.exec(evidence.text)?.[1];
  const size = /\bsize=(0x[0-9a-f]+)/.exec(evidence.text)?.[1];
  if (address === undefined || size === undefined) return null;
  return [BigInt(address), Number(BigInt(size) / PAGE)];
}

/** Several inserts after the zap: their pages, when there are exactly as many as the finding names. */
function sum(context: Context): PageRange[] | null {
  const { finding } = context;
  if (finding.rule !== 'install-after-zap') return null;
  const pages = new Set<bigint>();
  for (const event of context.installs) {
    if (!isStray(event, context)) continue;
    const start = BigInt(event.address!) / PAGE;
    for (let i = 0; i < event.pages!; i++) pages.add(start + BigInt(i));
  }
  if (pages.size !== finding.pages) return null;
  const sorted = [...pages].sort((a, b) => (a < b ? -1 : 1));
  const ranges: PageRange[] = [];
  for (let i = 0; i < sorted.length; ) {
    let n = 1;
    while (i + n < sorted.length && sorted[i + n] === sorted[i] + BigInt(n)) n++;
    ranges.push(range(sorted[i] * PAGE, n));
    i += n;
  }
  return ranges;
}

function isStray(event: EventRecord, { finding, zap }: Context): boolean {
  if (event.address === null || event.pages === null || event.end_ns === null || zap === null) return false;
  const until = zap.unblocked_ns ?? Number.POSITIVE_INFINITY;
  const from = BigInt(finding.address!);
  return (
    event.t_ns >= zap.start_ns &&
    event.end_ns >= finding.t_ns &&
    event.end_ns <= until &&
    BigInt(event.address) >= from
  );
}
