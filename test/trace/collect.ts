import type { TraceInfo, TraceReader } from '../../src/trace/reader.js';
import type {
  EventDecl,
  FieldKind,
  FieldValue,
  Interest,
  Loss,
  TraceRecord,
} from '../../src/trace/record.js';

/** A record as a value, for comparisons. */
export interface Collected {
  name: string;
  decl: EventDecl;
  /** Absolute ns or ticks. */
  time: bigint;
  t: number;
  cpu: number;
  pid: number;
  comm: string;
  origin: number;
  text: string;
  fields: Record<string, FieldValue>;
  /** What was asked for by `kind`, in the order of `decl.fields`. */
  args: number[];
}

export interface Collection {
  info: TraceInfo;
  records: Collected[];
  /** Losses, each with the number of records before it. */
  losses: (Loss & { before: number })[];
  ended: { pid: number; t: number; before: number }[];
  alive: { cpu: number; t: number; before: number }[];
  decls: EventDecl[];
}

/** Reads a whole trace with everything wanted. */
export async function collect(
  reader: TraceReader,
  kind: FieldKind = 'number',
  limit = Number.POSITIVE_INFINITY,
): Promise<Collection> {
  const result: Collection = { info: reader.info, records: [], losses: [], ended: [], alive: [], decls: [] };
  const declOf = new Map<Interest, EventDecl>();
  await reader.read({
    declare(decl) {
      result.decls.push(decl);
      const fields = decl.fields.slice(0, 16).map((_, field) => ({ field, slot: field, kind }));
      const interest = { fields, wantText: true, wantFields: true };
      declOf.set(interest, decl);
      return interest;
    },
    record(record: TraceRecord) {
      if (result.records.length >= limit) return;
      const decl = declOf.get(record.interest)!;
      result.records.push({
        name: decl.name,
        decl,
        time: (reader.info.clock.base ?? 0n) + BigInt(Math.round(record.t)),
        t: record.t,
        cpu: record.cpu,
        pid: record.pid,
        comm: record.comm,
        origin: record.origin,
        text: record.text,
        fields: record.fieldValues(),
        args: [...record.args.slice(record.base, record.base + Math.min(16, decl.fields.length))],
      });
    },
    alive(cpu, t) {
      result.alive.push({ cpu, t, before: result.records.length });
    },
    ended(pid, t) {
      result.ended.push({ pid, t, before: result.records.length });
    },
    lost(loss) {
      result.losses.push({ ...loss, before: result.records.length });
    },
  });
  return result;
}
