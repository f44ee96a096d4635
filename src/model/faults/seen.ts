/** What a trace has, and so what can be said about its faults. A number that was not recorded is not 0. */
export class Seen {
  /** Calls of fault handlers. */
  handler = false;
  handlerReturn = false;
  handlerResult = false;
  /** A handler's order, from its argument or because it has only one. */
  handlerOrder = false;
  /** Handlers that take an order were asked for one above 0. */
  hugeAsked = false;
  /** Handler calls that name no VMA. */
  withoutVma = 0;
  insert = false;
  insertReturn = false;
  insertResult = false;
  /** Something that runs under the driver's lock inside a handler. */
  lock = false;
  zap = false;
  visit = false;

  /** Codes of what is not there, in a fixed order. */
  missing(): Missing[] {
    const out: Missing[] = [];
    const lacks = (code: Missing, present: boolean): void => {
      if (!present) out.push(code);
    };
    lacks('handler', this.handler);
    if (this.handler) {
      lacks('handler-return', this.handlerReturn);
      if (this.handlerReturn) lacks('handler-result', this.handlerResult);
      lacks('handler-order', this.handlerOrder);
      lacks('handler-vma', this.withoutVma === 0);
      lacks('lock', this.lock);
    }
    lacks('insert', this.insert);
    if (this.insert) {
      lacks('insert-return', this.insertReturn);
      if (this.insertReturn) lacks('insert-result', this.insertResult);
    }
    lacks('zap', this.zap);
    if (this.zap) lacks('visit', this.visit);
    return out;
  }
}

export type Missing =
  | 'handler'
  | 'handler-return'
  | 'handler-result'
  | 'handler-order'
  | 'handler-vma'
  | 'lock'
  | 'insert'
  | 'insert-return'
  | 'insert-result'
  | 'zap'
  | 'visit';
