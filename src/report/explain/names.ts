import type { ExplanationRecord } from './record.js';

/**
 * Pointers of the story by short names, so that a call fits into a column: `vma2` for the vm_area_struct of the
 * finding, `mapping` and `dev` for its address_space and device. The legend above the diagram gives the values.
 */
export class Names {
  readonly #names = new Map<string, string>();
  /** The range of the VMA, which the legend gives too. */
  #range = '';
  /** Name and value, for the legend. */
  readonly legend: [name: string, value: string][] = [];

  constructor({ vma, zap, finding, steps }: ExplanationRecord) {
    const text = steps.map((s) => s.text).join(' ');
    const name = (argument: string, value: string | null | undefined, short: string) => {
      if (value === null || value === undefined) return;
      this.#names.set(`${argument}=${value}`, short);
      if (text.includes(`${argument}=${value}`)) this.legend.push([short, value]);
    };
    name('vma', vma?.pointer, vma?.id ?? 'vma');
    name('mapping', vma?.mapping ?? zap?.mapping, 'mapping');
    name('dev', this.#device(text, finding.device), 'dev');
    if (vma !== null) this.#names.set(`vma=${vma.id}`, vma.id);
    if (vma !== null) this.#range = `, range=${vma.start}-${vma.end}`;
  }

  /** The one device pointer of the story; a device may be known by several pointers. */
  #device(text: string, known: string | null): string | null {
    const all = new Set([...text.matchAll(/\bdev=(0x[0-9a-f]+)/g)].map((m) => m[1]));
    return all.size === 1 ? [...all][0] : known;
  }

  short(text: string): string {
    return text.replace(this.#range, '').replace(/\b(?:vma|mapping|dev)=[^,)\s]+/g, (argument) => {
      const known = this.#names.get(argument);
      if (known !== undefined) return known;
      return /^vma=vma\d+$/.test(argument) ? argument.slice(4) : argument;
    });
  }
}
