import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ProbeBinding } from '../../src/probes/binding.js';
import { ProbeCatalog } from '../../src/probes/catalog.js';
import { SLOT } from '../../src/probes/fields.js';
import { BUILTIN_MAPS } from '../../src/probes/maps/index.js';
import type { Definition } from '../../src/probes/recipe/definition.js';
import { parseKernels } from '../../src/probes/recipe/kernel.js';
import { type Form, render } from '../../src/probes/recipe/render.js';
import { mapsFor, select } from '../../src/probes/recipe/select.js';
import { linesOf } from '../../src/probes/recipe/table.js';
import type { PointerTable } from '../../src/trace/pointers.js';
import type { TraceRecord } from '../../src/trace/record.js';
import { openTrace } from '../../src/trace/registry.js';
import { type Printed, print, type Style, trace } from './kernel-text.js';
import { textSource } from './text-source.js';

const DRIVERS = BUILTIN_MAPS.map((map) => map.name).filter((name) => name !== 'core-mm');
const KERNELS = ['5.10', '5.15', '6.1', '6.6', '6.8', '6.12', '6.18', '6.19', '7.0', '7.1', '7.3', '9.1'];

interface Case {
  readonly definition: Definition;
  readonly printed: Printed;
}

/** Reads the lines back, and compares what reaches the model with what the kernel printed. */
async function readBack(cases: readonly Case[], style: Style): Promise<void> {
  const catalog = new ProbeCatalog(BUILTIN_MAPS);
  const reader = await openTrace(
    textSource(
      trace(
        cases.map((c) => c.printed.line),
        style,
      ),
    ),
  );
  let n = 0;
  await reader.read({
    declare: (decl) => catalog.bind(decl),
    lost: () => assert.fail('nothing was lost'),
    record(record: TraceRecord) {
      record.load();
      compare(cases[n++], record, reader.info.pointers);
    },
  });
  assert.equal(n, cases.length, `read ${n} of ${cases.length} events; not: ${cases[n]?.printed.line}`);
  assert.equal(reader.info.unparsed, 0);
}

function compare({ definition, printed }: Case, record: TraceRecord, pointers: PointerTable): void {
  const binding = record.interest as ProbeBinding;
  const line = `${printed.definition}\n  ${printed.line}`;
  assert.equal(binding.probe, definition.probe, `another function: ${line}`);
  assert.equal(binding.map, definition.map, line);
  assert.equal(binding.isReturn, definition.isReturn, line);
  for (const field of definition.fields) {
    const value = printed.values[field.name];
    // left out where the struct's offset is not known
    if (value === undefined) continue;
    const { slot, kind } = SLOT[field.arg];
    const got = record.args[slot];
    const want = {
      number: () => Number(value),
      page: () => Number(value / 4096n),
      'pages-up': () => Number((value + 4095n) / 4096n),
      low52: () => Number(value & 0xf_ffff_ffff_ffffn),
      pointer: () => `0x${value.toString(16)}`,
    }[kind]();
    assert.equal(kind === 'pointer' ? pointers.text(got) : got, want, `${field.arg} of ${line}`);
  }
}

const TOOLS: readonly { style: Style; form: Form | null }[] = [
  { style: 'tracefs', form: null },
  { style: 'trace-cmd', form: null },
  { style: 'perf', form: 'perf' },
  { style: 'perf', form: null },
];

for (const kernel of KERNELS) {
  for (const { style, form } of TOOLS) {
    test(`every event of every recipe for ${kernel} comes back as it was defined (${form ?? 'dynamic_events'}, ${style})`, async () => {
      const kernels = parseKernels(kernel);
      assert.ok(kernels !== null);
      let checked = 0;
      for (const driver of DRIVERS) {
        const { definitions } = select(mapsFor([driver], BUILTIN_MAPS), 'full', kernels);
        const cases = definitions.flatMap((definition, i): Case[] => {
          const texts =
            form === null
              ? linesOf(definition, 'auto', kernels).map((line) => line.text)
              : [asPerfMakesIt(render(definition, form, kernels).text)];
          return texts.map((text) => ({ definition, printed: print(text, style, i) }));
        });
        checked += cases.length;
        await readBack(cases, style);
      }
      assert.ok(checked > 40 * DRIVERS.length, `${checked} events checked`);
    });
  }
}

/** What `perf probe` writes to kprobe_events for `zaptrace:f=f%return ret=$retval:x32`, on a kernel with its symbols. */
function asPerfMakesIt(text: string): string {
  const [event, ...args] = text.split(' ');
  const [name, place] = event.split('=');
  const isReturn = place.endsWith('%return');
  const group = name.replace(':', '/');
  return [
    isReturn ? `r10:${group}__return` : `p:${group}`,
    isReturn ? place.replace('%return', '') : place,
    ...args,
  ].join(' ');
}
