import { latin1 } from './cursor.js';
import { type EventFormat, parseEventFormat } from './event-format.js';

/** ftrace event ids are 16 bits. */
export const MAX_EVENT_ID = 0xffff;

interface Entry {
  readonly system: string;
  readonly text: Uint8Array;
}

/**
 * The event formats of a trace, parsed only when a record of the event comes: a file may describe thousands of
 * events and hold ten.
 */
export class EventTable {
  readonly #entries = new Map<number, Entry>();

  constructor(public longSize: number) {}

  /** Notes one format text (kept, not copied). false when it has no usable `ID:`. */
  add(system: string, text: Uint8Array): boolean {
    const head = latin1(text.subarray(0, 512));
    const id = Number(/^ID:[ \t]*(\d+)/m.exec(head)?.[1] ?? Number.NaN);
    if (!(id >= 0 && id <= MAX_EVENT_ID)) return false;
    this.#entries.set(id, { system, text });
    return true;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Ids in the order of their appearance. */
  ids(): IterableIterator<number> {
    return this.#entries.keys();
  }

  /** Names in the order of their appearance. */
  *names(): Iterable<string> {
    for (const { text } of this.#entries.values()) {
      const name = /^name:[ \t]*(\S+)/m.exec(latin1(text.subarray(0, 512)));
      if (name !== null) yield name[1];
    }
  }

  /** null for an id that the trace does not describe, or not in a readable way. */
  get(id: number): EventFormat | null {
    const entry = this.#entries.get(id);
    if (entry === undefined) return null;
    return parseEventFormat(latin1(entry.text), entry.system, this.longSize);
  }
}
