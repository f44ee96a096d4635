// Whole-process times of zaptrace and its peers over the same data, in turn, as ratios of medians: how many times as
// fast zaptrace is.
// usage: node bench/run.mjs [--runs N] [--only TITLE] [--against REV[,REV|tags]] [text|dat|perf|start …]
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { suites } from './suites.mjs';
import { build, revisions } from './versions.mjs';

const args = process.argv.slice(2);
const option = (name, fallback) => {
  const at = args.indexOf(`--${name}`);
  return at < 0 ? fallback : args.splice(at, 2)[1];
};
const runs = Number(option('runs', 5));
const only = option('only', '');
const against = option('against', '');
const wanted = args.length > 0 ? args : Object.keys(suites);

const have = (program) => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;

/** Seconds (wall, user+sys), peak KiB and exit status of one run, by GNU time. A command may send its output elsewhere. */
function once(command) {
  const started = performance.now();
  const timed = spawnSync(
    '/usr/bin/time',
    ['-f', '%U %S %M', 'sh', '-c', `exec > /dev/null 2>&1; exec ${command}`],
    {
      encoding: 'utf8',
    },
  );
  const wall = (performance.now() - started) / 1000;
  const [user, sys, memory] = timed.stderr.trim().split('\n').at(-1).split(' ').map(Number);
  return { wall, cpu: user + sys, memory, status: timed.status };
}

const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];

/** The commands in turn, A B C A B C …, after one warm-up round. */
function compare({ title, file, reference, commands }) {
  const all = Object.entries(commands).flatMap(([name, command]) => [
    [name, command],
    ...(command.includes('bin/zaptrace')
      ? older.map(({ label, program }) => [`${name} ${label}`, command.replace('bin/zaptrace', program)])
      : []),
  ]);
  const usable = all.filter(([, command]) => {
    const program = command.split(' ')[0];
    if (have(program)) return true;
    console.log(`  (${program} is not installed: left out)`);
    return false;
  });
  const samples = new Map(usable.map(([name]) => [name, []]));
  for (let round = -1; round < runs; round++) {
    for (const [name, command] of usable) {
      const sample = once(command);
      if (round >= 0) samples.get(name).push(sample);
    }
  }
  const size = file !== undefined && existsSync(file) ? statSync(file).size : 0;
  console.log(`\n## ${title}${size > 0 ? ` (${(size / 1e6).toFixed(1)} MB)` : ''}\n`);
  console.log('| command | wall s | cpu s | MB/s | peak MiB | times as fast, wall | cpu |');
  console.log('|---|---:|---:|---:|---:|---:|---:|');
  const rows = [...samples].map(([name, list]) => ({
    name,
    wall: median(list.map((s) => s.wall)),
    cpu: median(list.map((s) => s.cpu)),
    memory: Math.max(...list.map((s) => s.memory)),
    // A run that failed may be fast.
    failed: list.find((s) => s.status !== 0)?.status,
  }));
  const base = rows.find((row) => row.name === (reference ?? 'zaptrace'));
  for (const row of rows) {
    const speed = size > 0 ? (size / 1e6 / row.wall).toFixed(0) : '';
    const ratios = ['wall', 'cpu'].map((time) => (row === base ? '1' : (row[time] / base[time]).toFixed(2)));
    console.log(
      `| ${row.name}${row.failed === undefined ? '' : ` (exit ${row.failed})`} | ${row.wall.toFixed(3)} | ${row.cpu.toFixed(2)} | ${speed} | ${(row.memory / 1024).toFixed(0)} | ${ratios.join(' | ')} |`,
    );
  }
}

console.log(`node ${process.version}, ${cpus().length} × ${cpus()[0].model}, median of ${runs} runs`);
const scratch = mkdtempSync(join(tmpdir(), 'zaptrace-bench-'));
const older = [];
try {
  for (const revision of revisions(against)) {
    const version = build(revision, scratch);
    if (version !== null) older.push(version);
  }
  for (const name of wanted) {
    for (const suite of await suites[name](scratch)) if (suite.title.includes(only)) compare(suite);
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
