import { createHash } from 'node:crypto';
import { printable, safeJson } from '../sanitize.js';
import { count } from '../text.js';
import { themeOf } from './client/theme.js';
import type { PageData } from './data.js';
import { pageScript } from './script.js';
import { STYLE } from './style.js';

/** Text as HTML: nothing of a trace is ever markup. */
export function html(text: string): string {
  return printable(text).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}

const hash = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** One file that needs nothing else: no network, no script but its own (by hash). */
export function page(data: PageData): string {
  const script = pageScript();
  const policy = [
    "default-src 'none'",
    `script-src ${hash(script)}`,
    `style-src ${hash(STYLE)}`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  const title = `${data.verdict ?? 'unreadable'}: ${data.input}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${html(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="zaptrace ${html(data.version)}">
<link rel="icon" href="data:,">
<title>${html(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<header>
<div class="title"><h1>${verdict(data)}${html(data.input)}</h1>
<p class="facts">${html(facts(data))}</p></div>
<div class="tools">
<input id="search" type="search" placeholder="VMA, address, pid, task" aria-label="Search: VMA, address, pid, task, finding" autocomplete="off" spellcheck="false">
<span id="found" role="status"></span>
<button id="out" type="button" title="Zoom out (-)" aria-label="Zoom out">−</button>
<button id="in" type="button" title="Zoom in (+)" aria-label="Zoom in">+</button>
<button id="fit" type="button" title="Whole trace (0)">Fit</button>
<button id="theme" type="button" title="Light or dark" aria-label="Light or dark">◐</button>
<button id="help" type="button" title="Keys (?)" aria-label="Keys">?</button>
</div>
</header>
<main>
<section id="stage" aria-label="Timeline">
<canvas id="overview" aria-hidden="true"></canvas>
<div id="board"><canvas id="canvas" tabindex="0" role="img" aria-label="Timeline of devices, VMAs and CPUs; the findings are listed beside it"></canvas><div id="tip" role="tooltip" hidden></div></div>
</section>
<aside aria-label="Findings"><h2>${html(findingsTitle(data))}</h2><div id="list"></div><div id="detail" hidden></div></aside>
</main>
<footer>${legend()}${notes(data)}</footer>
<dialog id="keys"><h2>Keys</h2><dl>${keys()}</dl><button id="close" type="button">Close</button></dialog>
<noscript>This page draws its data with its own script, which is not allowed to run here.</noscript>
<script type="application/json" id="data">${safeJson(data).replaceAll('<', '\\u003c')}</script>
<script>${script}</script>
</body>
</html>
`;
}

function verdict({ verdict: word }: PageData): string {
  return `<span class="verdict ${word ?? 'inconclusive'}">${(word ?? 'not read to its end').toUpperCase()}</span>`;
}

function facts({ counts, format, clock, version }: PageData): string {
  const parts = [`${format}, clock ${clock ?? 'unknown'}`];
  for (const [key, noun] of [
    ['records', 'record'],
    ['zaps', 'zap'],
    ['vmas', 'VMA'],
    ['installs', 'install'],
  ]) {
    if (counts[key] !== undefined) parts.push(count(counts[key], noun));
  }
  if (counts.lost > 0) parts.push(`${counts.lost.toLocaleString('en-US')} lost`);
  return [...parts, `zaptrace ${version}`].join(' · ');
}

function findingsTitle({ findings }: PageData): string {
  return findings.length === 0 ? 'Findings' : count(findings.length, 'finding');
}

/** Swatches that follow the theme would need a script; these colours read on both grounds. */
function legend(): string {
  const t = themeOf(false);
  const swatch = (colour: string, height: number, name: string) =>
    `<span><svg width="14" height="12" aria-hidden="true"><rect y="${(12 - height) / 2}" width="14" height="${height}" fill="${colour}"/></svg>${name}</span>`;
  return [
    swatch(t.stray, 12, 'stray'),
    swatch(t.maybe, 12, 'perhaps stray'),
    swatch(t.populated, 8, 'populated'),
    swatch(t.zapped, 8, 'zapped'),
    swatch(t.blocked, 8, 'blocked'),
    swatch(t.reenabled, 4, 're-enabled'),
    swatch(t.empty, 2, 'no PTE'),
    `<span><svg width="10" height="12" aria-hidden="true"><path d="M1 10h8L5 3z" fill="#2b8a70"/></svg>install</span>`,
    `<span><svg width="10" height="12" aria-hidden="true"><path d="M2 3l6 6M8 3l-6 6" stroke="#9b6cc4" stroke-width="1.6"/></svg>refused fault</span>`,
    `<span><svg width="10" height="12" aria-hidden="true"><path d="M5 1v10M2.500 1.500h5M2.500 10.500h5" stroke="#808890"/></svg>enters the rmap</span>`,
  ].join('');
}

function notes({ binOfMarks, mergedSpans, unit }: PageData): string {
  const bin = unit === 'count' ? `${binOfMarks} ticks` : `${(binOfMarks / 1e6).toPrecision(3)} ms`;
  return [
    ...(binOfMarks > 0
      ? [`<span>marks: events of ${html(bin)} counted together; --since and --until show each</span>`]
      : []),
    ...(mergedSpans > 0
      ? [`<span>${mergedSpans.toLocaleString('en-US')} short epochs drawn together</span>`]
      : []),
  ].join('');
}

function keys(): string {
  return [
    ['wheel, + −', 'zoom at the pointer'],
    ['shift wheel, ← →', 'move in time'],
    ['drag', 'move in time and over the lanes'],
    ['↑ ↓', 'over the lanes'],
    ['0, f', 'whole trace'],
    ['n, p', 'next, previous finding'],
    ['/', 'search; Enter: next hit'],
    ['Esc', 'leave the finding'],
    ['?', 'this list'],
  ]
    .map(([key, what]) => `<dt>${key}</dt><dd>${what}</dd>`)
    .join('');
}
