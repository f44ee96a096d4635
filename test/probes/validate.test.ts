import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FunctionProbe } from '../../src/probes/map.js';
import { BUILTIN_MAPS } from '../../src/probes/maps/index.js';
import { ProbeMapError, parseProbeMap } from '../../src/probes/validate.js';

const install: FunctionProbe = {
  symbols: ['foo_insert'],
  role: 'install',
  params: 'vma addr pfn',
  args: { vma: 'vma', address: 'addr' },
  result: 'fault',
  covers: 'address-order',
  order: 0,
};

const map = (f: object): unknown => ({ name: 'foo', title: 'foo', module: 'foo', functions: [f] });

function problems(value: unknown): readonly string[] {
  try {
    parseProbeMap(value);
  } catch (error) {
    assert.ok(error instanceof ProbeMapError, String(error));
    return error.problems;
  }
  return [];
}

/** The one problem of a function that is `install` with some members replaced. */
function problem(change: object): string {
  const found = problems(map({ ...install, ...change }));
  assert.equal(found.length, 1, found.join('\n'));
  return found[0];
}

test('the maps that come with the program pass their own check and survive JSON', () => {
  for (const builtin of BUILTIN_MAPS) {
    assert.deepEqual(parseProbeMap(JSON.parse(JSON.stringify(builtin))), JSON.parse(JSON.stringify(builtin)));
  }
});

test('title and module may be left out', () => {
  const parsed = parseProbeMap({ name: 'foo', functions: [install] });
  assert.equal(parsed.title, 'foo');
  assert.equal(parsed.module, null);
});

test('what is no map at all', () => {
  assert.deepEqual(problems([]), ['probe map: expected an object, found an array of 0']);
  assert.deepEqual(problems(null), ['probe map: expected an object, found null']);
  assert.deepEqual(problems({ name: 'foo' }), ['functions: expected an array, found nothing']);
  assert.deepEqual(problems({ name: 'foo', functions: [] }), [
    'functions: expected an array with at least one element',
  ]);
});

test('each place is named as a JSON path, with what was expected and what was found', () => {
  assert.match(
    problem({ role: 'instal' }),
    /^functions\[0\]\.role: expected one of .*install.*; found "instal"$/,
  );
  assert.match(
    problem({ role: undefined }),
    /^functions\[0\]\.role: expected a role \(mmap, .*found nothing$/,
  );
  assert.equal(
    problem({ args: { vma: 'vmf->vma', address: 'addr' } }),
    `functions[0].args.vma: "vmf->vma" starts with 'vmf', which is none of the parameters (vma, addr, pfn)`,
  );
  assert.match(
    problem({ args: { vma: 'vma', addr: 'addr', address: 'addr' } }),
    /^functions\[0\]\.args\.addr: is not known here; known: device, mapping/,
  );
  assert.match(
    problem({ args: { vma: 'vma + 8', address: 'addr' } }),
    /^functions\[0\]\.args\.vma: expected a parameter or members/,
  );
  assert.match(
    problem({ symbols: ['foo_insert', 'not a name'] }),
    /^functions\[0\]\.symbols\[1\]: expected the name of a kernel function/,
  );
  assert.match(
    problem({ kernels: { foo_insert: '7.0..6.1' } }),
    /^functions\[0\]\.kernels\.foo_insert: expected a range of kernels/,
  );
  assert.match(
    problem({ kernels: { bar_insert: '6.1' } }),
    /^functions\[0\]\.kernels\.bar_insert: is not known here; known: foo_insert$/,
  );
  assert.match(problem({ types: { pfn: 'pointer' } }), /^functions\[0\]\.types\.pfn: expected one of u8/);
  assert.match(
    problem({ variants: [{ kernels: '6.16..', params: 'pmc', args: { vma: 'vma' } }] }),
    /^functions\[0\]\.variants\[0\]\.args\.vma: "vma" starts with 'vma', which is none of the parameters \(pmc\)$/,
  );
  assert.match(problem({ level: 'all' }), /^functions\[0\]\.level: /);
});

test('a symbol stands in one function only', () => {
  const twice = { name: 'foo', functions: [install, { ...install, symbols: ['bar', 'foo_insert'] }] };
  assert.deepEqual(problems(twice), [
    'functions[1].symbols[1]: "foo_insert" is also in functions[0].symbols[0]',
  ]);
});

test('what is well-formed but could not work', () => {
  assert.equal(problem({ args: { vma: 'vma' } }), "functions[0].args: the role install needs 'address'");
  assert.match(problem({ result: undefined }), /^functions\[0\]\.result: the role install needs/);
  assert.match(problem({ lock: 'before' }), /lock: expected one of during, after/);
  assert.match(problem({ covers: 'range' }), /covers 'range' needs 'size' or 'addressEnd'$/);
  assert.match(problem({ order: undefined }), /covers 'address-order' needs 'order'/);
  assert.match(
    problem({ effects: [{ does: 'block', causes: ['x'] }] }),
    /^functions\[0\]\.effects: only the role control/,
  );
});

test('two arguments that a recording could not tell apart', () => {
  const found = problems(
    map({
      symbols: ['foo_ctl'],
      role: 'control',
      params: 'dst src',
      args: { x0: 'dst->flags', x1: 'src->flags' },
    }),
  );
  assert.deepEqual(found, [
    "functions[0].args.x1: no field name is left for 'src->flags' that tells it from the other arguments",
  ]);
});

test('effects of a control function', () => {
  const control = (effects: unknown): unknown =>
    map({
      symbols: ['foo_ctl'],
      role: 'control',
      params: 'dev cmd',
      args: { device: 'dev', x0: 'cmd' },
      effects,
    });
  assert.deepEqual(
    problems(control([{ does: 'block', causes: ['off'], when: [{ arg: 'x0', mask: 2, is: [0, 1] }] }])),
    [],
  );
  assert.deepEqual(problems(control([{ does: 'blocks', causes: [] }])), [
    'functions[0].effects[0].does: expected one of block, unblock; found "blocks"',
    'functions[0].effects[0].causes: expected an array with at least one element',
  ]);
  assert.deepEqual(problems(control([{ does: 'unblock', causes: ['off'], ways: ['exit', 'wakeup'] }])), []);
  assert.deepEqual(problems(control([{ does: 'unblock', causes: ['off'], ways: [] }])), [
    'functions[0].effects[0].ways: expected an array with at least one element',
  ]);
  assert.deepEqual(problems(control([{ does: 'block', causes: ['off'], ways: ['exit'] }])), [
    'functions[0].effects[0].ways: only what unblocks is a way out: leave it out here',
  ]);
  assert.deepEqual(problems(control([{ does: 'block', causes: ['*'] }])), [
    'functions[0].effects[0].causes[0]: * is for unblock only: name what blocks',
  ]);
  assert.deepEqual(problems(control([{ does: 'unblock', causes: ['*'], when: [{ arg: 'x1', is: -1 }] }])), [
    "functions[0].effects[0].when[0].arg: args has no 'x1' for the condition to look at",
    'functions[0].effects[0].when[0].is: expected a whole number from 0 to 4294967295, found -1',
  ]);
});
