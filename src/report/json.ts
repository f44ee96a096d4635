import { Blocks, type TraceBlock } from './blocks.js';
import type { TotalRecord } from './records.js';
import type { Output, Report } from './report.js';
import { safeJson } from './sanitize.js';

/**
 * One object of the records of schema zaptrace/1: `{header, findings, vmas, zaps, diagnostics, summary}`. Several
 * traces: `{traces: [those objects], total}`. `summary` is null for a trace that could not be read to its end.
 */
export const json = (out: Output): Report =>
  jsonOf(out, (add, setTotal) => new Blocks((block) => add(traceObject(block)), setTotal));

/** One object for one trace, `{traces, total}` for several: what `collector` makes of the records it is given. */
export function jsonOf(
  out: Output,
  collector: (add: (trace: object) => void, setTotal: (total: TotalRecord) => void) => Report,
): Report {
  const traces: object[] = [];
  let total: TotalRecord | null = null;
  const collected = collector(
    (trace) => traces.push(trace),
    (t) => {
      total = t;
    },
  );
  return {
    write: (record) => collected.write(record),
    end: () => {
      collected.end();
      const value = total === null ? (traces[0] ?? {}) : { traces, total };
      out.write(`${safeJson(value, 2)}\n`);
    },
  };
}

function traceObject({ header, events, findings, vmas, zaps, diagnostics, summary }: TraceBlock): object {
  const members = { header, findings, vmas, zaps, diagnostics, summary };
  return events.length > 0 ? { ...members, events } : members;
}
