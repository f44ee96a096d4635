import type { TraceInfo } from '../reader.js';
import { isDigit, SPACE, skipBlanks } from './bytes.js';
import { CALL_COMMENT, CALL_ENTRY, CALL_EXIT, CALL_IGNORED, CALL_LEAF, CallText } from './call.js';
import type { Delivery } from './deliver.js';
import type { Dispatcher } from './dispatch.js';
import type { Head } from './head.js';
import { durationAt } from './head-graph.js';
import { type Form, PLAIN_FORM } from './kind.js';
import { RETURN_FORM } from './learn.js';
import type { LineLog } from './log.js';
import { EventName, type FunctionName, MARKER } from './names.js';
import { CallStacks } from './stacks.js';
import type { Vocabulary } from './vocabulary.js';

const ENTRY_FORM: Form = { ...PLAIN_FORM, isReturn: false };
const EXIT_FORM: Form = { ...PLAIN_FORM, isReturn: true };

/** Calls and returns of function graphs, from tracefs' columns or trace-cmd's events, as records of their own. */
export class GraphLines {
  readonly stacks = new CallStacks();
  readonly #text = new CallText();
  /** What trace_printk left in a graph: `/* text *\/` without a name. */
  readonly #mark = new EventName('print', null, MARKER);

  constructor(
    private readonly info: TraceInfo,
    private readonly log: LineLog,
    private readonly head: Head,
    private readonly delivery: Delivery,
    private readonly vocabulary: Vocabulary,
    private readonly events: Dispatcher,
  ) {}

  /** `+ 40.180 us  `, `  0.123 us   `, or blanks: in ns, -1 for none. */
  duration(buf: Buffer, from: number, to: number): number {
    let i = skipBlanks(buf, from, to);
    if (i < to && !isDigit(buf[i]) && buf[i + 1] === SPACE) i = skipBlanks(buf, i + 1, to);
    return durationAt(buf, i, to);
  }

  /** The text behind the duration's bar; `truncated`: its time is cut off, not rounded. */
  call(buf: Buffer, from: number, end: number, duration: number, truncated: boolean): boolean {
    const { head } = this;
    const text = this.#text;
    const what = text.parse(buf, from, end);
    switch (what) {
      case CALL_ENTRY:
      case CALL_LEAF: {
        const func = this.vocabulary.func(buf, text.nameFrom, text.nameTo, text.nameHash);
        if (func === null) return false;
        this.delivery.begin(head, truncated);
        this.#entry(func, buf, end);
        if (what === CALL_LEAF) this.#leafExit(func, Math.max(duration, 0), buf);
        else this.stacks.enter(head.pid, head.cpu, text.depth, func);
        return true;
      }
      case CALL_EXIT:
        this.delivery.begin(head, truncated);
        this.#exit(buf, end);
        return true;
      case CALL_COMMENT:
        return this.#comment(buf, truncated);
      default:
        return what === CALL_IGNORED;
    }
  }

  #entry(func: FunctionName, buf: Buffer, end: number): void {
    const { argsFrom, argsTo, nameFrom } = this.#text;
    const { entry } = func;
    this.events.bodies.arguments(entry, 'graph-entry', ENTRY_FORM, buf, argsFrom, argsTo, nameFrom, end);
  }

  #leafExit(func: FunctionName, duration: number, buf: Buffer): void {
    this.info.records++;
    const { ret, retTo } = this.#text;
    const kind = this.events.bodies.declared(func.exit, ret < 0 ? EXIT_FORM : RETURN_FORM, 'graph-exit');
    if (kind === null || kind.interest === null) return;
    this.delivery.deliverLater(kind, this.head, duration, buf, Math.max(ret, 0), ret < 0 ? 0 : retTo);
  }

  #exit(buf: Buffer, end: number): void {
    this.info.records++;
    const { nameFrom, nameTo, nameHash, depth, ret, retTo } = this.#text;
    const { head, delivery } = this;
    const open = this.stacks.leave(head.pid, head.cpu, depth);
    const func = nameTo > nameFrom ? this.vocabulary.func(buf, nameFrom, nameTo, nameHash) : open;
    if (func === null) {
      this.log.add(
        'graph-exit-unnamed',
        'note',
        'a function returns whose call is not in the trace: its name is unknown, the return is left out',
        delivery.line,
      );
      return;
    }
    const kind = this.events.bodies.declared(func.exit, ret < 0 ? EXIT_FORM : RETURN_FORM, 'graph-exit');
    if (kind === null || kind.interest === null) return;
    if (ret >= 0) delivery.fields.single(kind, buf, ret, retTo);
    delivery.deliver(kind, head, buf, nameFrom, end, retTo);
  }

  #comment(buf: Buffer, truncated: boolean): boolean {
    const { textFrom, textTo } = this.#text;
    this.delivery.begin(this.head, truncated);
    if (this.events.event(buf, textFrom, textTo)) return true;
    return this.events.bodies.plain(this.#mark, 'marker', buf, textFrom, textTo);
  }
}
