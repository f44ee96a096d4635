import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { displayWidth } from '../../src/report/explain/width.js';
import { command } from '../cli/in-process.js';
import { fixture } from '../helpers.js';

const LEAK = fixture('captures/6.12-zaprace-mmap-leak/tc331.dat');
const NATURAL = fixture('captures/6.12-zaprace-natural-stray/tc331us.dat');
const HUGE = fixture('captures/6.12-vfio-huge/tc331.dat');
const CONCURRENT = fixture('captures/6.12-vfio-concurrent/tc331.dat');

async function timeline(...args: string[]): Promise<string[]> {
  const result = await command(['timeline', ...args], { env: {} });
  assert.equal(result.stderr, '');
  assert.equal(result.code, 0);
  return result.stdout.split('\n');
}

/** The part of a VMA's line behind its label. */
function lane(lines: readonly string[], id: string): string {
  const line = lines.find((l) => l.startsWith(`  ${id} `));
  assert.ok(line, `no lane of ${id}`);
  return /^ {2}vma\d+ \S+ (.*)$/.exec(line)![1];
}

describe('timeline -f text', () => {
  it('the race of the mail: one VMA is zapped and blocked, the other stays populated and is stray', async () => {
    const lines = await timeline('--until', '+0.14', LEAK);
    assert.match(lane(lines, 'vma1'), /^▲━+░+×+$/);
    assert.match(lane(lines, 'vma2'), /^ ▲━+█+┼█+$/);
  });

  it('lanes share one axis: the stray part begins in the column in which the zap does, or the next', async () => {
    const lines = await timeline('--until', '+0.14', LEAK);
    const device = lines.find((l) => l.startsWith('0x'))!;
    const label = lines.find((l) => l.startsWith('  vma2 '))!;
    assert.ok(Math.abs(device.indexOf('▼') - label.indexOf('█')) <= 1);
  });

  it('a refuted VMA of a clean trace has no stray cell', async () => {
    const text = (await timeline(HUGE)).join('\n');
    assert.doesNotMatch(text, /[█▒]/);
    assert.match(text, /CLEAN/);
  });

  it('possible findings are drawn apart from confirmed ones', async () => {
    const text = (await timeline('--since', '79.6', '--until', '79.75', NATURAL)).join('\n');
    assert.match(text, /▒ perhaps stray/);
    assert.doesNotMatch(text, /█/);
  });

  it('every finding is named, each shape once', async () => {
    const lines = await timeline(LEAK);
    assert.ok(lines.some((l) => l.startsWith('F2 zap-missed-unlinked-vma (confirmed) at 17.647864755')));
    assert.ok(lines.join(' ').includes('7 more like it'));
  });

  it('fits 80 columns without a terminal and the terminal with one', async () => {
    for (const trace of [LEAK, NATURAL, HUGE, CONCURRENT]) {
      for (const line of lanes(await timeline(trace))) assert.ok(displayWidth(line) <= 80, line);
      const wide = await command(['timeline', '--color', 'never', trace], { columns: 120 });
      const body = lanes(wide.stdout.split('\n'));
      for (const line of body) assert.ok(displayWidth(line) <= 120, line);
      assert.ok(body.some((line) => displayWidth(line) > 80));
    }
  });

  it('--ascii has nothing beyond ASCII', async () => {
    assert.match((await timeline('--ascii', LEAK)).join('\n'), /^[\n\x20-\x7e]*$/);
  });

  it('colour does not change the layout, and is off without a terminal', async () => {
    const plain = (await timeline(LEAK)).join('\n');
    assert.doesNotMatch(plain, /\x1b/);
    const colour = (await timeline('--color', 'always', LEAK)).join('\n');
    assert.match(colour, /\x1b\[31m█/);
    assert.equal(colour.replaceAll(/\x1b\[\d+m/g, ''), plain);
  });

  it('too many changes for a column are not pretended to be drawn', async () => {
    const lines = await timeline(CONCURRENT);
    assert.ok(lines.some((l) => /^A column is [\d.]+ µ?m?s: zoom in with --since and --until\.$/.test(l)));
    assert.ok(lines.some((l) => l.includes('▓ many changes')));
  });

  it('--vma shows one lane, --limit says what it leaves out', async () => {
    const one = await timeline('--vma', 'vma2', LEAK);
    assert.equal(one.filter((l) => l.startsWith('  vma')).length, 1);
    const few = await timeline('--limit', '3', LEAK);
    assert.ok(few.includes('… 27 more VMAs left out (--limit 0 shows all 30)'));
  });

  it('--quiet is the verdict and nothing else', async () => {
    assert.match(
      (await timeline('-q', LEAK)).join('\n'),
      /^VIOLATION .*tc331\.dat: 8 errors, 18 warnings; .*\n$/,
    );
  });

  it('event records go to the drawing, not to ndjson beside it', async () => {
    const result = await command(['timeline', '-f', 'ndjson', '-f', 'text=/dev/null', LEAK]);
    const types = new Set(
      result.stdout
        .trimEnd()
        .split('\n')
        .map((l) => JSON.parse(l).type),
    );
    assert.deepEqual([...types].sort(), ['finding', 'header', 'summary', 'vma', 'zap']);
  });
});

/** Lines of the drawing itself: axis and lanes. */
const lanes = (lines: readonly string[]): string[] => lines.slice(2, lines.indexOf('', 2));
