import { jsonOf } from '../json.js';
import type { Output, Report } from '../report.js';
import { type FaultBlock, FaultBlocks } from './block.js';

/**
 * One object for one trace, `{traces, total}` for several: the members of every report of zaptrace/1, with `faults`
 * (VMAs, devices, the trace) and `zap_costs`.
 */
export const faultsJson = (out: Output): Report =>
  jsonOf(out, (add, setTotal) => new FaultBlocks((block) => add(traceObject(block)), setTotal));

function traceObject({ header, vmas, devices, zaps, trace, diagnostics, summary }: FaultBlock): object {
  const faults = [...vmas, ...devices, ...(trace === null ? [] : [trace])];
  return { header, findings: [], vmas: [], zaps: [], faults, zap_costs: zaps, diagnostics, summary };
}
