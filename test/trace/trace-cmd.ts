import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import type { FieldValue } from '../../src/trace/record.js';
import type { Collected, Collection } from './collect.js';

/** Whether trace-cmd is installed; tests against it say so when they skip. */
export const haveTraceCmd = spawnSync('trace-cmd', ['--version']).error === undefined;

/** Lines of `trace-cmd report -t -R`; null with the reason when this trace-cmd cannot read the file. */
export function traceCmdReport(path: string): { lines: string[] } | { reason: string } {
  const run = spawnSync('trace-cmd', ['report', '-t', '-R', path], {
    maxBuffer: 1 << 30,
    encoding: 'latin1',
  });
  const lines = run.stdout.split('\n').filter((l) => !/^\s*(\S*:)?\s*cpus=\d+$/.test(l));
  while (lines.at(-1) === '') lines.pop();
  if (run.status !== 0 || lines.length === 0) return { reason: run.stderr.trim().split('\n')[0] };
  return { lines };
}

/**
 * `        <comm>-<pid>  [<cpu>] <time>: <event>:  <fields>` with, from 3.3 on, flags glued to the bracket.
 * With several buffers their name stands before the comm.
 */
const LINE = /^(.{16,}?)-(-?\d+) +\[(\d+)\](?:-0x[0-9a-f]+)? *(\d+\.\d+|\d+): (\S+): *(.*)$/s;
const DROPPED = /CPU:(\d+) \[(?:(\d+) )?EVENTS DROPPED\]$/;

const EVENT_OF_SHAPE: Record<string, string> = {
  function: 'function',
  'graph-entry': 'funcgraph_entry',
  'graph-exit': 'funcgraph_exit',
};

/** Asserts that our records and losses are those of the report: same number, order and contents. */
export function assertSameAsReport(
  ours: Collection,
  lines: string[],
  nameOf: (a: bigint) => string | null,
): void {
  const gaps = ours.losses.filter((l) => l.where === 'gap');
  let gap = 0;
  let at = 0;
  ours.records.forEach((record, i) => {
    for (; gap < gaps.length && gaps[gap].before === i; gap++, at++) {
      const dropped = DROPPED.exec(lines[at] ?? '');
      assert.ok(dropped, `line ${at}: expected dropped events, found ${lines[at]}`);
      assert.equal(Number(dropped[1]), gaps[gap].cpu);
      assert.equal(dropped[2] === undefined ? -1 : Number(dropped[2]), gaps[gap].count);
    }
    let line = lines[at++];
    // Text of a marker goes on in lines that have no head.
    while (at < lines.length && !LINE.test(lines[at]) && !DROPPED.test(lines[at])) line += `\n${lines[at++]}`;
    assertSameRecord(record, line, i, nameOf);
  });
  assert.equal(at, lines.length, `${lines.length} lines, ${ours.records.length} records; next: ${lines[at]}`);
}

function assertSameRecord(
  record: Collected,
  line: string,
  i: number,
  nameOf: (address: bigint) => string | null,
): void {
  const m = LINE.exec(line);
  assert.ok(m, `record ${i}: not a record: ${line}`);
  const where = `record ${i}: ${line}`;
  assert.ok(m[1].trimStart() === record.comm || m[1].endsWith(` ${record.comm}`), `${where}: ${record.comm}`);
  assert.equal(record.pid, Number(m[2]), where);
  assert.equal(record.cpu, Number(m[3]), where);
  assert.equal(record.time, BigInt(m[4].replace('.', '')), where);
  assert.equal(EVENT_OF_SHAPE[record.decl.shape] ?? record.name, m[5], where);
  if (record.decl.shape === 'stack') return;
  assertSameFields(record, ` ${m[6]}`, where, nameOf);
}

function assertSameFields(
  record: Collected,
  text: string,
  where: string,
  nameOf: (address: bigint) => string | null,
): void {
  const entries = Object.entries(record.fields).filter(
    ([name]) => EVENT_OF_SHAPE[record.decl.shape] === undefined || !/^arg\d$/.test(name),
  );
  const inReport = entries.map(([name]) =>
    record.decl.shape === 'graph-exit' && name === 'ret' ? 'retval' : name,
  );
  let from = 0;
  entries.forEach(([name, value], k) => {
    const key = ` ${inReport[k]}=`;
    const start = text.indexOf(key, from);
    assert.ok(start >= 0, `${where}: no field ${name}`);
    const end =
      k + 1 < entries.length ? text.indexOf(` ${inReport[k + 1]}=`, start + key.length) : text.length;
    assert.ok(end >= 0, `${where}: no field ${inReport[k + 1]}`);
    const shown = text.slice(start + key.length, end).replace(/ args=.*$/, '');
    assert.ok(sameValue(value, shown, nameOf), `${where}: ${name} is ${JSON.stringify(value)}`);
    from = end;
  });
}

/** The report prints a number as the event's print fmt happens to: decimal, hex with or without 0x, or a function. */
function sameValue(value: FieldValue, shown: string, nameOf: (address: bigint) => string | null): boolean {
  if (Array.isArray(value)) return shown.startsWith('ARRAY[') && shown.split(',').length >= value.length;
  if (value === null) return false;
  if (typeof value === 'string' && !value.startsWith('0x'))
    return shown.trimEnd() === Buffer.from(value).toString('latin1').trimEnd();
  const number = BigInt.asUintN(64, BigInt(value));
  if (nameOf(number) === shown) return true;
  for (const text of [shown, `0x${shown}`]) {
    if (!/^(-?\d+|0x[0-9a-f]+)$/i.test(text)) continue;
    const read = BigInt(text);
    if (BigInt.asUintN(64, read) === number) return true;
    // A negative int or short may be printed as unsigned.
    for (const bits of [32, 16]) {
      const negative = number >= 2n ** 64n - 2n ** BigInt(bits - 1);
      if (negative && BigInt.asUintN(64, read) === BigInt.asUintN(bits, number)) return true;
    }
  }
  return false;
}
