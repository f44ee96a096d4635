import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isPattern, matcher, patternRoot } from '../../src/cli/glob.js';
import { Progress } from '../../src/cli/progress.js';
import { didYouMean, editDistance, nearest } from '../../src/cli/suggest.js';
import { nanoseconds, pids, traceTime, vmaName } from '../../src/cli/values.js';
import { absolute } from '../../src/report/time.js';

test('patterns match as a shell would', () => {
  const cases: readonly [pattern: string, yes: string[], no: string[]][] = [
    ['*.dat', ['a.dat', 'a-b.dat'], ['a.txt', '.a.dat', 'x/a.dat', 'adat']],
    ['a?c', ['abc', 'a😀c'], ['ac', 'a/c', 'abbc']],
    ['[a-c]x', ['ax', 'cx'], ['dx', 'x']],
    ['[!a]x', ['bx', '^x'], ['ax', '/x']],
    ['[]x]', [']', 'x'], ['[', '\\']],
    ['run-{1,22}.{dat,txt}', ['run-1.dat', 'run-22.txt'], ['run-2.dat', 'run-{1,22}.dat']],
    ['[z-a]', [], ['z', 'a', '-']],
    ['**/*.dat', ['a.dat', 'x/a.dat', 'x/y/a.dat'], ['.x/a.dat', 'x/a.txt']],
    ['x/**', ['x/a', 'x/y/a'], ['x', 'y/a', 'x/.a']],
    ['/tmp/a-b(1)+/**/c*', ['/tmp/a-b(1)+/c', '/tmp/a-b(1)+/d/cc'], ['/tmp/a-b1/c']],
  ];
  for (const [pattern, yes, no] of cases) {
    for (const path of yes) assert.ok(matcher(pattern)(path), `${pattern} should match ${path}`);
    for (const path of no) assert.ok(!matcher(pattern)(path), `${pattern} should not match ${path}`);
  }
});

test('a name without wildcards is no pattern and matches itself; no text breaks the matcher', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', minLength: 1 }), (text) => {
      const match = matcher(text);
      if (!isPattern(text) && !text.includes('\n')) assert.ok(match(text));
    }),
  );
});

test('the root of a pattern is the last directory before a wildcard', () => {
  assert.equal(patternRoot('*.dat'), '.');
  assert.equal(patternRoot('a/b/*.dat'), 'a/b');
  assert.equal(patternRoot('/tmp/x?/y'), '/tmp');
  assert.equal(patternRoot('/*'), '/');
});

test('edit distance is a distance, and a swap is one edit', () => {
  assert.equal(editDistance('chekc', 'check'), 1);
  assert.equal(editDistance('', 'abc'), 3);
  const word = fc.string({ maxLength: 8 });
  fc.assert(
    fc.property(word, word, (a, b) => {
      assert.equal(editDistance(a, b), editDistance(b, a));
      assert.equal(editDistance(a, b) === 0, a === b);
      assert.ok(editDistance(a, b) <= Math.max(a.length, b.length));
    }),
  );
});

test('what is near is suggested, what is far is not', () => {
  const known = ['check', 'timeline', 'events', 'explain'];
  assert.equal(nearest('event', known), 'events');
  assert.equal(nearest('CHECK', known), 'check');
  assert.equal(nearest('time', known), 'timeline');
  assert.equal(nearest('zebra', known), null);
  assert.equal(didYouMean('zebra', known), '');
});

test('values', () => {
  assert.equal(nanoseconds('500'), 500);
  assert.equal(nanoseconds('20us'), 20_000);
  assert.equal(nanoseconds('1.5ms'), 1_500_000);
  assert.throws(() => nanoseconds('-1'));
  assert.deepEqual(pids('1,2', [3]), [3, 1, 2]);
  assert.throws(() => pids(''));
  assert.equal(traceTime('+1.5'), '+1.5');
  assert.throws(() => traceTime('1,5'));
  assert.equal(vmaName('0xFFFF8881054C6000'), '0xffff8881054c6000');
});

test('absolute times keep the digits of the source', () => {
  assert.equal(absolute('90.612689', 49_371_000), '90.662060');
  assert.equal(absolute('1719750000.000000001', 2_999_999_999), '1719750003.000000000');
  assert.equal(absolute('327333783529', 12), '327333783541');
  assert.equal(absolute('0.999999', 1000), '1.000000');
});

test('the progress line comes four times a second at most, and is wiped from a terminal', () => {
  let now = 0;
  const written: string[] = [];
  const target = { isTTY: true, write: (text: string) => written.push(text) };
  const progress = new Progress(target, 2, () => now);
  for (now = 0; now <= 1000; now += 10) {
    progress.update(0, { bytes: now * 1e6, size: 4e9, events: now, lost: 0, findings: 1 });
    progress.update(1, { bytes: 0, size: null, events: 1, lost: 2, findings: 0 });
  }
  assert.equal(written.length, 4);
  assert.equal(written[3], '\rtrace 2 of 2, 1000.0 MB, 1000 MB/s, 1001 events, 2 lost, 1 findings\x1b[K');
  progress.clear();
  progress.clear();
  assert.deepEqual(written.slice(4), ['\r\x1b[K']);
});
