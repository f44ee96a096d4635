/** A JSON value as an error message shows it. */
export function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'an object';
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}…"` : text;
}

export const word = (value: unknown): string => String(value);

const at = (path: string, key: string): string => (path === '' ? key : `${path}.${key}`);

/** Collects what is wrong, each with its JSON path. The checks give the value when it is right, else null. */
export class Problems {
  readonly found: string[] = [];

  add(path: string, message: string): null {
    this.found.push(`${path === '' ? 'probe map' : path}: ${message}`);
    return null;
  }

  /** An object with no other keys than these. */
  object(path: string, value: unknown, keys: readonly string[]): Record<string, unknown> | null {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      return this.add(path, `expected an object, found ${show(value)}`);
    }
    for (const key of Object.keys(value)) {
      if (!keys.includes(key))
        this.add(at(path, key), `is not known here; known: ${keys.filter((k) => k[0] !== '$').join(', ')}`);
    }
    return value as Record<string, unknown>;
  }

  text(path: string, value: unknown, form = /./s, what = 'a string'): string | null {
    if (typeof value === 'string' && form.test(value)) return value;
    return this.add(path, `expected ${what}, found ${show(value)}`);
  }

  /** One of some words; absent is right. */
  choice(path: string, value: unknown, known: readonly string[]): string | null {
    if (value === undefined) return null;
    if (typeof value === 'string' && known.includes(value)) return value;
    return this.add(path, `expected one of ${known.join(', ')}; found ${show(value)}`);
  }

  flag(path: string, value: unknown): void {
    if (value !== undefined && typeof value !== 'boolean')
      this.add(path, `expected true or false, found ${show(value)}`);
  }

  whole(path: string, value: unknown, most: number): number | null {
    if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= most) return value;
    return this.add(path, `expected a whole number from 0 to ${most}, found ${show(value)}`);
  }

  /** Each element by `check`, with its path; absent is right. */
  list(path: string, value: unknown, check: (path: string, value: unknown) => void, least = 0): void {
    if (value === undefined && least === 0) return;
    if (!Array.isArray(value)) this.add(path, `expected an array, found ${show(value)}`);
    else if (value.length < least) this.add(path, 'expected an array with at least one element');
    else for (const [i, element] of value.entries()) check(`${path}[${i}]`, element);
  }

  /** Each member by `check`; absent is right. */
  record(
    path: string,
    value: unknown,
    keys: readonly string[],
    check: (path: string, key: string, value: unknown) => void,
  ): void {
    if (value === undefined) return;
    const members = this.object(path, value, keys);
    for (const [key, member] of Object.entries(members ?? {}))
      if (keys.includes(key)) check(at(path, key), key, member);
  }
}
