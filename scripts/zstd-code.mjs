#!/usr/bin/env node
// Puts V8's code of the zstd decoder beside the program (part of `npm run bundle`), for the Node.js that makes it:
// src/cli/zstd-code.ts takes it for large traces. Without it V8 compiles the decoder while it reads.
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { compileFunction } from 'node:vm';
import { ZSTDDecoder } from 'zstddec/stream';

const { WebAssembly } = globalThis;
const { version, platform, arch } = process;
const file = new URL(`../dist/program/zstd-${version}-${platform}-${arch}.wasm-code`, import.meta.url);

/** The WebAssembly inside zstddec, not compiled yet: V8 would take that for the same module. */
function zstd() {
  let wasm = null;
  globalThis.fetch = undefined;
  WebAssembly.instantiate = (bytes) => {
    wasm = Uint8Array.from(bytes);
    return new Promise(() => {});
  };
  void new ZSTDDecoder().init();
  if (wasm === null) throw new Error('zstddec did not ask for WebAssembly');
  return wasm;
}

/** All functions at once and by the optimizing compiler. V8 writes its flags into the code: there, it has its own again. */
function make() {
  const wasm = zstd();
  const flags = ['liftoff', 'wasm-dynamic-tiering', 'wasm-lazy-compilation'];
  for (const flag of flags) setFlagsFromString(`--no-${flag}`);
  const module = new WebAssembly.Module(wasm);
  for (const flag of flags) setFlagsFromString(`--${flag}`);
  setFlagsFromString('--allow-natives-syntax');
  const code = Buffer.from(compileFunction('return %SerializeWasmModule(module)', ['module'])(module));
  writeFileSync(file, Buffer.concat([wasm, code, code]));
}

/** As the program will. */
function take() {
  const wasm = zstd();
  const both = readFileSync(file).subarray(wasm.length);
  const code = Uint8Array.from(both.subarray(0, both.length / 2)).buffer;
  setFlagsFromString('--allow-natives-syntax');
  const run = compileFunction('return %DeserializeWasmModule(code, wasm)', ['code', 'wasm']);
  if (run(code, wasm) === undefined) throw new Error('it is not taken');
}

const STEPS = { make, take };
const step = process.argv[2];
if (step in STEPS) STEPS[step]();
// Each in a process of its own: a V8 that cannot do it may end the process.
else
  for (const step of Object.keys(STEPS)) {
    const args = [fileURLToPath(import.meta.url), step];
    const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 60_000 });
    if (status === 0) continue;
    rmSync(file, { force: true });
    console.error(`V8's code of zstd: '${step}' failed: large traces take longer without it\n${stderr}`);
    break;
  }
