import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { BUILTIN_MAPS } from '../../src/probes/maps/index.js';
import { definitionsOf } from '../../src/probes/recipe/definition.js';
import { parseExpression, position } from '../../src/probes/recipe/expression.js';
import { parseVersion, type Version } from '../../src/probes/recipe/kernel.js';
import { offsetsIn, SEEN } from '../../src/probes/recipe/structs.js';

/** What the BTF of a real kernel says: see fixtures/btf/README.md. */
interface Btf {
  kernel: string;
  /** Parameter names by function. */
  functions: Record<string, string>;
  /** Byte offset by `struct.member`. */
  offsets: Record<string, number>;
}

const DIRECTORY = 'fixtures/btf';
const kernels = readdirSync(DIRECTORY)
  .filter((name) => name.endsWith('.json'))
  .map((name) => JSON.parse(readFileSync(`${DIRECTORY}/${name}`, 'utf8')) as Btf)
  .map((btf) => ({ ...btf, version: parseVersion(btf.kernel) as Version }));

test('there is BTF of every generation that the maps name', () => {
  assert.ok(kernels.length >= 8);
});

for (const { kernel, version, functions, offsets } of kernels) {
  const here = { from: version, to: version };

  test(`${kernel}: functions of the maps have the parameters that the maps say`, () => {
    let checked = 0;
    for (const map of BUILTIN_MAPS) {
      for (const probe of map.functions) {
        for (const symbol of probe.symbols) {
          const real = functions[symbol];
          if (real === undefined) continue;
          const definitions = definitionsOf(map, probe, symbol).filter(
            (d) => d.kernels.from <= version && version <= d.kernels.to,
          );
          if (probe.tracepoint === undefined) {
            assert.notEqual(
              definitions.length,
              0,
              `${symbol} is in ${kernel}, but not in its range of kernels`,
            );
          }
          for (const { params, fields } of definitions) {
            for (const field of fields) {
              const expression = parseExpression(field.value);
              if (expression === null) continue;
              checked++;
              const n = position(params, expression.root);
              const name = real.split(' ')[n - 1];
              assert.notEqual(name, undefined, `${symbol}(${real}) has no parameter ${n} for ${field.value}`);
              // members are fetched by the name of the parameter, a bare one by its number
              if (expression.members.length > 0) assert.equal(name, expression.root, `${symbol}(${real})`);
            }
          }
        }
      }
    }
    assert.ok(checked > 40, `only ${checked} arguments checked`);
  });

  test(`${kernel}: struct offsets of the raw form are those of the kernel, or refused`, () => {
    assert.ok(SEEN.includes(version));
    const parameter: Record<string, string> = {
      vm_area_struct: 'vma',
      file: 'filp',
      vm_fault: 'vmf',
      vm_area_desc: 'desc',
      mmap_action: 'action',
      pagetable_move_control: 'pmc',
    };
    for (const [member, offset] of Object.entries(offsets)) {
      const [struct, ...rest] = member.split('.');
      const known = offsetsIn(parameter[struct], [rest.join('.')], here);
      assert.deepEqual(known, [offset], `${member} of ${kernel}`);
    }
  });
}

test('an offset that is not known everywhere in a range of kernels is refused', () => {
  assert.equal(offsetsIn('vma', ['vm_pgoff'], { from: 6001, to: 6012 }), null);
  assert.deepEqual(offsetsIn('vma', ['vm_pgoff'], { from: 6015, to: 7003 }), [80]);
  assert.equal(offsetsIn('vma', ['vm_file', 'f_mapping'], { from: 6008, to: 6008 }), null);
  assert.deepEqual(offsetsIn('vma', ['vm_file', 'f_mapping'], { from: 6001, to: 6001 }), [112, 216]);
  assert.deepEqual(offsetsIn('vmf', ['vma', 'vm_start'], { from: 5008, to: 9000 }), [0, 0]);
  assert.equal(
    offsetsIn('vma', ['vm_pgoff'], { from: 9000, to: 9000 }),
    null,
    'a kernel newer than any seen',
  );
  assert.equal(offsetsIn('z', ['mapping'], { from: 6012, to: 6012 }), null, "a driver's own struct");
});
