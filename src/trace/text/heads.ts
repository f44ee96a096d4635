import type { TraceInfo } from '../reader.js';
import { MINUS } from './bytes.js';
import { parseColumns } from './columns.js';
import type { Dispatcher } from './dispatch.js';
import { COMM_WIDTH, type Head } from './head.js';
import { GRAPH_CALL, GRAPH_NO, GRAPH_SWITCH, GraphColumns, parseVerboseHead } from './head-graph.js';
import { parsePerfColumns, parsePerfHead } from './head-perf.js';
import type { LineLog } from './log.js';

const FTRACE = 0;
const PERF = 1;
const COLUMNS = 2;
const VERBOSE = 3;
const DIALECTS = 4;
/** More records in one line are hostile text. */
const MAX_GLUED = 16;

/** Knows in which dialect the last line was written, and tries that first with the next one. */
export class Heads {
  /** Columns that the next line of this layout has its `-`, `]` and `:` in; -1: it has none. */
  dash = 16;
  bracket = -1;
  /** 0: no layout is known yet, or it has no columns. */
  colon = 0;
  /** Digits of the time's fraction. */
  digits = 0;
  #dialect: number;
  readonly #graph = new GraphColumns();
  /** The task that runs on a CPU, in graphs that name it only when it changes. */
  readonly #running = new Map<number, { pid: number; comm: string }>();

  constructor(
    private readonly info: TraceInfo,
    private readonly log: LineLog,
    private readonly head: Head,
    private readonly dispatch: Dispatcher,
    isPerf: boolean,
  ) {
    this.#dialect = isPerf ? PERF : FTRACE;
  }

  get isPerf(): boolean {
    return this.#dialect === PERF;
  }

  get flagsWidth(): number {
    return this.head.flagsWidth;
  }

  /** The next line may have its marks where the last one had them. */
  get hasColumns(): boolean {
    const { colon, bracket, digits, dash } = this;
    return (
      colon > 0 && bracket >= 0 && digits > 0 && (this.isPerf || (this.#dialect === FTRACE && dash >= 0))
    );
  }

  /** Parses the head of a line that has its marks where the last one had them; false: look at it more closely. */
  sameColumns(buf: Buffer, from: number): boolean {
    if (this.bracket < 0 || this.digits === 0) return false;
    this.head.comm = null;
    if (this.#dialect === PERF) {
      return parsePerfColumns(this.head, buf, from, from + this.bracket, from + this.colon, this.digits);
    }
    if (this.#dialect !== FTRACE || this.dash < 0) return false;
    return parseColumns(
      this.head,
      buf,
      from,
      from + this.dash,
      from + this.bracket,
      from + this.colon,
      this.digits,
    );
  }

  /** Goes on where another record began in the middle of the last line. */
  readGlued(buf: Buffer, end: number): void {
    const at = this.dispatch.glue.at;
    this.dispatch.glue.at = 0;
    this.read(buf, at, end);
  }

  /** Reads a line as a record, or several that are glued together; false when no dialect has such lines. */
  read(buf: Buffer, from: number, end: number): boolean {
    let start = from;
    for (let n = 0; n < MAX_GLUED; n++) {
      const found = this.#one(buf, start, end);
      start = this.dispatch.glue.at;
      if (start === 0) return found;
      this.dispatch.glue.at = 0;
    }
    return false;
  }

  #one(buf: Buffer, from: number, end: number): boolean {
    if (this.#try(this.#dialect, buf, from, end)) return true;
    for (let dialect = 0; dialect < DIALECTS; dialect++) {
      if (dialect === this.#dialect || !this.#try(dialect, buf, from, end)) continue;
      this.#dialect = dialect;
      return true;
    }
    return false;
  }

  #try(dialect: number, buf: Buffer, from: number, end: number): boolean {
    const { head } = this;
    head.comm = null;
    switch (dialect) {
      case FTRACE:
        if (!this.#ftrace(buf, from, end)) return false;
        break;
      case PERF:
        if (!parsePerfHead(head, buf, from, end)) return false;
        break;
      case COLUMNS:
        return this.#columns(buf, from, end);
      case VERBOSE:
        if (!parseVerboseHead(head, buf, from, end)) return false;
    }
    if (!this.dispatch.event(buf, head.body, end)) return false;
    if (head.relative) {
      this.log.add(
        'relative-time',
        'note',
        'latency format: times are microseconds since the start of the trace, not of the clock',
        this.dispatch.line,
      );
    }
    this.dash = head.dash < 0 ? -1 : head.dash - from;
    this.bracket = head.bracket < 0 ? -1 : head.bracket - from;
    this.colon = head.relative ? 0 : head.colon - from;
    this.digits = head.digits;
    return true;
  }

  #ftrace(buf: Buffer, from: number, end: number): boolean {
    const { head } = this;
    const dash = from + (this.dash < 0 ? 16 : this.dash);
    if (dash < end && buf[dash] === MINUS && head.parseAt(buf, from, end, dash)) return true;
    if (!head.search(buf, from, end)) return false;
    if (head.dash - COMM_WIDTH > from) this.#cutBefore(buf, from, head.dash - COMM_WIDTH, end);
    return true;
  }

  /** `vfiolab-217     (    217) [000]          vfiolab-220     (    220) [001] .....    15.995540: …` */
  #cutBefore(buf: Buffer, from: number, to: number, end: number): void {
    const cut = /-\d+ +(?:\([\d -]+\) +)?\[(\d+)\]/.exec(buf.toString('latin1', from, to));
    if (cut !== null) this.dispatch.glue.cutRecord(Number(cut[1]), buf, from, end);
  }

  #columns(buf: Buffer, from: number, end: number): boolean {
    const { head } = this;
    const what = this.#graph.parse(head, buf, from, end);
    if (what === GRAPH_NO) return false;
    this.colon = 0;
    if (what === GRAPH_SWITCH) {
      if (this.#running.size > 65536) this.#running.clear();
      this.#running.set(head.cpu, { pid: head.pid, comm: buf.toString('utf8', head.commFrom, head.commTo) });
      return true;
    }
    if (what !== GRAPH_CALL) return true;
    if (!this.#graph.hasTime) {
      // A record that was read, but cannot be placed: the verdict cannot rest on it, and the trace is not unreadable.
      this.info.records++;
      this.info.unparsed++;
      this.log.sample(
        'graph-without-time',
        'warning',
        'function graph without absolute times: nothing can be ordered; record it with the option funcgraph-abstime',
        this.dispatch.line,
        buf,
        from,
        end,
      );
      return true;
    }
    if (!this.#graph.hasTask) {
      const task = this.#running.get(head.cpu);
      head.pid = task?.pid ?? -1;
      head.comm = task?.comm ?? '<...>';
    }
    return this.dispatch.graph.call(buf, head.body, end, this.#graph.duration, true);
  }
}
