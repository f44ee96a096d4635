import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { openSource } from '../../src/trace/open.js';
import { InputError } from '../../src/trace/reader.js';
import { openTrace } from '../../src/trace/registry.js';
import { bytesSource, fixture } from '../helpers.js';
import { type Collection, collect } from './collect.js';
import { readText, reportLine } from './read-text.js';

const read = async (name: string): Promise<Collection> =>
  collect(await openTrace(await openSource(fixture(`text/bad/${name}`))), 'number');

/** Records and unparsed lines, and the diagnostics as code: count. */
const READABLE: Record<string, [records: number, unparsed: number, diagnostics: Record<string, number>]> = {
  'cut-in-an-address.txt': [1, 1, { 'cut-line': 1 }],
  'cut-in-a-head.txt': [1, 1, { 'cut-line': 1 }],
  'nul-bytes.txt': [4, 2, { 'unparsed-line': 1, 'odd-fields': 1 }],
  'junk-between.txt': [3, 2, { 'unparsed-line': 2 }],
  'terminal-escapes-in-comm.txt': [2, 1, { 'unparsed-line': 1 }],
  'interleaved-cpus.txt': [6, 0, { 'cpu-disorder': 3 }],
  'reordered-lines.txt': [5, 0, { 'time-backwards': 1 }],
  'two-traces.txt': [4, 0, { 'second-trace': 1, 'time-backwards': 1 }],
  'lost-in-trace_pipe.txt': [2, 0, {}],
  'missing-field.txt': [3, 0, {}],
  'no-number-in-a-field.txt': [3, 0, {}],
  'unclosed-parenthesis.txt': [3, 0, {}],
  'glued-records.txt': [3, 1, { 'glued-line': 1 }],
  'graph-without-times.txt': [2, 2, { 'graph-without-time': 2 }],
  'unknown-event.txt': [2, 1, { 'unknown-event': 1 }],
};

const UNREADABLE: Record<string, [code: string, message: RegExp]> = {
  'empty.txt': ['empty-input', /is empty; expected .*trace-cmd report/],
  'only-a-header.txt': ['no-records', /only headers and blank lines/],
  'only-prose.txt': ['unknown-format', /found text beginning "Dear list,"/],
  'binary-junk.bin': ['unknown-format', /found binary data beginning 00 49 92/],
  'raw-option.txt': ['no-records', /raw or hex option/],
  'hex-option.txt': ['no-records', /raw or hex option/],
};

test('every bad text has its verdict here', () => {
  assert.deepEqual(
    readdirSync(fixture('text/bad')).sort(),
    [...Object.keys(READABLE), ...Object.keys(UNREADABLE)].sort(),
  );
});

for (const [name, [records, unparsed, diagnostics]] of Object.entries(READABLE)) {
  test(`bad/${name}`, async () => {
    const { info } = await read(name);
    assert.equal(info.records, records);
    assert.equal(info.unparsed, unparsed);
    assert.deepEqual(Object.fromEntries(info.diagnostics.map((d) => [d.code, d.count])), diagnostics);
    for (const { message, origin } of info.diagnostics) {
      assert.doesNotMatch(message, /[\u0000-\u001f\u007f-\u009f]/);
      assert.ok(origin > 0);
    }
  });
}

for (const [name, [code, message]] of Object.entries(UNREADABLE)) {
  test(`bad/${name}`, async () => {
    await assert.rejects(read(name), (error: unknown) => {
      assert.ok(error instanceof InputError);
      assert.equal(error.code, code);
      assert.match(error.message, message);
      assert.doesNotMatch(error.message, /[\u0000-\u001f\u007f-\u009f]/);
      return true;
    });
  });
}

test('fields that are missing or no numbers are unknown, never those of another line', async () => {
  const missing = await read('missing-field.txt');
  assert.deepEqual(
    missing.records.map((r) => [r.decl.fields.join(), r.args]),
    [
      ['vma,addr,pfn', [0x10, 0x1000, 1]],
      ['vma,pfn', [0x20, 2]],
      ['vma,addr,pfn', [0x30, 0x3000, 3]],
    ],
  );
  const garbage = await read('no-number-in-a-field.txt');
  assert.deepEqual(
    garbage.records.map((r) => r.args),
    [
      [0x10, 0x1000],
      [NaN, 0x2000],
      [NaN, 0x3000],
    ],
  );
  const glued = await read('glued-records.txt');
  assert.deepEqual(
    glued.records.map((r) => r.args),
    [
      [1, 2],
      [3, 4],
      [5, 6],
    ],
  );
  assert.deepEqual(
    glued.losses.map(({ cpu, count, before }) => [cpu, count, before]),
    [[1, 1, 1]],
  );
});

test('a trace may be forced to be another format, and then has nothing to say', async () => {
  await assert.rejects(
    readText('Dear list\n', 'tracefs'),
    (error: unknown) => error instanceof InputError && error.code === 'no-records',
  );
});

test('an endless line is cut, counted and passed', async () => {
  const endless = Buffer.alloc(3 << 20, 0x41);
  const event = Buffer.from(
    reportLine('a_ret:                (ffffffffa938a1c0 <- ffffffffa938a465) ret=0x100'),
  );
  const newline = Buffer.from('\n');
  for (const chunk of [1 << 16, 1 << 20, 1 << 24]) {
    const { info, records } = await collect(
      await openTrace(bytesSource(Buffer.concat([event, endless, newline, event]), chunk)),
      'number',
    );
    assert.deepEqual([records.length, records[1].origin, info.unparsed], [2, 3, 1], `chunks of ${chunk}`);
    assert.deepEqual(
      info.diagnostics.map((d) => [d.code, d.origin]),
      [['long-line', 2]],
    );
    assert.ok(info.diagnostics[0].message.length < 400);
  }
  const { info } = await collect(
    await openTrace(bytesSource(Buffer.concat([event, endless]), 1 << 16)),
    'number',
  );
  assert.deepEqual(
    info.diagnostics.map((d) => d.code),
    ['long-line'],
  );
});

test('a line of nothing but glued heads ends', async () => {
  const whole = '         vfiolab-246     [001] .....    44.000001: p: (f+0x4/0x20) a=1\n';
  const glued = '         vfiolab-246     [001] .....    44.000001: p: (f+0x4/0x20) a='.repeat(2000);
  const { info } = await readText(`${whole}${glued}\n${whole}`);
  assert.equal(info.records, 2);
  assert.ok(info.unparsed > 10);
});
