import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { BUILTIN_MAPS } from '../../src/probes/maps/index.js';
import { zaprace } from '../../src/probes/maps/zaprace.js';
import { ROLE_KINDS } from '../../src/probes/roles.js';
import { parseProbeMap } from '../../src/probes/validate.js';

const read = (path: string): string => readFileSync(path, 'utf8');

test('the worked example is the map that comes with the program', () => {
  assert.deepEqual(parseProbeMap(JSON.parse(read('docs/probe-maps/zaprace.json'))), zaprace);
});

test('every probe map of the documentation is one', () => {
  const files = readdirSync('docs/probe-maps').filter((name) => name.endsWith('.json'));
  assert.ok(files.length >= 2);
  for (const file of files) parseProbeMap(JSON.parse(read(`docs/probe-maps/${file}`)));
});

test('the guide names every role and every map', () => {
  const guide = read('docs/probe-maps.md');
  for (const role of Object.keys(ROLE_KINDS)) assert.ok(guide.includes(`\`${role}\``), `role ${role}`);
  for (const map of BUILTIN_MAPS) assert.ok(guide.includes(`\`${map.name}\``), `map ${map.name}`);
});
