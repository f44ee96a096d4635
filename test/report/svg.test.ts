import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { encode } from '../../src/report/html/encode.js';
import type { AnyRecord, HeaderRecord } from '../../src/report/records.js';
import { SvgPen } from '../../src/report/svg/pen.js';
import { svg } from '../../src/report/svg/report.js';
import { PictureBuilder } from '../../src/report/timeline/picture.js';
import { command } from '../cli/in-process.js';
import { fixture } from '../helpers.js';
import { violationTrace } from './sample.js';

const LEAK = fixture('captures/6.12-zaprace-mmap-leak/tc331.dat');
const HUGE = fixture('captures/6.12-vfio-huge/tc331.dat');

async function picture(...args: string[]): Promise<string> {
  const result = await command(['timeline', '-f', 'svg', ...args]);
  assert.equal(result.stderr, '');
  assert.equal(XMLValidator.validate(result.stdout), true);
  return result.stdout;
}

/** Class of the paths that are filled with this colour on light ground. */
function classOf(text: string, colour: string): string {
  const found = new RegExp(`\\.(f\\d+)\\{fill:${colour}\\}`).exec(text);
  assert.ok(found, `${colour} is not used`);
  return found[1];
}

describe('timeline -f svg', () => {
  it('is well-formed, stands alone, and has a title', async () => {
    const text = await picture(LEAK);
    assert.doesNotMatch(text, /href|<script|<image|@import|url\(/);
    assert.match(text, /<title id="title">VIOLATION [^<]*tc331\.dat: 26 findings<\/title>/);
    assert.match(text, /role="img"/);
    const root = new XMLParser({ ignoreAttributes: false }).parse(text).svg;
    assert.equal(root['@_viewBox'], `0 0 ${root['@_width']} ${root['@_height']}`);
  });

  it('has a label per lane and red where PTEs are stray', async () => {
    const text = await picture(LEAK);
    for (let v = 1; v <= 30; v++) assert.ok(text.includes(`>vma${v}</text>`), `vma${v}`);
    const red = classOf(text, '#d92d20');
    assert.equal(text.match(new RegExp(`<path class="${red}"`, 'g'))?.length, 8, 'one run per stray VMA');
    const clean = await picture(HUGE);
    assert.doesNotMatch(clean, /\.f\d+\{fill:#d92d20\}/);
  });

  it('follows light and dark', async () => {
    const text = await picture(LEAK);
    const [, dark] = text.split('@media(prefers-color-scheme:dark)');
    assert.ok(text.includes('#d92d20') && dark.includes('#ff5a4a'));
  });

  it('a single error is told with its numbered evidence', async () => {
    const text = await picture('--until', '+0.14', LEAK);
    assert.match(text, />F2<\/tspan>/);
    assert.match(text, />remap_pfn_range\(vma=0x[^<]+<\/tspan>/);
    assert.match(text, />1-2<\/text>/);
    assert.match(text, />zaprace_unzap\(dev=0x[^<]+<\/tspan>/);
    assert.doesNotMatch(await picture(LEAK), />F2<\/tspan>/);
  });

  it('text of a trace is escaped', () => {
    const records = violationTrace('</svg><script>alert(1)</script>&\x1b[2J') as AnyRecord[];
    const builder = new PictureBuilder(records[0] as HeaderRecord, { marks: 100 });
    for (const record of records) builder.write(record);
    const text = svg(encode(builder.picture(null), '0', []));
    assert.equal(XMLValidator.validate(text), true);
    assert.doesNotMatch(text, /<script|\x1b/);
  });
});

describe('drawing as SVG', () => {
  it('rectangles of one colour are one path', () => {
    const pen = new SvgPen(new Map());
    pen.fillStyle = '#111111';
    pen.fillRect(0, 0, 2, 3);
    pen.fillRect(5, 0, 2.04, 3);
    pen.fillStyle = '#222222';
    pen.fillRect(0, 0, 0, 3);
    pen.fillRect(1, 1, 1, 1);
    assert.equal(
      pen.elements(),
      '<path class="f0" d="M0 0h2v3h-2zM5 0h2v3h-2z"/>\n<path class="f1" d="M1 1h1v1h-1z"/>',
    );
    assert.match(pen.style(), /^\.f0\{fill:#111111\}/);
  });

  it('text is text', () => {
    const pen = new SvgPen(new Map());
    pen.font = '600 10px monospace';
    pen.textAlign = 'right';
    pen.fillText('<b>&\x1b', 1, 2.25);
    assert.equal(
      pen.elements(),
      '<text x="1" y="2.3" class="f0" font-size="10" font-weight="600" text-anchor="end">&lt;b&gt;&amp;\\x1b</text>',
    );
  });

  it('half a circle is an arc', () => {
    const pen = new SvgPen(new Map());
    pen.beginPath();
    pen.arc(10, 10, 5, Math.PI / 2, (3 * Math.PI) / 2);
    pen.closePath();
    pen.fill();
    assert.match(pen.elements(), /d="M10 15A5 5 0 0 1 10 5Z"/);
  });
});
