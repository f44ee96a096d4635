// `events --all` is for whoever would pipe `trace-cmd report -R` into other tools: the fields of all events.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { command } from './in-process.js';
import { fixture } from './process.js';

async function events(path: string): Promise<Record<string, unknown>[]> {
  const { stdout } = await command(['events', '--all', path]);
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
    .filter((record) => record.type === 'event');
}

test('mapping events have their fields as recorded too, with those of their return', async () => {
  for (const path of [
    'fixtures/dat/6.12-date.dat',
    fixture('race.report.txt'),
    'fixtures/perfdata/6.1.data',
  ]) {
    const all = await events(path);
    assert.ok(all.some((e) => e.kind === 'other') && all.some((e) => e.kind !== 'other'));
    // (a return without a value has no field)
    for (const event of all) assert.ok(event.fields !== undefined, JSON.stringify(event));
  }
  const dat = await events('fixtures/dat/6.12-date.dat');
  const insert = dat.find((e) => e.name === 'vmf_insert_pfn');
  assert.ok(insert !== undefined && insert.end_ns !== null);
  const fields = insert.fields as Record<string, unknown>;
  assert.equal(typeof fields.vma, 'string');
  assert.equal(typeof fields.ret, 'number');
});

test('without --all events stay short', async () => {
  const { stdout } = await command(['events', 'fixtures/dat/6.12-date.dat']);
  assert.doesNotMatch(stdout, /"fields"/);
});

test('a stack has as many callers as were recorded, not the eight of its description', async () => {
  const stacks = (await events('fixtures/dat/6.12-stack.dat')).filter((e) => e.name === 'kernel_stack');
  for (const { fields } of stacks) {
    const { size, caller } = fields as { size: number; caller: string[] };
    assert.equal(caller.length, size);
  }
  assert.ok(stacks.some((e) => (e.fields as { size: number }).size > 8));
});
