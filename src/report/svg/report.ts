import { cut, fold } from '../explain/width.js';
import { layoutLanes } from '../html/client/lanes.js';
import { paintScene } from '../html/client/paint.js';
import { decodeScene } from '../html/client/scene.js';
import { markLook, stateLook, type Theme, themeOf } from '../html/client/theme.js';
import { absoluteText, lengthText } from '../html/client/times.js';
import type { View } from '../html/client/view.js';
import type { FindingData, PageData } from '../html/data.js';
import { encode } from '../html/encode.js';
import type { Output, Report } from '../report.js';
import { printable } from '../sanitize.js';
import { count } from '../text.js';
import { timeBase } from '../timeline/axis.js';
import { Pictures } from '../timeline/picture.js';
import { type TimelineContext, zoom } from '../timeline/text.js';
import { xml } from '../xml.js';
import { type Ink, SvgPen } from './pen.js';

const WIDTH = 1200;
const HEAD = 46;
const LINE = 18;
/** Columns of 12 px monospace in the width of the picture. */
const COLUMNS = Math.floor((WIDTH - 40) / 7.25);
const MARKS = 24_000;

/** The page's picture without the page. For one trace. */
export function timelineSvg(out: Output, context: TimelineContext): Report {
  const pictures = new Pictures(
    (header) => ({ marks: MARKS, ...zoom(context, timeBase(header)) }),
    (picture) => out.write(svg(encode(picture, context.version, context.rules))),
  );
  return { write: (record) => pictures.write(record), end: () => pictures.end() };
}

