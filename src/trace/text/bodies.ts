import type { TraceInfo } from '../reader.js';
import type { DeclShape } from '../record.js';
import type { Delivery } from './deliver.js';
import type { Glue } from './glue.js';
import type { Head } from './head.js';
import { type Form, type Kind, NO_FIELDS, NO_PLACE, PLAIN_FORM, SINGLE } from './kind.js';
import { learnArguments, learnBody } from './learn.js';
import type { LineLog } from './log.js';
import { type EventName, MAX_KINDS } from './names.js';

/**
 * The bodies of events whose name is known: finds the kind by the body's form, declares it when it is new, reads the
 * fields and delivers. Each method counts the record and says whether the line is done with.
 */
export class Bodies {
  constructor(
    private readonly info: TraceInfo,
    private readonly log: LineLog,
    private readonly head: Head,
    private readonly delivery: Delivery,
    private readonly glue: Glue,
  ) {}

  /** An ordinary event: probe or tracepoint. */
  event(name: EventName, buf: Buffer, from: number, end: number): boolean {
    this.info.records++;
    this.delivery.begin(this.head);
    const { fields } = this.delivery;
    const { current } = name;
    if (current !== null && fields.body(current, buf, from, end)) {
      if (fields.doubtful && this.glue.found(buf, from, end)) return true;
      if (current.interest !== null) this.delivery.deliver(current, this.head, buf, from, end, end);
      else if (!name.skip) name.use(current);
      return true;
    }
    if (this.glue.found(buf, from, end)) return true;
    let kind = this.#fitting(name, buf, from, end, false);
    if (kind === null && name.kinds.length < MAX_KINDS) {
      const form = learnBody(buf, from, end);
      kind = this.declared(name, form, form.place !== NO_PLACE || form.hidden > 0 ? 'probe' : 'tracepoint');
      if (kind === null) return true;
      name.use(kind);
      // A line that does not fit its own form has fields that contradict their order: they stay unknown.
      if (!fields.body(kind, buf, from, end)) return this.misread(buf, from, end);
    }
    // So many forms are no forms: texts that look like fields.
    kind ??= this.#fitting(name, buf, from, end, true);
    if (kind === null) return this.misread(buf, from, end);
    name.use(kind);
    if (kind.interest !== null) this.delivery.deliver(kind, this.head, buf, from, end, end);
    return true;
  }

  /** The kind of this name that the body fits; its fields are read then. */
  #fitting(name: EventName, buf: Buffer, from: number, end: number, lenient: boolean): Kind | null {
    const { fields } = this.delivery;
    fields.lenient = lenient;
    let fitting: Kind | null = null;
    for (const kind of name.kinds) {
      if (!fields.body(kind, buf, from, end)) continue;
      fitting = kind;
      break;
    }
    fields.lenient = false;
    return fitting;
  }

  misread(buf: Buffer, from: number, end: number): boolean {
    this.info.unparsed++;
    this.log.sample(
      'odd-fields',
      'warning',
      'the fields of an event cannot be told apart',
      this.delivery.line,
      buf,
      from,
      end,
    );
    return true;
  }

  /** The kind of a name with this form; null, and told, when the name has too many. */
  declared(name: EventName, form: Form, shape: DeclShape): Kind | null {
    const kind = name.kind(form, shape, this.delivery.declare);
    if (kind === null) {
      this.info.unparsed++;
      this.log.add(
        'too-many-forms',
        'warning',
        `the event ${JSON.stringify(name.name)} has too many different field lists; further ones are not read`,
        this.delivery.line,
      );
    }
    return kind;
  }

  /** An event without fields: [from, end) is its text. */
  plain(name: EventName, shape: DeclShape, buf: Buffer, from: number, end: number): boolean {
    this.info.records++;
    this.delivery.begin(this.head);
    const usual = name.current !== null && name.current.form.style === NO_FIELDS;
    const kind = usual ? name.current : this.declared(name, PLAIN_FORM, shape);
    if (kind === null) return true;
    if (!usual || !name.skip) name.use(kind);
    if (kind.interest !== null) this.delivery.deliver(kind, this.head, buf, from, end, end);
    return true;
  }

  /** Named or unnamed arguments in [from, to); the whole text is [textFrom, textTo). */
  arguments(
    name: EventName,
    shape: DeclShape,
    base: Form,
    buf: Buffer,
    from: number,
    to: number,
    textFrom: number,
    textTo: number,
  ): boolean {
    this.info.records++;
    this.delivery.begin(this.head);
    const { fields } = this.delivery;
    let kind = name.current;
    if (kind === null || kind.form.style === SINGLE || !fields.list(kind, buf, from, to)) {
      const learned = learnArguments(buf, from, to);
      kind = this.declared(name, { ...learned, isReturn: base.isReturn }, shape);
      if (kind === null) return true;
      if (!fields.list(kind, buf, from, to)) return this.misread(buf, textFrom, textTo);
      name.use(kind);
    }
    if (kind.interest !== null) this.delivery.deliver(kind, this.head, buf, textFrom, textTo, to);
    return true;
  }

  /** A single value in [from, end). */
  single(name: EventName, form: Form, buf: Buffer, from: number, end: number): boolean {
    this.info.records++;
    this.delivery.begin(this.head);
    let kind = name.current;
    if (kind === null || kind.form.style !== SINGLE) {
      kind = this.declared(name, form, 'tracepoint');
      if (kind === null) return true;
      name.use(kind);
    }
    this.delivery.fields.single(kind, buf, from, end);
    if (kind.interest !== null) this.delivery.deliver(kind, this.head, buf, from, end, end);
    return true;
  }
}
