import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InputError, type TraceFormat } from '../../src/trace/reader.js';
import { fileSource } from './fixtures.js';
import { mutate } from './mutate.js';
import { seeded } from './random.js';

/** Damaged copies per file; `ZAPTRACE_MUTATIONS=2000` for a long run, `ZAPTRACE_SEED` to repeat one. */
const MUTATIONS = Number(process.env.ZAPTRACE_MUTATIONS ?? 150);
const SEED = Number(process.env.ZAPTRACE_SEED ?? 1);
/** A damaged file must not take much longer than a whole one, which takes a few milliseconds. */
const SLOWEST_MS = 2000;

/** Reads a file with everything wanted; returns what became of it. */
async function readAll(format: TraceFormat, path: string): Promise<string> {
  const reader = format.open(fileSource(path));
  try {
    await reader.read({
      declare: (d) => ({
        fields: d.fields.slice(0, 16).map((_, field) => ({ field, slot: field, kind: 'number' as const })),
        wantText: true,
        wantFields: true,
      }),
      record: (r) => void r.fieldValues(),
      lost: () => {},
    });
  } catch (e) {
    if (!(e instanceof InputError)) throw e;
    assert.ok(e.message.includes(path) && e.message.length < 1000, e.message);
    return `refused: ${e.code}`;
  }
  return reader.info.diagnostics.some((d) => d.severity === 'error') ? 'read with errors' : 'read';
}

/** Reads many damaged copies of a file: none may crash the reader, hang it or make it slow. */
export async function readDamaged(
  format: TraceFormat,
  folder: string,
  name: string,
  data: Uint8Array,
): Promise<void> {
  const random = seeded(SEED + name.length * 7919);
  const path = join(folder, 'damaged');
  for (let i = 0; i < MUTATIONS; i++) {
    const damaged = mutate(data, random);
    writeFileSync(path, damaged);
    const start = performance.now();
    try {
      await readAll(format, path);
    } catch (e) {
      writeFileSync(join(tmpdir(), `zaptrace-crash-${name}`), damaged);
      throw new Error(`mutation ${i} of ${name} (seed ${SEED}) crashed the reader`, { cause: e });
    }
    const ms = performance.now() - start;
    assert.ok(ms < SLOWEST_MS, `mutation ${i} of ${name} (seed ${SEED}) took ${ms.toFixed(0)} ms`);
  }
}
