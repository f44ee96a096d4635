import type { TotalRecord } from '../records.js';
import type { Output, Report } from '../report.js';
import { safeJson } from '../sanitize.js';
import { type FaultBlock, FaultBlocks } from './block.js';

/**
 * One object for one trace, `{traces, total}` for several: the members of every report of zaptrace/1, with `faults`
 * (VMAs, devices, the trace) and `zap_costs`.
 */
export function faultsJson(out: Output): Report {
  const traces: object[] = [];
  let total: TotalRecord | null = null;
  const blocks = new FaultBlocks(
    (block) => traces.push(traceObject(block)),
    (t) => {
      total = t;
    },
  );
  return {
    write: (record) => blocks.write(record),
    end: () => {
      blocks.end();
      out.write(`${safeJson(total === null ? (traces[0] ?? {}) : { traces, total }, 2)}\n`);
    },
  };
}

function traceObject({ header, vmas, devices, zaps, trace, diagnostics, summary }: FaultBlock): object {
  const faults = [...vmas, ...devices, ...(trace === null ? [] : [trace])];
  return { header, findings: [], vmas: [], zaps: [], faults, zap_costs: zaps, diagnostics, summary };
}
