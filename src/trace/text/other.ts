import type { TraceInfo } from '../reader.js';
import { EQUALS, GREATER, SPACE, TAB } from './bytes.js';
import type { Delivery } from './deliver.js';
import type { Dispatcher } from './dispatch.js';
import type { LineLog } from './log.js';
import { commentMark, knownUnreadable, type Mark, marginMark } from './marks.js';

/** Marks and headers are short. */
const MARGIN = 200;

/** Lines that are no records: headers, marks of lost events, stacks, continued texts, and what cannot be read. */
export class OtherLines {
  constructor(
    private readonly info: TraceInfo,
    private readonly log: LineLog,
    private readonly dispatch: Dispatcher,
    private readonly delivery: Delivery,
  ) {}

  blank(): void {
    this.dispatch.afterMarker = false;
  }

  comment(buf: Buffer, from: number, end: number): void {
    this.#mark(commentMark(this.#text(buf, from, end)));
  }

  line(buf: Buffer, from: number, end: number): void {
    const mark = marginMark(this.#text(buf, from, end));
    if (mark !== null) this.#mark(mark);
    else if (!isStackLine(buf, from, end)) this.#unread(buf, from, end);
  }

  #text(buf: Buffer, from: number, end: number): string {
    return buf.toString('latin1', from, Math.min(end, from + MARGIN));
  }

  #mark(mark: Mark): void {
    const { info, dispatch, delivery } = this;
    if (mark.release !== undefined) info.release = mark.release;
    if (mark.warning !== undefined) this.log.add(mark.warning[0], 'warning', mark.warning[1], delivery.line);
    if (mark.begins && info.records > 0) {
      this.log.add('second-trace', 'note', 'another trace begins in the same input', delivery.line);
      dispatch.vocabulary.forget();
      // What happened between the two is in neither.
      delivery.lost({ cpu: -1, count: -1, where: 'gap', origin: delivery.line });
    }
    if (mark.loss !== undefined) {
      // What was overwritten before a second trace lies between the two.
      const inside = mark.loss.where === 'start' && mark.loss.cpu < 0 && info.records > 0;
      dispatch.graph.stacks.clear();
      delivery.lost({ ...mark.loss, where: inside ? 'gap' : mark.loss.where, origin: delivery.line });
    }
  }

  #unread(buf: Buffer, from: number, end: number): void {
    const { line } = this.delivery;
    if (this.dispatch.afterMarker) {
      this.log.sample(
        'continued-text',
        'note',
        'lines that continue the text of a mark are not read',
        line,
        buf,
        from,
        end,
      );
      return;
    }
    this.info.unparsed++;
    const known = knownUnreadable(this.#text(buf, from, end));
    const [code, message] = known ?? ['unparsed-line', 'lines that are no part of a trace text, or damaged'];
    this.log.sample(code, 'warning', message, line, buf, from, end);
  }
}

/**
 * Lines of a stack, which belong to the record before them.
 *
 *     => vma_link_file (ffffffffa93b2c58)                  trace-cmd
 *      => copy_page_range+0x9/0x1920                       tracefs
 *     	ffffffffa70d2379 exc_page_fault+0x129 ([kernel.kallsyms])      perf script -g
 */
function isStackLine(buf: Buffer, from: number, end: number): boolean {
  let i = from;
  while (i < end && (buf[i] === SPACE || buf[i] === TAB)) i++;
  if (i >= end) return true;
  if (buf[i] === EQUALS && buf[i + 1] === GREATER) return true;
  return i > from && /^[0-9a-f]+ \S/.test(buf.toString('latin1', i, Math.min(end, i + 40)));
}
