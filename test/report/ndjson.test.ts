import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { analyze } from '../../src/analyze.js';
import { eventJson } from '../../src/report/ndjson.js';
import type { EventRecord } from '../../src/report/records.js';
import { safeJson } from '../../src/report/sanitize.js';

const TRACES = [
  'fixtures/captures/6.12-zaprace-mmap-leak/tc331.dat',
  'fixtures/captures/6.1-vfio-lifecycle/tc316.report-t.txt.zst',
  'fixtures/captures/6.12-zaprace-mmap-leak/perf61.data',
  'fixtures/cli/race.report.txt',
];

/** Events of a trace, those that no probe map knows among them. */
async function events(trace: string): Promise<EventRecord[]> {
  const found: EventRecord[] = [];
  for await (const record of analyze(trace, { records: { events: 'all' } }))
    if (record.type === 'event') found.push(record);
  return found;
}

for (const trace of TRACES)
  test(`events of ${trace} are the JSON that JSON.stringify makes`, async () => {
    const all = await events(trace);
    assert.ok(all.length > 10);
    for (const event of all) assert.equal(eventJson(event), safeJson(event));
  });

test('names that whoever ran on the traced machine chose are quoted', async () => {
  const [event] = await events(TRACES[0]);
  const name = fc.string({ unit: 'binary' });
  fc.assert(
    fc.property(name, name, name, (comm, input, symbol) => {
      const origin = { ...event.origin, input };
      const hostile = { ...event, comm, name: comm, symbol, result: symbol, device: comm, origin };
      assert.equal(eventJson(hostile), safeJson(hostile));
      assert.deepEqual(JSON.parse(eventJson(hostile)), JSON.parse(JSON.stringify(hostile)));
    }),
    { numRuns: 500 },
  );
});
