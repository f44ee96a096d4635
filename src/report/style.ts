/** Colours of outputs for people, by meaning. All functions return the text unchanged when colour is off. */
export interface Style {
  readonly enabled: boolean;
  bold(text: string): string;
  dim(text: string): string;
  /** Violations and confirmed errors. */
  bad(text: string): string;
  /** Inconclusive, possible, warnings. */
  unsure(text: string): string;
  good(text: string): string;
}

const sgr = (open: number, close: number) => (text: string) => `\x1b[${open}m${text}\x1b[${close}m`;
const plain = (text: string) => text;

/** Eight-colour escapes only: they are readable on light and dark grounds, and every terminal knows them. */
export function createStyle(enabled: boolean): Style {
  if (!enabled) return { enabled, bold: plain, dim: plain, bad: plain, unsure: plain, good: plain };
  return {
    enabled,
    bold: sgr(1, 22),
    dim: sgr(2, 22),
    bad: sgr(31, 39),
    unsure: sgr(33, 39),
    good: sgr(32, 39),
  };
}
