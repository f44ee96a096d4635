#!/usr/bin/env node
// Compiles src/trace/decoder/assembly (AssemblyScript) into src/trace/decoder/wasm.ts: `npm run decoder`. The module is
// a string in the program: 6 kB, and no file to find at run time.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const room = fileURLToPath(new URL('../src/trace/decoder/', import.meta.url));
const out = mkdtempSync(join(tmpdir(), 'zaptrace-'));
try {
  const wasm = join(out, 'decoder.wasm');
  const { error, stderr } = await asc.main([
    join(room, 'assembly/index.ts'),
    ...['-O3', '--noAssert', '--runtime', 'stub', '--outFile', wasm],
    // Threads share its memory: one decompresses into it. 16384 pages: 1 GiB, of which a file takes a few MB.
    ...['--importMemory', '--sharedMemory', '--enable', 'threads'],
    ...['--initialMemory', '16', '--maximumMemory', '16384'],
  ]);
  if (error !== null) throw new Error(stderr.toString());
  const text = readFileSync(wasm).toString('base64');
  const head = '// Made of assembly/ by scripts/decoder.mjs.\n';
  writeFileSync(join(room, 'wasm.ts'), `${head}export const WASM =\n  '${text}';\n`);
} finally {
  rmSync(out, { recursive: true });
}
