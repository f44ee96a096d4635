import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { command } from '../cli/in-process.js';
import { fixture, ROOT } from '../cli/process.js';
import { cleanTrace, event, inconclusiveTrace, total, violationTrace } from './sample.js';

type Schema = Record<string, unknown> & { $id: string; properties?: Record<string, Schema> };

const DIRECTORY = join(ROOT, 'schema');
const NAMES = readdirSync(DIRECTORY).map((file) => file.replace('.schema.json', ''));
const read = (name: string): Schema =>
  JSON.parse(readFileSync(join(DIRECTORY, `${name}.schema.json`), 'utf8'));

/** The published schemas allow members that they do not know; ours must name all that we write. */
function strict(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(strict);
  if (typeof value !== 'object' || value === null) return value;
  const copy = Object.fromEntries(Object.entries(value).map(([key, member]) => [key, strict(member)]));
  return 'properties' in copy && copy.type === 'object' ? { additionalProperties: false, ...copy } : copy;
}

const ajv = new Ajv2020({ allErrors: true, strictTypes: false });
for (const name of NAMES) ajv.addSchema(strict(read(name)) as Schema);

function valid(name: string, value: unknown): void {
  const validate = ajv.getSchema(`urn:zaptrace:1:${name}`)!;
  assert.ok(validate(value), `${ajv.errorsText(validate.errors)}\n${JSON.stringify(value).slice(0, 500)}`);
}

test('hand-made records of all kinds are valid, wrong ones are not', () => {
  for (const record of [...violationTrace(), ...inconclusiveTrace(), ...cleanTrace(), event('t'), total()]) {
    valid(record.type, record);
    valid('record', record);
  }
  const validate = ajv.getSchema('urn:zaptrace:1:record')!;
  assert.equal(validate({ ...event('t'), surprise: 1 }), false);
  assert.equal(validate({ ...event('t'), t_ns: '12' }), false);
});

const race = fixture('race.report.txt');
const clean = fixture('clean.report.txt');

for (const args of [
  ['check', '--all', race],
  ['check', race, clean, 'no-such-file'],
  ['check', '--baseline', fixture('baseline.json'), race],
  ['timeline', race],
  ['events', race],
  ['events', '--all', race],
]) {
  test(`every line of a real run is valid: ${args.join(' ')}`, async () => {
    const { stdout } = await command([...args, '-f', 'ndjson']);
    const records = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    assert.ok(records.length > 2);
    for (const record of records) {
      assert.equal(Object.keys(record)[0], 'type');
      valid(record.type, record);
    }
    assert.equal(records[0].type, 'header');
    assert.match(records.at(-1).type, /^(summary|total)$/);
  });
}

test('-f json of one and of several traces is valid', async () => {
  valid('report', JSON.parse((await command(['-f', 'json', race])).stdout));
  valid('report', JSON.parse((await command(['timeline', '-f', 'json', race])).stdout));
  const several = JSON.parse((await command(['-f', 'json', race, clean])).stdout);
  assert.equal(several.traces.length, 2);
  assert.equal(several.total.verdict, 'violation');
  valid('report', several);
});

test('zaptrace schema prints documents that stand alone', async () => {
  const { stdout } = await command(['schema', '--list']);
  assert.deepEqual(stdout.trimEnd().split('\n'), [...NAMES].sort());
  for (const name of NAMES) {
    const alone = new Ajv2020({ strictTypes: false });
    const validate = alone.compile(JSON.parse((await command(['schema', name])).stdout));
    if (name === 'record') assert.ok(validate(violationTrace()[1]), alone.errorsText(validate.errors));
  }
});

/** Members of every record as of zaptrace/1. Lines may be added here; taking one out breaks somebody's script. */
const MEMBERS: Record<string, string> = {
  header: 'type schema version input format clock base',
  event:
    'type kind name ts t_ns end_ns cpu pid comm symbol device vma address pages order pfn result origin fields',
  vma: 'type id pointer mm pid comm start end pgoff device mapping created_ns linked_ns removed_ns installs pages_installed pages_present blocked_faults zap_visits orders epochs',
  zap: 'type id cause device mapping start_ns end_ns unblocked_ns pid comm cpu vmas pages_cleared',
  finding:
    'type id rule severity confidence message device vma zap address pages ts t_ns exposed_ns ended_by fingerprint evidence missing known',
  diagnostic: 'type code severity message count origin',
  summary: 'type input verdict reasons coverage advice counts',
  total: 'type verdict traces verdicts failed',
};

test('no member ever goes away, and required ones stay required', () => {
  const optional = new Set(['event.fields', 'finding.missing', 'finding.known']);
  for (const [name, members] of Object.entries(MEMBERS)) {
    const schema = read(name);
    for (const member of members.split(' ')) {
      assert.ok(schema.properties?.[member], `${name}.${member} is gone`);
      if (optional.has(`${name}.${member}`)) continue;
      assert.ok((schema.required as string[]).includes(member), `${name}.${member} is no longer required`);
    }
  }
});
