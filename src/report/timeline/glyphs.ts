import type { Style } from '../style.js';
import type { State } from './spans.js';

/** What a cell of a lane can be. */
export type Glyphs = Record<
  State | 'busy' | 'install' | 'refused' | 'linked' | 'zap' | 'window' | 'none',
  string
>;

export const UNICODE: Glyphs = {
  stray: '█',
  maybe: '▒',
  blocked: '░',
  zapped: '╌',
  populated: '━',
  're-enabled': '─',
  empty: '·',
  busy: '▓',
  install: '▲',
  refused: '×',
  linked: '┼',
  zap: '▼',
  window: '░',
  none: ' ',
};

export const ASCII: Glyphs = {
  stray: '#',
  maybe: '?',
  blocked: ':',
  zapped: '-',
  populated: '=',
  're-enabled': '_',
  empty: '.',
  busy: '%',
  install: '^',
  refused: 'x',
  linked: '+',
  zap: 'v',
  window: ':',
  none: ' ',
};

/** In the order in which a legend lists them. */
export const LEGEND: readonly (readonly [keyof Glyphs, string])[] = [
  ['zap', 'zap'],
  ['blocked', 'blocked'],
  ['populated', 'populated'],
  ['zapped', 'zapped'],
  ['re-enabled', 're-enabled'],
  ['empty', 'no PTE'],
  ['stray', 'stray'],
  ['maybe', 'perhaps stray'],
  ['install', 'install'],
  ['refused', 'fault refused'],
  ['linked', 'enters the rmap'],
  ['busy', 'many changes'],
];

type Paint = (style: Style) => (text: string) => string;
const plain: Paint = () => (text) => text;
const dim: Paint = (style) => style.dim;

export const COLOUR: Record<keyof Glyphs, Paint> = {
  stray: (style) => style.bad,
  maybe: (style) => style.unsure,
  blocked: dim,
  zapped: dim,
  populated: (style) => style.good,
  're-enabled': plain,
  empty: dim,
  busy: plain,
  install: plain,
  refused: (style) => style.unsure,
  linked: plain,
  zap: (style) => style.bold,
  window: dim,
  none: plain,
};
