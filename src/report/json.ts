import { Blocks, type TraceBlock } from './blocks.js';
import type { TotalRecord } from './records.js';
import type { Output, Report } from './report.js';
import { safeJson } from './sanitize.js';

/**
 * One object of the records of schema zaptrace/1: `{header, findings, vmas, zaps, diagnostics, summary}`. Several
 * traces: `{traces: [those objects], total}`. `summary` is null for a trace that could not be read to its end.
 */
export function json(out: Output): Report {
  const traces: object[] = [];
  let total: TotalRecord | null = null;
  const blocks = new Blocks(
    (block) => traces.push(traceObject(block)),
    (t) => {
      total = t;
    },
  );
  return {
    write: (record) => blocks.write(record),
    end: () => {
      blocks.end();
      const value = total === null ? (traces[0] ?? {}) : { traces, total };
      out.write(`${safeJson(value, 2)}\n`);
    },
  };
}

function traceObject({ header, events, findings, vmas, zaps, diagnostics, summary }: TraceBlock): object {
  const members = { header, findings, vmas, zaps, diagnostics, summary };
  return events.length > 0 ? { ...members, events } : members;
}
