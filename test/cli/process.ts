import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after } from 'node:test';
import { fileURLToPath } from 'node:url';

/** The directory with package.json above the compiled test. */
export const ROOT = findRoot(dirname(fileURLToPath(import.meta.url)));
/** The program as it is installed. */
export const BIN = join(ROOT, 'bin', 'zaptrace');
/** The command line with the engine of fake-engine.ts. */
const FAKE = fileURLToPath(new URL('./fake-main.js', import.meta.url));

function findRoot(directory: string): string {
  return existsSync(join(directory, 'package.json')) ? directory : findRoot(dirname(directory));
}

/** A copy of the program as it is installed, of which something may be spoilt: its directory, and files in dist/program. */
export function installed(extension: string): { home: string; program: string; names: string[] } {
  const home = join(temporary(), 'installed');
  for (const name of ['package.json', 'bin', 'dist/program'])
    cpSync(join(ROOT, name), join(home, name), { recursive: true });
  const program = join(home, 'dist', 'program');
  return { home, program, names: readdirSync(program).filter((name) => name.endsWith(extension)) };
}

export interface Result {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly input?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
}

/** Runs bin/zaptrace to its end. No terminal anywhere, UTF-8, no colour variables of the caller. */
export function zaptrace(args: readonly string[], options: RunOptions = {}): Promise<Result> {
  return finish(start(BIN, args, options), options.input);
}

/** The same command line with the fake engine: for what a real trace cannot show (bugs, failures half-way). */
export function fake(args: readonly string[], options: RunOptions = {}): Promise<Result> {
  return finish(start(FAKE, args, options), options.input);
}

export function startBin(args: readonly string[], options: RunOptions = {}): ChildProcessWithoutNullStreams {
  return start(BIN, args, options);
}

export function startFake(args: readonly string[], options: RunOptions = {}): ChildProcessWithoutNullStreams {
  return start(FAKE, args, options);
}

function start(
  script: string,
  args: readonly string[],
  { env, cwd }: RunOptions,
): ChildProcessWithoutNullStreams {
  const { PATH, HOME } = process.env;
  return spawn(process.execPath, [script, ...args], {
    cwd: cwd ?? ROOT,
    env: { PATH, HOME, LANG: 'C.UTF-8', ...env },
    // A process that hangs fails its test, and not the whole run.
    timeout: 120_000,
    killSignal: 'SIGKILL',
  });
}

export function finish(child: ChildProcessWithoutNullStreams, input?: string): Promise<Result> {
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  child.stdin.on('error', () => {});
  child.stdin.end(input ?? '');
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
}

/** A directory that goes away after the test file. */
export function temporary(): string {
  const directory = mkdtempSync(join(tmpdir(), 'zaptrace-test-'));
  after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** A file in fixtures/cli. */
export function fixture(name: string): string {
  return join('fixtures', 'cli', name);
}
