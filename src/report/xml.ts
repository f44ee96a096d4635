import { printable } from './sanitize.js';

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

/** Text for XML 1.0, in elements and attributes. What XML cannot hold at all becomes a visible escape. */
export function xml(text: string): string {
  return printable(text)
    .replace(/[&<>"']/g, (char) => ENTITIES[char])
    .replace(/[\ufffe\uffff]/g, (char) => `\\u${char.charCodeAt(0).toString(16)}`);
}

/** `name="value" …` of the attributes that are not undefined, with a space before each. */
export function attributes(values: Record<string, string | number | undefined>): string {
  return Object.entries(values)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ` ${name}="${xml(String(value))}"`)
    .join('');
}
