/**
 * What a reader hands on: one record of a trace, in one buffer that is reused for every record.
 *
 * A reader asks the sink once per kind of event (`declare`) which fields it wants. Records of a kind
 * that nobody wants cost the reader a header and nothing else; wanted fields arrive as numbers in
 * `args`, so that the hot path makes no objects and no strings.
 */

/** How a kind of event was recorded. `graph-*` are function_graph records, `function` is the function tracer. */
export type DeclShape =
  | 'probe'
  | 'tracepoint'
  | 'function'
  | 'graph-entry'
  | 'graph-exit'
  | 'marker'
  | 'stack'
  | 'other';

/** A kind of event, as the trace describes it. */
export interface EventDecl {
  /** Event name as recorded, without its system (`probe:foo` gives `foo`); for function tracers the function. */
  readonly name: string;
  /** System or group, where the format has one (`vfio`, `probe`, `syscalls`), else null. */
  readonly system: string | null;
  /** Probed function, from the text's parenthesis or from kallsyms, without offset and module; null when unknown. */
  readonly symbol: string | null;
  /** true: a return probe; false: an entry probe; null: the format does not say. */
  readonly isReturn: boolean | null;
  readonly shape: DeclShape;
  /** Field names in record order. Empty when the kind has none. */
  readonly fields: readonly string[];
}

/**
 * How a field's value is put into `TraceRecord.args`:
 * - `number`: signed or unsigned integer as a double (exact up to 2^53), decimal or hex in text
 * - `page`: a user address or byte count or file offset divided by 4096 and rounded down: exact for all 64-bit values
 * - `pages-up`: the same rounded up
 * - `low52`: the low 52 bits as a double (a `pfn_t` carries flags in its top 12 bits)
 * - `pointer`: an identity: the small integer that the trace's PointerTable gives for the 64-bit value; 0 is NULL
 */
export type FieldKind = 'number' | 'page' | 'pages-up' | 'low52' | 'pointer';

export interface FieldRequest {
  /** Index into `EventDecl.fields`. */
  readonly field: number;
  /** Index into `TraceRecord.args`. The same field may be asked for twice with different kinds and slots. */
  readonly slot: number;
  readonly kind: FieldKind;
  /** Need not be there before `TraceRecord.load()`: most records can do without it. */
  readonly lazy?: boolean;
}

/** The sink's answer to `declare`. The same object comes back in `TraceRecord.interest`. */
export interface Interest {
  readonly fields: readonly FieldRequest[];
  /** Fill `record.text` with the event's payload (marker text; the body after the name in text formats). */
  readonly wantText: boolean;
  /** Make `record.fieldValues()` usable (slow; for `events --all`). */
  readonly wantFields: boolean;
  /** Its records' part in a bracket; left out: they break all that are open. */
  readonly part?: Part;
}

/**
 * See `Bracket`. `Ends`: the record tells only of the end of what its slot 3 names; `AtWork`: only that its thread is at
 * work. (Numbers: the decoder of binary traces knows them.)
 */
export const Part = { Opens: 1, Inside: 2, Closes: 3, Ends: 4, AtWork: 5 } as const;
export type Part = (typeof Part)[keyof typeof Part];

export const MAX_ARGS = 20;

/** A field's value as JSON shows it: small integers as numbers, pointers and 64-bit values as `0x…` strings. */
export type FieldValue = number | string | null | FieldValue[];

export class TraceRecord {
  /** What the sink answered when this kind of event was declared. */
  interest!: Interest;
  /** Nanoseconds since the trace's first record; ticks for a counter or unscaled tsc clock. */
  t = 0;
  cpu = 0;
  /** Thread id. */
  pid = 0;
  /** Task name as recorded; `<...>` when the trace does not know it. */
  comm = '';
  /** 1-based line number of a text trace, byte offset of the record in a binary one. */
  origin = 0;
  /** Wanted fields: slot n is at `base + n`; NaN for one that is missing or unreadable in this record. */
  args: Float64Array = new Float64Array(MAX_ARGS);
  base = 0;
  /** Puts the lazy fields into `args` too; only valid during `sink.record`. A reader that reads all at once leaves it empty. */
  load: () => void = () => {};
  /** Payload text, when `interest.wantText`. */
  text = '';
  /** All fields by name, when `interest.wantFields`; only valid during `sink.record`. */
  fieldValues: () => Record<string, FieldValue> = () => ({});
}

/** The most records of a bracket. */
export const MAX_BRACKET = 64;

/** What the records of a bracket are, in their order: one object for all brackets that are alike. */
export interface BracketShape {
  readonly interests: readonly Interest[];
  /** The sink's own. */
  note: unknown;
}

/**
 * Records of one thread on one CPU, each later than the one before, that a sink may take at once. With a shape: all of a
 * call that ran through, from the one that opens it to the one that closes it, while nothing happened on other CPUs but
 * what other threads did in such calls; offered when the first of them has its turn, so that what a call of another
 * thread did meanwhile may come behind it. Without: records of one part, `Ends` or `AtWork`, between which there is no
 * other. One object, reused.
 */
export class Bracket {
  shape: BracketShape | null = null;
  part: Part = Part.Opens;
  count = 0;
  cpu = 0;
  pid = 0;
  comm = '';
  /** Record i: at `rows[i]` its time, behind it its origin; slot n of its fields is at `rows[i] + BRACKET_ARGS + n`. */
  values: Float64Array = new Float64Array(0);
  readonly rows = new Int32Array(MAX_BRACKET);
}

/** See `Bracket.values`. */
export const BRACKET_ARGS = 6;

/** Events were lost: on `cpu`, before the records that follow. */
export interface Loss {
  /** -1 when the trace does not say which CPU. */
  readonly cpu: number;
  /** How many; -1 when unknown. */
  readonly count: number;
  /**
   * `gap`: between the record before and after it on that CPU. `start`: the beginning of the trace was overwritten.
   * `total`: only a total is known (CPUSTAT, kernel counters), not where.
   */
  readonly where: 'gap' | 'start' | 'total';
  readonly origin: number;
}

export type Severity = 'error' | 'warning' | 'note';

/** Something about the input worth telling: counted per code, one sample place kept. Codes are stable. */
export interface Diagnostic {
  readonly code: string;
  readonly severity: Severity;
  readonly message: string;
  readonly count: number;
  /** Line or byte offset of the first one; -1 when it has no place. */
  readonly origin: number;
}

export interface TraceSink {
  /** Asked once per kind of event before its first record; null = not wanted. */
  declare(decl: EventDecl): Interest | null;
  record(record: TraceRecord): void;
  /** Takes all records of a call at once (true), or leaves them to `record`. Optional for readers as well. */
  call?(bracket: Bracket): boolean;
  /** Takes records of one part from this one on; returns the first that it does not take: that one is for `record`. */
  series?(bracket: Bracket, from: number): number;
  lost(loss: Loss): void;
  /** The CPU recorded something else at `t` (perf.data tells): what it lost after that was lost after that. */
  alive?(cpu: number, t: number): void;
  /** The thread is gone at `t` (perf.data tells): what it was in the middle of is over, and another may get its tid. */
  ended?(pid: number, t: number): void;
}
