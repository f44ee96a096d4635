import type { Block } from './block.js';

/** More are not kept. */
const MOST = 1 << 16;

/** Task names by number: rows hold no strings. */
export class CommNumbers {
  readonly #names: string[] = [];
  readonly #numbers = new Map<string, number>();

  constructor(private readonly block: () => Block) {}

  /** The number of the name at this place of the decoder's memory. */
  readonly intern = (place: number, length: number): number => {
    const block = this.block();
    const from = block.toChunk(place);
    const name = block.buf.toString('utf8', from, from + length);
    let number = this.#numbers.get(name);
    if (number === undefined) {
      number = this.#names.push(name) - 1;
      this.#numbers.set(name, number);
    }
    return number;
  };

  name(number: number): string {
    return this.#names[number];
  }

  /** There are so many that they are to be forgotten, here and in the decoder. */
  get isFull(): boolean {
    return this.#names.length > MOST;
  }

  forget(): void {
    this.#names.length = 0;
    this.#numbers.clear();
  }
}