/** One picture. With a single error its evidence is drawn and listed too. */
export function svg(data: PageData): string {
  const theme = themeOf(false);
  const pen = new SvgPen(inks());
  const scene = decodeScene(data);
  const { lanes, height } = layoutLanes(scene);
  const errors = data.findings.filter((f) => f.severity === 'error');
  const finding = errors.length === 1 ? errors[0] : null;
  const view: View = {
    t0: data.start,
    t1: data.end,
    scroll: 0,
    width: WIDTH,
    height: height + 28,
    gutter: 240,
    axis: 28,
    lane: -1,
    finding,
  };
  paintScene(pen, scene, lanes, view, theme);
  const picture = pen.elements();
  const below = HEAD + view.height;
  const foot = footer(data, finding, theme, below);
  const head = heading(data);
  const total = below + foot.height;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${total}" width="${WIDTH}" height="${total}" role="img" aria-labelledby="title" font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, monospace">
<title id="title">${xml(title(data))}</title>
<style>.g{fill:${theme.ground}}.t{fill:${theme.text}}.d{fill:${theme.dim}}.a{fill:${theme.accent}}${state(false)}${pen.style()}
@media(prefers-color-scheme:dark){.g{fill:${dark.ground}}.t{fill:${dark.text}}.d{fill:${dark.dim}}.a{fill:${dark.accent}}${state(true)}}</style>
<rect width="${WIDTH}" height="${total}" class="g"/>
${head}
<g transform="translate(0 ${HEAD})">
${picture}
</g>
${foot.text}
</svg>
`;
}

const dark = themeOf(true);

/** The same colour in both themes. */
function inks(): Map<string, Ink> {
  const light = themeOf(false);
  const map = new Map<string, Ink>();
  for (const key of Object.keys(light) as (keyof Theme)[]) {
    if (!map.has(light[key])) map.set(light[key], { light: light[key], dark: dark[key] });
  }
  return map;
}

/** Classes of the legend. */
function state(isDark: boolean): string {
  const theme = themeOf(isDark);
  return LEGEND.map((letter) => `.l${letter}{fill:${stateLook(letter, theme).colour}}`).join('');
}

const LEGEND = ['s', 'm', 'p', 'z', 'b', 'r', 'e'];

function title({ verdict, input, findings }: PageData): string {
  return `${(verdict ?? 'not read to its end').toUpperCase()} ${input}: ${findings.length === 0 ? 'nothing found' : count(findings.length, 'finding')}`;
}

function heading(data: PageData): string {
  const { counts, format, clock } = data;
  const facts = [
    `${format}, clock ${clock ?? 'unknown'}`,
    ...(counts.records === undefined
      ? []
      : [
          count(counts.records, 'record'),
          count(counts.zaps, 'zap'),
          count(counts.vmas, 'VMA'),
          count(counts.installs, 'install'),
        ]),
  ].join(', ');
  const loud = data.verdict === 'violation' ? 'ls' : data.verdict === 'clean' ? 't' : 'lm';
  return `<text x="10" y="19" font-size="14" font-weight="600"><tspan class="${loud}">${xml((data.verdict ?? 'unreadable').toUpperCase())}</tspan> <tspan class="t">${xml(cut(printable(data.input), 110))}</tspan></text>
<text x="10" y="37" font-size="12" class="d">${xml(cut(facts, COLUMNS))}</text>`;
}

/** Legend, and the evidence of the one finding with its numbers. */
function footer(
  data: PageData,
  finding: FindingData | null,
  theme: Theme,
  top: number,
): { text: string; height: number } {
  const parts: string[] = [];
  let x = 10;
  for (const letter of LEGEND) {
    const { name, height } = stateLook(letter, theme);
    const h = Math.max(2, 12 * height);
    parts.push(`<rect class="l${letter}" x="${x}" y="${top + 14 - h / 2}" width="14" height="${h}"/>`);
    parts.push(`<text x="${x + 20}" y="${top + 18}" font-size="12" class="d">${xml(name)}</text>`);
    x += 40 + name.length * 7.25;
  }
  const mark = (letter: string, path: string) => {
    const { name, colour } = markLook(letter, theme);
    parts.push(
      `<path d="${path}" stroke="${colour}" fill="${letter === 'i' ? colour : 'none'}" stroke-width="1.4"/>`,
    );
    parts.push(`<text x="${x + 16}" y="${top + 18}" font-size="12" class="d">${xml(name)}</text>`);
    x += 36 + name.length * 7.25;
  };
  mark('i', `M${x + 1} ${top + 17}h7l-3.500-6z`);
  mark('f', `M${x + 2} ${top + 11}l6 6m0-6l-6 6`);
  let y = top + 34;
  if (finding !== null) {
    y += 12;
    for (const line of evidenceLines(data, finding)) {
      const cells = line.map(
        ({ x, text, look }) =>
          `<tspan x="${x}" class="${look}"${look === 'a' ? ' font-weight="600"' : ''}>${xml(text)}</tspan>`,
      );
      parts.push(`<text y="${y}" font-size="12">${cells.join('')}</text>`);
      y += LINE;
    }
  }
  return { text: parts.join('\n'), height: y - top + 4 };
}

interface TextCell {
  readonly x: number;
  readonly text: string;
  /** Class: a number, plain text, or less important. */
  readonly look: 'a' | 't' | 'd';
}

function evidenceLines(data: PageData, finding: FindingData): TextCell[][] {
  const first = finding.evidence[0]?.t ?? finding.t;
  const message = fold(printable(`${finding.rule}: ${finding.message}`), COLUMNS - 6);
  return [
    ...message.map((text, i): TextCell[] => [
      { x: 10, text: i === 0 ? finding.id : '', look: 'a' },
      { x: 44, text, look: 't' },
    ]),
    ...finding.evidence.map((e, i): TextCell[] => [
      { x: 10, text: String(i + 1), look: 'a' },
      { x: 44, text: i === 0 ? absoluteText(e.t, data) : `+${lengthText(e.t - first, data)}`, look: 'd' },
      { x: 160, text: cut(printable(`CPU ${e.cpu}  ${e.task}`), 26), look: 'd' },
      { x: 350, text: cut(printable(e.text), Math.floor((WIDTH - 360) / 7.25)), look: 't' },
    ]),
  ];
}
