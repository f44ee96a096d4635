import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readText, reportLine, tracefsLine } from './read-text.js';

const event = (us: number, cpu = 1): string =>
  reportLine('r_ret:                (ffffffffa938a1c0 <- ffffffffa938a465) ret=0x100', us, cpu);
const traced = (us: number, cpu = 1): string => tracefsLine('p: (f+0x4/0x20) a=1', us, cpu);

const LOSSES: [line: string, cpu: number, count: number, where: string][] = [
  ['CPU:4 [LOST 1234 EVENTS]', 4, 1234, 'gap'],
  ['CPU:4 [LOST EVENTS]', 4, -1, 'gap'],
  ['CPU:3 [204600 EVENTS DROPPED]', 3, 204600, 'gap'],
  ['CPU:3 [EVENTS DROPPED]', 3, -1, 'gap'],
  ['##### CPU 3 buffer started ####', 3, -1, 'start'],
];

for (const [line, cpu, count, where] of LOSSES) {
  test(`lost: ${line}`, async () => {
    const { losses, records, info } = await readText(`${traced(1)}${line}\n${traced(2)}`);
    assert.deepEqual(losses, [{ cpu, count, where, origin: 2, before: 1 }]);
    assert.equal(records.length, 2);
    assert.equal(info.unparsed, 0);
  });
}

test('more written than kept: the beginning was overwritten', async () => {
  const { losses } = await readText(
    `# tracer: nop\n#\n# entries-in-buffer/entries-written: 140080/250280   #P:4\n#\n${traced(1)}`,
  );
  assert.deepEqual(losses, [{ cpu: -1, count: 110200, where: 'start', origin: 3, before: 0 }]);
});

test('everything kept is no loss', async () => {
  const { losses } = await readText(
    `# tracer: nop\n# entries-in-buffer/entries-written: 88/88   #P:2\n${traced(1)}`,
  );
  assert.deepEqual(losses, []);
});

test('the header of a latency trace tells of a loss and of the kernel', async () => {
  const { losses, info } = await readText(
    `# tracer: nop\n#\n# nop latency trace v1.1.5 on 6.12.95+deb12-amd64\n# latency: 0 us, #88/100, CPU#0 | (M:desktop VP:0, KP:0, SP:0 HP:0 #P:2)\n${traced(1)}`,
  );
  assert.deepEqual(
    losses.map((l) => [l.count, l.where]),
    [[12, 'start']],
  );
  assert.equal(info.release, '6.12.95+deb12-amd64');
});

test('two traces in one file: what the second overwrote lies between them', async () => {
  const { losses, info } = await readText(
    `# tracer: nop\n${traced(5)}# tracer: nop\n# entries-in-buffer/entries-written: 10/30   #P:2\n${traced(1)}`,
  );
  assert.deepEqual(
    losses.map(({ where, count, before }) => [where, count, before]),
    // What happened between the two, and what was overwritten.
    [
      ['gap', -1, 1],
      ['gap', 20, 1],
    ],
  );
  assert.deepEqual(info.diagnostics.map((d) => d.code).sort(), ['second-trace', 'time-backwards']);
});

test('a time that goes back on its own CPU, and one that is only behind another CPU', async () => {
  const back = await readText(event(5) + event(4));
  assert.deepEqual(
    back.info.diagnostics.map(({ code, count, origin }) => [code, count, origin]),
    [['time-backwards', 1, 2]],
  );
  const across = await readText(event(5, 0) + event(4, 1));
  assert.deepEqual(
    across.info.diagnostics.map(({ code, severity }) => [code, severity]),
    [['cpu-disorder', 'note']],
  );
  assert.deepEqual(
    across.records.map((r) => r.t),
    [0, -1000],
  );
});

test('stacks are neither records of their own nor damage', async () => {
  const { records, info } = await readText(
    `${event(1)}${reportLine('kernel_stack:         <stack trace >', 2)}=> vma_link_file (ffffffffa93b2c58)\n=> 7fffffff\n${event(3)}`,
  );
  assert.deepEqual(
    records.map((r) => r.decl.shape),
    ['probe', 'stack', 'probe'],
  );
  assert.equal(info.unparsed, 0);
  const tracefs = await readText(
    `${traced(1)}${tracefsLine('<user stack trace>', 2)} => copy_page_range+0x9/0x1920\n =>  <00007f02e515a0b0>\n`,
  );
  assert.deepEqual(
    tracefs.records.map((r) => r.name),
    ['p', 'user_stack'],
  );
  assert.equal(tracefs.info.unparsed, 0);
});

test('a mark of several lines is read up to its first newline', async () => {
  const { records, info } = await readText(
    `${reportLine('print:                tracing_mark_write: one', 1)}two\nthree 12\n${event(2)}`,
  );
  assert.equal(records.length, 2);
  assert.equal(info.unparsed, 0);
  assert.deepEqual(
    info.diagnostics.map(({ code, count, severity }) => [code, count, severity]),
    [['continued-text', 2, 'note']],
  );
});

test('what trace-cmd says besides', async () => {
  const { info } = await readText(
    `version = 6\nCPU 2 is empty\ncpus=4\n${event(1)}CPU:5 [SUBBUFFER START]\n${event(2)}`,
  );
  assert.equal(info.unparsed, 0);
  assert.equal(info.records, 2);
});

test('an event that trace-cmd did not know', async () => {
  const { info } = await readText(
    `${event(1)}[UNKNOWN EVENT][UNKNOWN EVENT] (NULL):               [UNKNOWN EVENT]\n${event(2)}`,
  );
  assert.deepEqual(
    [info.unparsed, info.diagnostics[0].code, info.diagnostics[0].origin],
    [1, 'unknown-event', 2],
  );
});

test('the same damage a million times is one diagnostic', async () => {
  const { info } = await readText(event(1) + 'what is this?\n'.repeat(1000) + event(2));
  assert.deepEqual(
    info.diagnostics.map(({ code, count, origin }) => [code, count, origin]),
    [['unparsed-line', 1000, 2]],
  );
  assert.equal(info.unparsed, 1000);
});
