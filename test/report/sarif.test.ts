import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import type { ErrorObject } from 'ajv';
import Draft04 from 'ajv-draft-04';
import formats from 'ajv-formats';
import type { AnyRecord } from '../../src/report/records.js';
import { sarif } from '../../src/report/sarif.js';
import { render } from './render.js';
import {
  cleanTrace,
  header,
  inconclusiveTrace,
  missedVma,
  summary,
  total,
  violationTrace,
} from './sample.js';

/** The OASIS standard's schema, as the package @microsoft/jest-sarif ships it. */
const schemaFile = join(
  dirname(createRequire(import.meta.url).resolve('@microsoft/jest-sarif')),
  'schemas/sarif-2.1.0-rtm.5.json',
);
const ajv = new Draft04.default({ strict: false, allErrors: true, unicodeRegExp: false });
formats.default(ajv);
const validate: ((value: unknown) => boolean) & { errors?: ErrorObject[] | null } = ajv.compile(
  JSON.parse(readFileSync(schemaFile, 'utf8')),
);

function log(records: readonly AnyRecord[]) {
  const value = JSON.parse(render(sarif, records));
  const ok: boolean = validate(value);
  assert.ok(ok, ajv.errorsText(validate.errors));
  return value.runs[0];
}

test('the schema is not a rubber stamp', () => {
  assert.equal(validate({ version: '2.1.0', runs: [{ tool: {} }] }), false);
});

test('clean, inconclusive, failed and several traces are valid', () => {
  assert.deepEqual(log(cleanTrace()).results, []);
  const run = log([...cleanTrace(), ...inconclusiveTrace(), total()]);
  assert.equal(run.invocations[0].executionSuccessful, false);
  const texts = run.invocations[0].toolExecutionNotifications.map(
    (n: { message: { text: string } }) => n.message.text,
  );
  assert.ok(texts.includes('gone.txt: no such file'));
  assert.ok(texts.some((text: string) => text.includes('157 events were lost')));
});

test('a finding is a result with its rule, place, fingerprint and level', () => {
  const run = log(violationTrace('traces/race 1.txt'));
  const [missed, possible, warning] = run.results;
  assert.equal(run.tool.driver.rules[missed.ruleIndex].id, 'zap-missed-unlinked-vma');
  assert.equal(missed.level, 'error');
  assert.equal(possible.level, 'warning');
  assert.match(possible.message.text, /^Possible: .* To settle it: /);
  assert.equal(warning.level, 'warning');
  assert.deepEqual(missed.locations[0].physicalLocation, {
    artifactLocation: { uri: 'traces/race%201.txt' },
    region: { startLine: 808 },
  });
  assert.equal(missed.partialFingerprints['zaptrace/v1'], missedVma('').fingerprint);
});

test('evidence is there as related locations and as a code flow per task', () => {
  const [missed] = log(violationTrace()).results;
  assert.equal(missed.relatedLocations.length, 4);
  const flows = missed.codeFlows[0].threadFlows;
  assert.deepEqual(
    flows.map((flow: { id: string }) => flow.id),
    ['zrlab-506', 'zrlab-504'],
  );
  const order = flows.map((flow: { locations: { executionOrder: number }[] }) =>
    flow.locations.map((l) => l.executionOrder),
  );
  assert.deepEqual(order, [
    [1, 4],
    [2, 3],
  ]);
});

test('binary traces have byte offsets, standard input has a name, absolute paths are file URIs', () => {
  const at = (input: string) => {
    const finding = missedVma(input);
    const evidence = finding.evidence.map((e) => ({ ...e, origin: { input, offset: 8000 } }));
    return log([header(input), { ...finding, evidence }, summary(input)]).results[0].locations[0]
      .physicalLocation;
  };
  assert.deepEqual(at('a.dat'), { artifactLocation: { uri: 'a.dat' }, region: { byteOffset: 8000 } });
  assert.equal(at('-').artifactLocation.uri, 'stdin');
  assert.equal(at('/tmp/a b').artifactLocation.uri, 'file:///tmp/a%20b');
});

test('a rule that the catalogue lacks still has a descriptor', () => {
  const run = log([header('t'), { ...missedVma('t'), rule: 'of-tomorrow' }, summary('t')]);
  assert.equal(run.tool.driver.rules[run.results[0].ruleIndex].id, 'of-tomorrow');
});

test('with a baseline known results are unchanged and suppressed, others new', () => {
  const records = [
    header('t'),
    { ...missedVma('t'), known: true },
    { ...missedVma('t'), known: false },
    summary('t'),
  ];
  const [known, fresh] = log(records).results;
  assert.equal(known.baselineState, 'unchanged');
  assert.equal(known.suppressions.length, 1);
  assert.equal(fresh.baselineState, 'new');
});
