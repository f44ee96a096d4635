import type { EventRecord, Evidence } from '../records.js';
import { type Context, exposureEnd } from './context.js';
import { enclosingMarks, endingMarks, installMarks, marksOf, openEnd, visitMarks } from './marks.js';
import type { Step } from './record.js';

/** Calls around the insert that are shown, innermost ones. */
const MAX_ENCLOSING = 2;

interface Frame {
  pid: number;
  begin: number;
  end: number;
}

/** A step before its place among the others is known. */
interface Moment extends Omit<Step, 'since_ns' | 'depth' | 'end_ns'> {
  /** Order among equal times. */
  rank: number;
}

/** The finding's story, in the order of time: evidence, and what helps to understand it. */
export function stepsOf(context: Context): Step[] {
  const builder = new Builder(context);
  builder.enclosing();
  for (const e of context.finding.evidence) builder.evidence(e);
  builder.installs();
  builder.visits();
  builder.ending();
  return builder.steps();
}

class Builder {
  readonly #moments: Moment[] = [];
  readonly #frames: Frame[] = [];
  /** Frames by who closes them: role of the evidence, and task. */
  readonly #open = new Map<string, number>();

  constructor(private readonly context: Context) {}

  evidence(e: Evidence): void {
    const { role } = e;
    // The visit that it was made from is told with its end.
    if (role === 'range-walked' && this.context.records.has(e)) return;
    const closes = CLOSES[role];
    const frame = closes === undefined ? this.#frameOf(e) : this.#open.get(`${closes} ${e.pid}`);
    const end = this.context.records.get(e)?.end_ns;
    if (CLOSED_BY[role] !== undefined && this.#hasRole(CLOSED_BY[role], e.pid)) {
      this.#add(e, 'begin', frame ?? this.#frameOf(e));
      this.#open.set(`${role} ${e.pid}`, this.#frames.length - 1);
    } else if (closes !== undefined && frame !== undefined) {
      this.#add(e, 'end', frame);
      this.#frames[frame].end = e.t_ns;
    } else {
      const opened = frame ?? this.#frameOf(e);
      if (end !== null && end !== undefined) this.#frames[opened].end = end;
      this.#add(e, role === 'block' ? 'begin' : 'point', opened);
    }
  }

  /** Calls that the insert runs inside: the driver's .mmap, the fault handler. */
  enclosing(): void {
    const { enclosing, finding } = this.context;
    const install = finding.evidence.find((e) => e.role === 'install' || e.role === 'access');
    const around = enclosing.filter((e) => e.pid === install?.pid).sort((a, b) => a.t_ns - b.t_ns);
    for (const event of around.slice(-MAX_ENCLOSING)) {
      const frame = this.#frame(event.pid, event.t_ns, event.end_ns ?? event.t_ns);
      this.#push(event, 'begin', frame, textOf(event), enclosingMarks(event, this.context));
      const end = finding.evidence.find(
        (e) => e.role === 'mmap-return' && e.pid === event.pid && e.t_ns === event.end_ns,
      );
      if (end !== undefined) this.#open.set(`mmap ${event.pid}`, frame);
    }
  }

  /** The insert whose PTE served an access, where the trace has it. */
  installs(): void {
    const { finding, installs } = this.context;
    if (finding.rule !== 'access-after-zap' || finding.address === null) return;
    const page = BigInt(finding.address);
    for (const event of installs) {
      if (event.address === null || event.pages === null) continue;
      const start = BigInt(event.address);
      if (page < start || page >= start + BigInt(event.pages) * 4096n) continue;
      const frame = this.#frame(event.pid, event.t_ns, event.end_ns ?? event.t_ns);
      this.#push(event, 'call', frame, textOf(event), installMarks(event));
    }
  }

  /** What the zap walked. A walk that something else happens in is shown with its end. */
  visits(): void {
    const { context } = this;
    for (const event of context.visits) {
      const end = event.end_ns ?? event.t_ns;
      const frame = this.#frame(event.pid, event.t_ns, end);
      const marks = visitMarks(event, context);
      const inside = this.#moments.some((m) => m.t_ns > event.t_ns && m.t_ns < end);
      this.#push(event, inside ? 'begin' : 'call', frame, textOf(event), inside ? [] : marks);
      if (!inside) continue;
      this.#push({ ...event, t_ns: end }, 'end', frame, `${event.symbol ?? event.name} returns`, marks);
    }
  }

