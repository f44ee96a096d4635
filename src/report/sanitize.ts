/**
 * Text of a trace is made by whoever ran on the traced machine: a task name may hold any byte. Before it reaches a
 * terminal or a document, everything that is not plainly visible becomes a visible escape.
 *
 * C0, DEL and C1 can drive a terminal (ESC, CSI as one byte); U+2028/2029 break lines in JavaScript and some viewers;
 * U+202A–202E and U+2066–2069 reorder what is shown; U+200B–200F, U+2060 and U+FEFF are invisible; a lone surrogate
 * cannot be encoded in UTF-8.
 */
const UNSAFE =
  /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060\u2066-\u2069\ufeff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

function visible(char: string): string {
  const code = char.charCodeAt(0);
  return code < 0x100
    ? `\\x${code.toString(16).padStart(2, '0')}`
    : `\\u${code.toString(16).padStart(4, '0')}`;
}

/** The text on one line, with every character visible: `\x1b[2J` instead of a cleared screen. */
export function printable(text: string): string {
  return text.replace(UNSAFE, visible);
}

const JSON_UNSAFE = /[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060\u2066-\u2069\ufeff]/g;

function jsonEscape(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** JSON text with the same meaning that is safe to show: what JSON.stringify leaves raw above 0x7e is escaped too. */
export function safeJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replace(JSON_UNSAFE, jsonEscape);
}
