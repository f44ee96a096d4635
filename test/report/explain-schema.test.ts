import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { command } from '../cli/in-process.js';
import { fixture, root } from '../helpers.js';

const directory = join(root, 'schema');
const ajv = new Ajv2020({ allErrors: true, strictTypes: false });
for (const file of readdirSync(directory))
  ajv.addSchema(JSON.parse(readFileSync(join(directory, file), 'utf8')));
const validate = ajv.getSchema('urn:zaptrace:1:explain')!;

for (const trace of [
  '6.12-zaprace-natural-stray/tc331us.dat',
  '6.12-zaprace-mmap-leak/tc316.report-t.txt.zst',
  '6.12-vfio-huge/tc331.dat',
]) {
  test(`explain -f json is valid: ${trace}`, async () => {
    const { stdout } = await command(['explain', '-f', 'json', fixture(`captures/${trace}`)]);
    assert.ok(validate(JSON.parse(stdout)), ajv.errorsText(validate.errors));
  });
}

test('a wrong explanation is not valid', async () => {
  const { stdout } = await command([
    'explain',
    '-f',
    'json',
    fixture('captures/6.12-zaprace-mmap-leak/tc331.dat'),
  ]);
  const wrong = JSON.parse(stdout);
  wrong.explanations[0].steps[0].phase = 'later';
  assert.equal(validate(wrong), false);
});
