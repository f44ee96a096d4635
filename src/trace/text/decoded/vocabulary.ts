import type { Decoder } from '../../decoder/decoder.js';
import { type Kind, NO_FIELDS, NO_PLACE, PAIRS } from '../kind.js';
import { EVENT, type EventName, MARKER } from '../names.js';
import type { Vocabulary } from '../vocabulary.js';
import type { LineEmitter } from './emitter.js';

/** Forms that the decoder knows at most, and the bytes of their keys: its memory is given back when it ends. */
const [MOST_FORMS, MOST_BYTES] = [4096, 4096];
/** Bytes of a form, a field, a wish: decoder/assembly/text/body.ts. */
const [FORM, FIELD, WISH] = [32, 16, 8];

/** What the lines of a word are: decoder/assembly/text/words.ts. */
const [LEFT, SKIPPED, WANTED] = [0, 1, 2];

/** What of a kind becomes a form. */
type Body = Pick<Kind, 'form' | 'symbol' | 'keys' | 'waits' | 'wishAt' | 'slots' | 'codes'>;
const NONE = new Uint8Array(0);

/** Tells the decoder which words the reader has learned, and how the lines behind them are written. */
export class DecodedVocabulary {
  /** Where the decoder has a name's words. */
  readonly #words = new Map<EventName, number[]>();
  readonly #forms = new Map<Kind, number>();

  constructor(
    private readonly decoder: Decoder,
    private readonly emitter: LineEmitter,
    private readonly vocabulary: Vocabulary,
  ) {}

  /** Tells what has changed since the last time. */
  update(): void {
    const { changed } = this.vocabulary;
    if (changed.size === 0) return;
    for (const name of changed) {
      const [what, form] = this.#linesOf(name);
      for (const word of this.#wordsOf(name)) this.decoder.run.setWord(word, what, form);
    }
    changed.clear();
  }

  #wordsOf(name: EventName): readonly number[] {
    const words = this.vocabulary.words.get(name) ?? [];
    let known = this.#words.get(name);
    if (known === undefined) {
      known = [];
      this.#words.set(name, known);
    }
    for (let i = known.length; i < words.length; i++) {
      const word = this.#newWord(words[i]);
      // There are too many: the lines of the others are left to the reader.
      if (word === 0) break;
      known.push(word);
    }
    return known;
  }

  #newWord(bytes: Uint8Array): number {
    const { decoder } = this;
    const word = decoder.run.newWord(bytes.length);
    if (word === 0) return 0;
    decoder.refresh();
    decoder.bytes.set(bytes, decoder.run.bytesOf(word));
    decoder.run.addWord(word);
    return word;
  }

  #linesOf(name: EventName): [what: number, form: number] {
    const { current, kinds, role, skip } = name;
    let what = LEFT;
    // The name may be used for another function by now; the text of a mark may go on in the next line.
    if (skip && role !== MARKER && (kinds[0].form.place === NO_PLACE || kinds.length === 1)) what = SKIPPED;
    else if (!skip && role === EVENT && current !== null && isPlain(current)) what = WANTED;
    const form = what === LEFT ? 0 : this.#formOf(what === SKIPPED ? kinds[0] : (current as Kind));
    return form === 0 ? [LEFT, 0] : [what, form];
  }

  /** The form of these bodies, or where nothing of them is wanted of what stands before their fields; 0: there are too many. */
  #formOf(kind: Kind): number {
    let form = this.#forms.get(kind);
    if (form === undefined) {
      form = this.#forms.size < MOST_FORMS ? this.#newForm(kind) : 0;
      this.#forms.set(kind, form);
    }
    return form;
  }

  #newForm(kind: Kind): number {
    if (kind.interest === null) return this.#writeForm({ ...kind, keys: [], slots: NONE }, 0, false);
    const code = this.emitter.add(kind);
    this.decoder.run.setPlan(code, 0, kind.interest.part ?? 0);
    // (And one of the fields that can wait.)
    if (kind.waiting.length > 0) this.emitter.setRest(code, this.#writeForm(kind, code, true));
    return this.#writeForm(kind, code, false);
  }

  #writeForm(kind: Body, code: number, ofWaiting: boolean): number {
    const { keys, symbol, waits, wishAt, slots, codes, form } = kind;
    const texts = [symbol, ...keys];
    const size = texts.reduce((sum, text) => sum + room(text), 0);
    const place = this.decoder.run.newForm(keys.length, slots.length, size);
    this.decoder.refresh();
    const { bytes, view } = this.decoder;
    const write = (at: number, ...values: number[]): void =>
      values.forEach((value, i) => view.setUint32(at + 4 * i, value, true));
    let wish = place + FORM + FIELD * keys.length;
    let free = wish + WISH * slots.length;
    const [symbolAt, ...keysAt] = texts.map((text) => {
      const at = free;
      bytes.set(text, at);
      free += room(text);
      return at;
    });
    write(place, code, form.place, symbolAt, symbol.length, keys.length);
    keys.forEach((key, f) => {
      const wishes = (waits[f] === 1) === ofWaiting ? wishAt[f + 1] - wishAt[f] : 0;
      write(place + FORM + FIELD * f, keysAt[f], key.length, wish, wishes);
      for (let w = wishAt[f]; w < wishAt[f] + wishes; w++, wish += WISH) write(wish, slots[w] * 8, codes[w]);
    });
    return place;
  }
}

/** Bytes of a text that is compared eight at a time. */
const room = (text: Uint8Array): number => (text.length + 15) & ~7;

/** Fields that stand one behind the other, as the decoder reads them; nothing else is wanted of the line. */
function isPlain({ interest, form, keys, hidden }: Kind): boolean {
  if (interest === null || interest.wantText || interest.wantFields || hidden > 0) return false;
  if (keys.reduce((sum, key) => sum + key.length, 0) > MOST_BYTES) return false;
  return form.style === PAIRS || form.style === NO_FIELDS;
}
