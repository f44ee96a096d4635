import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { openSource } from '../../src/trace/open.js';
import type { Bracket, EventDecl, Interest, TraceRecord, TraceSink } from '../../src/trace/record.js';
import { BRACKET_ARGS, Part } from '../../src/trace/record.js';
import { openTrace } from '../../src/trace/registry.js';
import { eventHead, formatText, Page, writeV6, X86 } from './dat-writer.js';

const PARTS: Record<string, Part | undefined> = {
  opens: Part.Opens,
  inside: Part.Inside,
  closes: Part.Closes,
  ends: Part.Ends,
  work: Part.AtWork,
  other: undefined,
};
const NAMES = Object.keys(PARTS);
/** Records of the head of each CPU. */
const HEAD = 2 * NAMES.length;

/** `event@time/cpu/pid`, its field is the time. */
type Line = `${string}@${number}/${number}/${number}`;

interface Taker {
  call?: boolean;
  /** Of a series, which of its records (by their field) are taken. */
  takes?: (value: number) => boolean;
}

/** Writes down what a reader gives: `call(…)`, `series(…)`, or the record. */
class Log implements TraceSink {
  readonly said: string[] = [];
  readonly #names = new Map<Interest, string>();

  constructor(readonly how: Taker) {}

  declare(decl: EventDecl): Interest | null {
    const fields = [{ field: 0, slot: 3, kind: 'number' } as const];
    const interest = { fields, wantText: false, wantFields: false, part: PARTS[decl.name] };
    this.#names.set(interest, decl.name);
    return interest;
  }

  record(record: TraceRecord): void {
    const name = this.#names.get(record.interest);
    this.said.push(`${name}@${record.t}/${record.cpu}/${record.pid}`);
    assert.equal(record.args[record.base + 3], record.t + 1000);
  }

  call(bracket: Bracket): boolean {
    const { shape, values, rows, count } = bracket;
    const names = (shape?.interests ?? []).map((interest) => this.#names.get(interest));
    const times = names.map((_, i) => values[rows[i]]);
    assert.equal(names.length, count);
    times.forEach((t, i) => assert.equal(values[rows[i] + BRACKET_ARGS + 3], t + 1000));
    const text = names.map((name, i) => `${name}@${times[i]}`).join(' ');
    this.said.push(`${this.how.call === false ? 'no ' : ''}call/${bracket.cpu}/${bracket.pid}: ${text}`);
    return this.how.call ?? true;
  }

  series(bracket: Bracket, from: number): number {
    const { values, rows, count, part } = bracket;
    let to = from;
    while (to < count && (this.how.takes?.(values[rows[to]]) ?? true)) to++;
    const times = [...rows.subarray(from, to)].map((row) => values[row]);
    if (to > from) this.said.push(`series ${part}: ${times.join(' ')}`);
    return to;
  }

  lost(): void {
    this.said.push('lost');
  }
}

let folder: string;
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'zaptrace-test-'));
});
after(() => rmSync(folder, { recursive: true }));

/** What the reader gives of these records; `pages`: so many records to a sub-buffer. */
async function read(lines: Line[], how: Taker = {}, pages = 100): Promise<string[]> {
  // Each event twice before, in sub-buffers of their own: what the records of a sub-buffer are is looked up before the
  // first of them has its turn, and the first that is known counts as any other. And one behind them, in the same.
  const events = [...NAMES, ...NAMES];
  const known = [0, 1].flatMap((cpu) => events.map((name, i): Line => `${name}@${i - HEAD}/${cpu}/1`));
  const tail = [0, 1].map((cpu): Line => `other@5000/${cpu}/1`);
  const cpus: { pages: Page[]; count: number; at: number }[] = [];
  for (const line of [...known, ...lines, ...tail]) {
    const [, name, time, cpuText, pid] = /^(\w+)@(-?\d+)\/(\d+)\/(-?\d+)$/.exec(line) ?? [];
    const t = Number(time) + HEAD;
    while (cpus.length <= Number(cpuText)) cpus.push({ pages: [], count: -HEAD, at: 0 });
    const cpu = cpus[Number(cpuText)];
    if (cpu.count === -HEAD || cpu.count === -NAMES.length || (cpu.count >= 0 && cpu.count % pages === 0)) {
      cpu.pages.push(new Page(X86, BigInt(t)));
      cpu.at = t;
    }
    cpu.count++;
    const record = eventHead(X86, 10 + NAMES.indexOf(name), Number(pid)).u64(BigInt(t + 1000));
    cpu.pages.at(-1)?.event(t - cpu.at, record.done());
    cpu.at = t;
  }
  const formats = NAMES.map((name, i) => ({
    system: 'test',
    text: formatText(name, 10 + i, [['u64 value', 8, 8, 0]]),
  }));
  const path = join(folder, 'trace.dat');
  writeFileSync(path, writeV6({ machine: X86, formats, cpus: cpus.map((c) => c.pages), clock: '[mono]' }));
  const source = await openSource(path);
  const reader = await openTrace(source);
  const log = new Log(how);
  await reader.read(log);
  await source.close();
  assert.equal(reader.info.records, known.length + lines.length + tail.length);
  const shift = (text: string): string => text.replace(/@(\d+)/g, (_, t) => `@${Number(t) - HEAD}`);
  const from = log.said.lastIndexOf(`other@${HEAD - 1}/1/1`) + 1;
  return log.said.slice(from, -tail.length).map(shift);
}

