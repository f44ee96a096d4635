/** File name patterns for operands that the shell did not expand: `*`, `?`, `[a-z]`, `{dat,txt}` and `**`. */

/** true when the text has a character that only a pattern needs. */
export function isPattern(text: string): boolean {
  return /[*?[{]/.test(text);
}

/**
 * A function that tells whether a relative path (with `/`) matches. `*` and `?` stay within one part of the path and
 * do not match a leading dot; `**` as a whole part matches any number of parts.
 */
export function matcher(pattern: string): (path: string) => boolean {
  const alternatives = braces(pattern).flatMap((p) => compile(p) ?? []);
  return (path) => alternatives.some((re) => re.test(path));
}

/** null: a set that cannot be (`[z-a]`), which matches nothing, as in a shell. */
function compile(pattern: string): RegExp | null {
  try {
    return new RegExp(`^${translate(pattern)}$`, 'u');
  } catch {
    return null;
  }
}

/** The part of a pattern before the first wildcard: the directory to walk. */
export function patternRoot(pattern: string): string {
  const parts = pattern.split('/');
  const first = parts.findIndex(isPattern);
  return parts.slice(0, first).join('/') || (pattern.startsWith('/') ? '/' : '.');
}

function braces(pattern: string): string[] {
  const match = /^(.*?)\{([^{}]*,[^{}]*)\}(.*)$/su.exec(pattern);
  if (!match) return [pattern];
  const [, before, inner, after] = match;
  return inner.split(',').flatMap((option) => braces(`${before}${option}${after}`));
}

function translate(pattern: string): string {
  const parts = pattern.split('/');
  let re = '';
  parts.forEach((part, i) => {
    const last = i === parts.length - 1;
    if (part === '**') re += last ? '(?:[^/.][^/]*/)*[^/.][^/]*' : '(?:[^/.][^/]*/)*';
    else re += translatePart(part) + (last ? '' : '/');
  });
  return re;
}

function translatePart(part: string): string {
  let re = /^[*?]/.test(part) ? '(?!\\.)' : '';
  for (let i = 0; i < part.length; i++) {
    const char = part[i];
    const close = char === '[' ? part.indexOf(']', i + 2) : -1;
    if (char === '*') re += '[^/]*';
    else if (char === '?') re += '[^/]';
    else if (close > 0) {
      const set = part
        .slice(i + 1, close)
        .replace(/^!/, '^')
        .replace(/[\\[\]]/g, '\\$&');
      re += `(?!/)[${set}]`;
      i = close;
    } else re += char.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
  }
  return re;
}
