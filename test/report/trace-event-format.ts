import assert from 'node:assert/strict';

/**
 * Chrome's Trace Event Format (JSON object form) as its definition describes it and as Perfetto's importer reads it
 * (src/trace_processor/importers/json and importers/common/flow_tracker.cc). `readTrace` checks these rules and gives
 * what Perfetto would have: slices on threads, and flows between slices.
 *
 *  1. The file is one JSON object with an array `traceEvents`; `displayTimeUnit` is "ms" or "ns".
 *  2. Every event has a string `ph` of the phases used here, integer `pid` and `tid` that fit 32 bits, a string `name`.
 *  3. `ts` and `dur` are finite numbers in microseconds, not negative, and survive the conversion to ns.
 *  4. A thread's name is looked up by its tid alone, so a tid belongs to one process only; tid ≠ pid.
 *  5. Complete events (`X`) of a thread nest: one that begins inside another ends inside it.
 *  6. Events are sorted by `ts`; equal times keep the order of the file.
 *  7. A flow event binds to the innermost slice that is open on its thread at its time: there must be one.
 *  8. A flow is known by (id, cat, name): one `s`, which comes before its `t` and `f`; `f` binds with `bp: "e"`.
 *  9. Metadata (`M`): process_name and thread_name have `args.name`, sort indices `args.sort_index`.
 */
export interface ReadSlice {
  readonly pid: number;
  readonly tid: number;
  readonly name: string;
  readonly cat: string;
  readonly start: number;
  readonly end: number;
  readonly args: Record<string, unknown>;
}

export interface ReadTrace {
  readonly processes: Map<number, string>;
  readonly threads: Map<number, { pid: number; name: string }>;
  readonly slices: ReadSlice[];
  readonly flows: { name: string; from: ReadSlice; to: ReadSlice }[];
}

interface RawEvent {
  ph: string;
  pid: number;
  tid: number;
  name: string;
  cat?: string;
  ts?: number;
  dur?: number;
  id?: number;
  bp?: string;
  args?: Record<string, unknown>;
}

export function readTrace(text: string): ReadTrace {
  const file = JSON.parse(text) as { traceEvents: RawEvent[]; displayTimeUnit: string };
  assert.ok(Array.isArray(file.traceEvents));
  assert.ok(['ms', 'ns'].includes(file.displayTimeUnit));
  const trace: ReadTrace = { processes: new Map(), threads: new Map(), slices: [], flows: [] };
  const timed: RawEvent[] = [];
  for (const event of file.traceEvents) {
    form(event);
    if (event.ph === 'M') metadata(event, trace);
    else timed.push(event);
  }
  const sorted = timed
    .map((event, i) => ({ event, i, ns: toNs(event.ts!) }))
    .sort((a, b) => a.ns - b.ns || a.i - b.i);
  const stacks = new Map<number, ReadSlice[]>();
  const flows = new Map<string, ReadSlice>();
  for (const { event, ns } of sorted) {
    const owner = trace.threads.get(event.tid);
    assert.ok(owner, `thread ${event.tid} has no name`);
    assert.equal(owner.pid, event.pid, `thread ${event.tid} belongs to one process`);
    let stack = stacks.get(event.tid);
    if (stack === undefined) stacks.set(event.tid, (stack = []));
    while (stack.length > 0 && stack.at(-1)!.end <= ns) stack.pop();
    if (event.ph === 'X') slice(event, ns, stack, trace);
    else flow(event, stack.at(-1), flows, trace);
  }
  return trace;
}

function form(event: RawEvent): void {
  const text = JSON.stringify(event);
  assert.ok(['X', 'M', 's', 't', 'f'].includes(event.ph), text);
  for (const number of [event.pid, event.tid])
    assert.ok(Number.isInteger(number) && number >= 0 && number < 2 ** 32, text);
  assert.equal(typeof event.name, 'string', text);
  if (event.ph === 'M') return;
  assert.notEqual(event.tid, event.pid, text);
  assert.equal(typeof event.cat, 'string', text);
  const times = event.ph === 'X' ? [event.ts, event.dur] : [event.ts];
  for (const t of times) {
    assert.ok(typeof t === 'number' && Number.isFinite(t) && t >= 0, text);
    assert.ok(Math.abs(t * 1000 - Math.round(t * 1000)) < 0.01, `${text}: whole nanoseconds`);
  }
  if (event.ph !== 'X') assert.ok(Number.isInteger(event.id), text);
}

const toNs = (us: number): number => Math.round(us * 1000);

function metadata({ name, pid, tid, args }: RawEvent, trace: ReadTrace): void {
  if (name === 'process_name') trace.processes.set(pid, String(args?.name));
  else if (name === 'thread_name') {
    assert.ok(!trace.threads.has(tid), `tid ${tid} is used twice`);
    assert.equal(typeof args?.name, 'string');
    trace.threads.set(tid, { pid, name: String(args?.name) });
  } else {
    assert.match(name, /^(process|thread)_sort_index$/);
    assert.ok(Number.isInteger(args?.sort_index));
  }
}

function slice(event: RawEvent, start: number, stack: ReadSlice[], trace: ReadTrace): void {
  const { pid, tid, name, cat = '', args = {} } = event;
  const own: ReadSlice = { pid, tid, name, cat, start, end: start + toNs(event.dur!), args };
  const outer = stack.at(-1);
  if (outer !== undefined) assert.ok(own.end <= outer.end, `${name} on ${tid} overlaps ${outer.name}`);
  stack.push(own);
  trace.slices.push(own);
}

function flow(
  event: RawEvent,
  open: ReadSlice | undefined,
  flows: Map<string, ReadSlice>,
  trace: ReadTrace,
): void {
  const key = `${event.id} ${event.cat} ${event.name}`;
  assert.ok(open, `flow ${key} (${event.ph}) at ${event.ts}: no slice is open`);
  if (event.ph === 's') {
    assert.ok(!flows.has(key), `flow ${key} starts twice`);
  } else {
    const from = flows.get(key);
    assert.ok(from, `flow ${key} has no start`);
    if (event.ph === 'f') assert.equal(event.bp, 'e');
    trace.flows.push({ name: event.name, from, to: open });
  }
  flows.set(key, open);
}