describe('calls that a reader offers at once', () => {
  const CALL: Line[] = ['opens@1/0/7', 'inside@2/0/7', 'closes@3/0/7'];

  it('a call of one thread on one CPU, and the same one by one when it is not taken', async () => {
    assert.deepEqual(await read(CALL), ['call/0/7: opens@1 inside@2 closes@3']);
    assert.deepEqual(await read(CALL, { call: false }), ['no call/0/7: opens@1 inside@2 closes@3', ...CALL]);
  });

  it('calls of two CPUs at the same time, in the order in which they begin', async () => {
    const lines: Line[] = ['opens@1/0/7', 'opens@2/1/8', 'closes@3/1/8', 'inside@4/0/7', 'closes@5/0/7'];
    assert.deepEqual(await read(lines), [
      'call/0/7: opens@1 inside@4 closes@5',
      'call/1/8: opens@2 closes@3',
    ]);
    const [first, second] = ['no call/0/7: opens@1 inside@4 closes@5', 'no call/1/8: opens@2 closes@3'];
    assert.deepEqual(await read(lines, { call: false }), [first, lines[0], second, ...lines.slice(1)]);
  });

  it('not when something else happens meanwhile, anywhere', async () => {
    for (const other of [
      'other@2/0/7',
      'other@2/1/8',
      'ends@2/1/8',
      'inside@2/1/8',
      'closes@2/1/8',
    ] as Line[]) {
      const lines: Line[] = ['opens@1/0/7', other, 'closes@3/0/7'];
      const said = await read(lines);
      assert.ok(!said.some((text) => text.includes('call')), said.join());
      assert.equal(said.length, 3, said.join());
    }
  });

  it('what another thread does in such a call that is not alone does not count', async () => {
    const broken: Line[] = ['opens@1/1/8', 'other@2/2/9'];
    const rest: Line[] = ['inside@4/1/8', 'inside@5/1/8', 'closes@7/1/8'];
    const lines: Line[] = [...broken, 'opens@3/0/7', rest[0], rest[1], 'closes@6/0/7', rest[2]];
    assert.deepEqual(await read(lines), [...broken, 'call/0/7: opens@3 closes@6', ...rest]);
    const onOne: Line[] = ['opens@1/1/8', 'other@2/2/9', 'opens@3/1/7', 'inside@4/1/8', 'closes@5/1/7'];
    assert.deepEqual(await read(onOne), onOne, 'on the same CPU it does');
    const nobody: Line[] = ['opens@1/0/7', 'inside@2/1/-1', 'closes@3/0/7'];
    assert.deepEqual(await read(nobody), nobody, 'of a thread that nobody knows it does');
    const over: Line[] = [...broken, 'closes@3/1/8', 'opens@4/0/7', 'inside@5/1/8', 'closes@6/0/7'];
    assert.deepEqual(await read(over), over, 'behind its end it does');
  });

  it('work of other threads on other CPUs does not count, on the same CPU it does', async () => {
    const apart = await read(['opens@1/0/7', 'work@2/1/8', 'closes@3/0/7']);
    assert.deepEqual(apart, ['call/0/7: opens@1 closes@3', 'series 5: 14']);
    const between = await read(['opens@1/0/7', 'work@2/0/8', 'closes@3/0/7']);
    assert.deepEqual(between, ['opens@1/0/7', 'series 5: 14', 'closes@3/0/7']);
  });

  it('not when the thread moves, is interrupted by another, or begins again', async () => {
    const moved: Line[] = ['opens@1/0/7', 'inside@2/1/7', 'closes@3/0/7'];
    assert.deepEqual(await read(moved), moved);
    const closed: Line[] = ['opens@1/0/7', 'closes@2/1/7'];
    assert.deepEqual(await read(closed), closed);
    const shared: Line[] = ['opens@1/0/7', 'opens@2/0/8', 'closes@3/0/8', 'closes@4/0/7'];
    assert.deepEqual(await read(shared), [shared[0], 'call/0/8: opens@2 closes@3', shared[3]]);
    const again: Line[] = ['opens@1/0/7', 'opens@2/1/7', 'closes@3/1/7', 'closes@4/0/7'];
    assert.deepEqual(await read(again), [again[0], 'call/1/7: opens@2 closes@3', again[3]]);
  });

  it('not when two records have the same time', async () => {
    const same: Line[] = ['opens@1/0/7', 'inside@1/0/7', 'closes@3/0/7'];
    assert.deepEqual(await read(same), same);
  });

  it('also over several sub-buffers', async () => {
    for (const pages of [1, 2, 3])
      assert.deepEqual(await read(CALL, {}, pages), ['call/0/7: opens@1 inside@2 closes@3']);
  });

  it('a handler that calls another one first of all: one call', async () => {
    const lines: Line[] = ['opens@1/0/7', 'opens@2/0/7', 'inside@3/0/7', 'closes@4/0/7', 'closes@5/0/7'];
    assert.deepEqual(await read(lines), ['call/0/7: opens@1 opens@2 inside@3 closes@4', lines[4]]);
    const late: Line[] = ['opens@1/0/7', 'inside@2/0/7', 'opens@3/0/7', 'closes@4/0/7'];
    assert.deepEqual(await read(late), [late[0], late[1], 'call/0/7: opens@3 closes@4']);
  });

  it('not when it is long', async () => {
    const inside = (n: number): Line[] => Array.from({ length: n }, (_, i): Line => `inside@${2 + i}/0/7`);
    const of = (n: number): Line[] => ['opens@1/0/7', ...inside(n), `closes@${2 + n}/0/7`];
    assert.equal((await read(of(13))).length, 1);
    assert.deepEqual(await read(of(15)), of(15));
  });
});