  ending(): void {
    const { context } = this;
    const { ending, finding } = context;
    const t = exposureEnd(finding);
    const marks = endingMarks(context);
    if (ending !== null) {
      this.#push(ending, 'point', this.#frame(ending.pid, ending.t_ns, ending.t_ns), textOf(ending), marks);
    } else if (t !== null && finding.ended_by !== 're-enabled') {
      const words = openEnd(context) ?? marks[0];
      if (words === undefined) return;
      // No record of its own: the trace's last moment, or one that only the model knows.
      const last = finding.evidence.find((e) => e.role.startsWith('install')) ?? finding.evidence[0];
      this.#moments.push({
        ...taskOf(last, finding.ended_by === 'trace-end'),
        t_ns: t,
        role: 'exposure-end',
        phase: 'point',
        frame: this.#frame(last.pid, t, t),
        text: '',
        marks: [words],
        evidence: false,
        origin: null,
        rank: this.#moments.length,
      });
    }
  }

  steps(): Step[] {
    const moments = this.#moments.sort((a, b) => a.t_ns - b.t_ns || a.rank - b.rank);
    const zero = moments[0]?.t_ns ?? 0;
    return merged(moments).map((moment) => ({
      ...this.#step(moment),
      since_ns: moment.t_ns - zero,
      depth: this.#depth(moment),
      end_ns: this.#end(moment),
    }));
  }

  #hasRole(role: string, pid: number): boolean {
    return this.context.finding.evidence.some((e) => e.role === role && e.pid === pid);
  }

  #frameOf(e: Evidence): number {
    return this.#frame(e.pid, e.t_ns, e.t_ns);
  }

  #frame(pid: number, begin: number, end: number): number {
    return this.#frames.push({ pid, begin, end }) - 1;
  }

  #add(e: Evidence, phase: Step['phase'], frame: number): void {
    this.#moments.push({
      t_ns: e.t_ns,
      cpu: e.cpu,
      pid: e.pid,
      comm: e.comm,
      role: e.role,
      phase,
      frame,
      text: e.text,
      marks: marksOf(e, this.context),
      evidence: true,
      origin: e.origin,
      rank: this.#moments.length,
    });
  }

  #push(event: EventRecord, phase: Step['phase'], frame: number, text: string, marks: string[]): void {
    this.#moments.push({
      t_ns: event.t_ns,
      cpu: event.cpu,
      pid: event.pid,
      comm: event.comm,
      role: event.kind,
      phase,
      frame,
      text,
      marks,
      evidence: false,
      origin: event.origin,
      // A call that begins at the same time as what it encloses comes first.
      rank: phase === 'begin' ? -1 : this.#moments.length,
    });
  }

  #step({ rank: _, ...step }: Moment): Omit<Moment, 'rank'> {
    return step;
  }

  #end({ frame, phase }: Moment): number | null {
    const { begin, end } = this.#frames[frame];
    return phase !== 'point' && phase !== 'end' && end > begin ? end : null;
  }

  #depth({ t_ns, pid, frame }: Moment): number {
    const own = this.#frames[frame];
    return this.#frames.filter(
      (f, i) =>
        i !== frame &&
        f.pid === pid &&
        f.begin <= t_ns &&
        t_ns <= f.end &&
        f.end > f.begin &&
        (f.begin < own.begin || f.end > own.end),
    ).length;
  }
}

/** Evidence that is the return of a call whose begin is evidence too. */
const CLOSES: Record<string, string> = {
  'install-return': 'install',
  'zap-end': 'zap-begin',
  'mmap-return': 'mmap',
};
const CLOSED_BY: Record<string, string> = { install: 'install-return', 'zap-begin': 'zap-end' };

function taskOf({ cpu, pid, comm }: Evidence, nowhere: boolean): { cpu: number; pid: number; comm: string } {
  return nowhere ? { cpu: -1, pid: -1, comm: '' } : { cpu, pid, comm };
}

/** An insert whose begin and return follow one another is one line: `vmf_insert_pfn(…) = 0x100 NOPAGE`. */
function merged(moments: readonly Moment[]): Moment[] {
  const out: Moment[] = [];
  for (const moment of moments) {
    const last = out.at(-1);
    if (
      last?.phase === 'begin' &&
      moment.phase === 'end' &&
      last.frame === moment.frame &&
      last.role === 'install'
    ) {
      const result = / returns (.*)$/.exec(moment.text)?.[1];
      last.phase = 'call';
      last.text += result === undefined ? '' : ` = ${result}`;
      last.marks = moment.marks;
      continue;
    }
    out.push({ ...moment });
  }
  return out;
}

/** A context event in kernel words, as evidence has them. */
export function textOf(event: EventRecord): string {
  const args: string[] = [];
  if (event.vma !== null) args.push(`vma=${event.vma}`);
  if (event.address !== null) args.push(`addr=${event.address}`);
  if (event.pages !== null && event.pages > 1 && event.pages < 2 ** 50 && !event.order) {
    args.push(`size=0x${(BigInt(event.pages) * 4096n).toString(16)}`);
  }
  if (event.order) args.push(`order=${event.order}`);
  if (event.pfn !== null) args.push(`pfn=${event.pfn}`);
  const result =
    event.result === null || event.kind === 'fault' || event.kind.startsWith('mmap')
      ? ''
      : ` = ${event.result}`;
  return `${event.symbol ?? event.name}(${args.join(', ')})${result}`;
}
