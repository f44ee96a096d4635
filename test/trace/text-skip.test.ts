import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EventDecl, TraceRecord } from '../../src/trace/record.js';
import { openTrace } from '../../src/trace/registry.js';
import { bytesSource } from '../helpers.js';
import { reportLine, tracefsLine } from './read-text.js';

/** Reads a text with only some kinds wanted; gives what was declared and which lines were delivered. */
async function select(text: string, wanted: (decl: EventDecl) => boolean, chunk?: number) {
  const reader = await openTrace(bytesSource(text, chunk));
  const declared: string[] = [];
  const lines: number[] = [];
  await reader.read({
    declare(decl) {
      declared.push(`${decl.name}/${decl.symbol}/${decl.isReturn}/${decl.fields.join()}`);
      return wanted(decl) ? { fields: [], wantText: false, wantFields: false } : null;
    },
    record(record: TraceRecord) {
      lines.push(record.origin);
    },
    lost() {},
  });
  return { declared, lines, info: reader.info };
}

test('every kind is asked for once, unwanted lines are counted', async () => {
  let text = '';
  for (let i = 0; i < 50; i++)
    text += tracefsLine('noise: a=1 b=2', i) + tracefsLine('p: (f+0x4/0x20) a=1', i);
  const { declared, lines, info } = await select(text, (decl) => decl.name === 'p');
  assert.deepEqual(declared, ['noise/null/null/a,b', 'p/f/false/a']);
  assert.equal(lines.length, 50);
  assert.equal(lines[49], 100);
  assert.equal(info.records, 100);
  assert.equal(info.unparsed, 0);
});

test('an unwanted name that comes back for another function is asked for again', async () => {
  const text =
    tracefsLine('p: (other+0x4/0x20) a=1').repeat(5) +
    tracefsLine('p: (wanted+0x4/0x20) a=1').repeat(5) +
    tracefsLine('p: (other+0x4/0x20) a=1');
  const { declared, lines } = await select(text, (decl) => decl.symbol === 'wanted');
  assert.deepEqual(declared, ['p/other/false/a', 'p/wanted/false/a']);
  assert.deepEqual(lines, [6, 7, 8, 9, 10]);
});

test('an unwanted return probe that comes back for another function is asked for again', async () => {
  const text =
    tracefsLine('r: (x+0x4/0x20 <- other)').repeat(5) + tracefsLine('r: (y+0x4/0x20 <- wanted)').repeat(5);
  const { lines } = await select(text, (decl) => decl.symbol === 'wanted');
  assert.deepEqual(lines, [6, 7, 8, 9, 10]);
});

test('the return of an unwanted system call of tracefs is asked for, whenever it comes', async () => {
  const text =
    tracefsLine('sys_mmap(addr: 0, len: 40000)').repeat(5) +
    tracefsLine('sys_mmap -> 0x7f02e53db000').repeat(2);
  const { lines } = await select(text, (decl) => decl.isReturn === true);
  assert.deepEqual(lines, [6, 7]);
});

test('in a second trace an unwanted name may have other fields', async () => {
  const text = `cpus=2\n${reportLine('ev:                   a=1').repeat(5)}cpus=2\n${reportLine('ev:                   a=1 vma=0x1').repeat(5)}`;
  const { declared, lines, info } = await select(text, (decl) => decl.fields.includes('vma'));
  assert.equal(declared.length, 2);
  assert.deepEqual(lines, [8, 9, 10, 11, 12]);
  assert.ok(info.diagnostics.some((d) => d.code === 'second-trace'));
});

test('what is delivered does not depend on the cuts between chunks', async () => {
  let text = '# tracer: nop\n';
  for (let i = 0; i < 40; i++)
    text +=
      tracefsLine(`noise${i % 7}: a=1 b=2`, 3 * i) +
      tracefsLine('p: (f+0x4/0x20) a=1', 3 * i + 1) +
      tracefsLine(`tracing_mark_write: ${'x'.repeat(i)}`, 3 * i + 2, 0);
  const whole = await select(text, (decl) => decl.name === 'p');
  for (const chunk of [1, 3, 50, 113, 1000]) {
    const cut = await select(text, (decl) => decl.name === 'p', chunk);
    assert.deepEqual(cut.lines, whole.lines);
    assert.deepEqual(cut.declared, whole.declared);
    assert.equal(cut.info.records, whole.info.records);
  }
});

test('a wanted record glued to an unwanted cut one is found', async () => {
  const text =
    tracefsLine('noise: a=1 b=2').repeat(3) +
    tracefsLine('noise: a=1 ').trimEnd() +
    tracefsLine('p: (f+0x4/0x20) a=1') +
    tracefsLine('noise: a=1 b=2');
  const { lines, info } = await select(text, (decl) => decl.name === 'p');
  assert.deepEqual(lines, [4]);
  assert.equal(info.unparsed, 1);
});