describe('series that a reader offers at once', () => {
  const SERIES: Line[] = [1, 2, 3, 4].map((t): Line => `ends@${t}/0/7`);

  it('records of one part, thread and CPU', async () => {
    assert.deepEqual(await read(SERIES), ['series 4: 13 14 15 16']);
    assert.deepEqual(await read(['ends@1/0/7', 'ends@2/0/8', 'ends@3/1/8', 'work@4/1/8', 'work@5/1/8']), [
      'series 4: 13',
      'series 4: 14',
      'series 4: 15',
      'series 5: 16 17',
    ]);
    assert.deepEqual(
      await read(['ends@1/0/7', 'ends@1/0/7']),
      ['series 4: 13', 'series 4: 13'],
      'equal times',
    );
  });

  it('those that are not taken come one by one, in their places', async () => {
    assert.deepEqual(await read(SERIES, { takes: (t) => t !== 14 }), [
      'series 4: 13',
      SERIES[1],
      'series 4: 15 16',
    ]);
    assert.deepEqual(await read(SERIES, { takes: () => false }), SERIES);
    assert.deepEqual(await read(SERIES, { takes: (t) => t < 15 }), ['series 4: 13 14', SERIES[2], SERIES[3]]);
  });

  it('also behind a call that is not taken', async () => {
    const lines: Line[] = ['opens@1/0/7', 'closes@2/0/7', 'ends@3/0/7', 'ends@4/0/7', 'other@5/0/7'];
    assert.deepEqual(await read(lines, { call: false, takes: (t) => t !== 15 }), [
      'no call/0/7: opens@1 closes@2',
      'opens@1/0/7',
      'closes@2/0/7',
      'ends@3/0/7',
      'series 4: 16',
      'other@5/0/7',
    ]);
  });

  it('any number of them', async () => {
    const many = Array.from({ length: 1000 }, (_, i): Line => `ends@${1 + i}/0/7`);
    const said = await read(many);
    const times = said.flatMap((text) => text.replace('series 4: ', '').split(' ').map(Number));
    assert.deepEqual(
      times,
      many.map((_, i) => 1 + HEAD + i),
    );
    assert.ok(said.length < 40, `${said.length}`);
  });
});
