/** Colours by what they mean. */
export interface Theme {
  readonly ground: string;
  readonly gutter: string;
  readonly band: string;
  readonly line: string;
  readonly text: string;
  readonly dim: string;
  readonly accent: string;
  readonly empty: string;
  readonly populated: string;
  readonly zapped: string;
  readonly blocked: string;
  readonly reenabled: string;
  readonly mixed: string;
  readonly stray: string;
  readonly maybe: string;
  readonly window: string;
  readonly zap: string;
  readonly install: string;
  readonly refused: string;
  readonly map: string;
  readonly onStray: string;
}

/** Calm grounds; only what is stray is loud. Pairs differ in lightness too, for those who see colours otherwise. */
export function themeOf(dark: boolean): Theme {
  return dark
    ? {
        ground: '#16181c',
        gutter: '#1b1e23',
        band: '#1f2329',
        line: '#2e333b',
        text: '#dfe3e8',
        dim: '#8b939e',
        accent: '#6fa8ff',
        empty: '#3d444d',
        populated: '#3f8f7a',
        zapped: '#596069',
        blocked: '#363c45',
        reenabled: '#42608a',
        mixed: '#4b6f6e',
        stray: '#ff5a4a',
        maybe: '#e0a33a',
        window: '#2b3038',
        zap: '#c3cad3',
        install: '#9be3c9',
        refused: '#c9a3e6',
        map: '#4a6488',
        onStray: '#1a0705',
      }
    : {
        ground: '#ffffff',
        gutter: '#fafafa',
        band: '#f4f5f6',
        line: '#e1e4e8',
        text: '#1f2328',
        dim: '#6a727c',
        accent: '#1a5fd0',
        empty: '#c6ccd3',
        populated: '#7fbfa9',
        zapped: '#aab1ba',
        blocked: '#d5d9de',
        reenabled: '#b3cdf0',
        mixed: '#a9c9c2',
        stray: '#d92d20',
        maybe: '#e6a117',
        window: '#e6e9ed',
        zap: '#3a414a',
        install: '#14624d',
        refused: '#8250b0',
        map: '#a9c1e0',
        onStray: '#ffffff',
      };
}

/** What a state of STATE_LETTERS looks like: colour, height as a part of the lane, rank among those that share a pixel. */
export function stateLook(
  letter: string,
  theme: Theme,
): { colour: string; height: number; rank: number; name: string } {
  switch (letter) {
    case 's':
      return { colour: theme.stray, height: 1, rank: 0, name: 'stray PTEs' };
    case 'm':
      return { colour: theme.maybe, height: 1, rank: 1, name: 'perhaps stray' };
    case 'p':
      return { colour: theme.populated, height: 0.62, rank: 2, name: 'populated' };
    case 'x':
      return { colour: theme.mixed, height: 0.62, rank: 3, name: 'many changes' };
    case 'z':
      return { colour: theme.zapped, height: 0.62, rank: 4, name: 'zapped' };
    case 'b':
      return { colour: theme.blocked, height: 0.62, rank: 5, name: 'blocked' };
    case 'r':
      return { colour: theme.reenabled, height: 0.3, rank: 6, name: 're-enabled' };
    case 'e':
      return { colour: theme.empty, height: 0.12, rank: 7, name: 'no PTE' };
    default:
      return { colour: theme.ground, height: 0, rank: 8, name: '' };
  }
}

export function markLook(letter: string, theme: Theme): { colour: string; name: string; plural: string } {
  switch (letter) {
    case 'i':
      return { colour: theme.install, name: 'install', plural: 'installs' };
    case 'f':
      return { colour: theme.refused, name: 'refused fault', plural: 'refused faults' };
    case 'v':
      return { colour: theme.dim, name: 'zap of this VMA', plural: 'zaps of this VMA' };
    case 'z':
      return { colour: theme.zap, name: 'zap', plural: 'zaps' };
    case 'a':
      return { colour: theme.accent, name: 'access', plural: 'accesses' };
    default:
      return { colour: theme.map, name: 'mapping call', plural: 'mapping calls' };
  }
}
