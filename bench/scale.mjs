// Time and peak memory over the number of live VMAs, zaps, processes and pages, and over the length of a pipe.
// usage: node bench/scale.mjs [--largest 100000] [--pipe BYTES] [--only TITLE] [--svg FILE]    (after npm run build)
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { plot } from './plot.mjs';
import { exiting, long, manyVmas, manyZaps, wide } from './scale-traces.mjs';

const { values } = parseArgs({
  options: {
    largest: { type: 'string', default: '100000' },
    pipe: { type: 'string', default: '1e9' },
    only: { type: 'string', default: '' },
    svg: { type: 'string' },
  },
});
const largest = Number(values.largest);
const bytes = Number(values.pipe);

/** Feeds the text to zaptrace through a pipe: seconds, peak MiB, lines and what it said. */
async function measure(text) {
  const child = spawn('bin/zaptrace', ['check', '-f', 'ndjson'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let out = '';
  child.stdout.on('data', (data) => (out += data));
  child.stdin.on('error', () => {});
  const started = performance.now();
  let peak = 0;
  const look = () => {
    try {
      peak = Math.max(
        peak,
        Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1] ?? 0),
      );
    } catch {
      // It has ended.
    }
  };
  const timer = setInterval(look, 10);
  let lines = 0;
  let size = 0;
  for (const chunk of text) {
    lines += chunk.lines;
    size += chunk.text.length;
    if (!child.stdin.write(chunk.text, 'latin1')) await once(child.stdin, 'drain');
    look();
  }
  child.stdin.end();
  await once(child, 'close');
  clearInterval(timer);
  const { verdict, counts } = JSON.parse(out.trimEnd().split('\n').at(-1));
  return { seconds: (performance.now() - started) / 1000, peak: peak / 1024, lines, size, verdict, counts };
}

/** What was measured, by table: its points over the lines of the trace. */
const measured = [];

async function table(title, sizes, make) {
  if (!title.includes(values.only)) return;
  const rows = [];
  measured.push({ name: title, rows });
  console.log(
    `\n## ${title}\n\n| size | lines | s | µs/line | peak MiB | verdict | VMAs | zaps | installs |`,
  );
  console.log('|---:|---:|---:|---:|---:|---|---:|---:|---:|');
  for (const size of sizes) {
    const m = await measure(make(size));
    rows.push(m);
    console.log(
      `| ${size.toLocaleString('en')} | ${m.lines.toLocaleString('en')} | ${m.seconds.toFixed(2)} | ${((m.seconds / m.lines) * 1e6).toFixed(2)} | ${m.peak.toFixed(0)} | ${m.verdict} | ${m.counts.vmas} | ${m.counts.zaps} | ${m.counts.installs} |`,
    );
  }
}

const upTo = (...sizes) => sizes.filter((size) => size <= largest);
await table('Live VMAs of 512 processes, one zap of all', upTo(1_000, 3_000, 10_000, 30_000, 100_000), (n) =>
  manyVmas(n, 512),
);
await table('VMAs of one process, which forks and exits', upTo(1_000, 3_000, 10_000, 30_000, 100_000), (n) =>
  exiting(n),
);
await table('Zaps of one device, 32 VMAs', upTo(100, 300, 1_000, 3_000, 10_000), (n) => manyZaps(n, 32));
await table(
  'One VMA of 2^28 pages: entries of 1 GiB, 2 MiB, 4 KiB',
  upTo(1_000, 3_000, 10_000, 30_000, 100_000),
  (n) => wide(n),
);
await table('A pipe without end: VMAs come and go (bytes)', [bytes / 100, bytes / 10, bytes], (n) => long(n));

if (values.svg !== undefined) {
  const over = (value) =>
    measured.map(({ name, rows }) => ({ name, points: rows.map((m) => [m.lines, value(m)]) }));
  const panels = [
    { title: 'Time, s', xTitle: 'lines of the trace', series: over((m) => m.seconds), linear: true },
    {
      title: 'Peak memory, MB',
      xTitle: 'lines of the trace',
      series: over((m) => m.peak * 1.048576),
      limit: { value: 150, name: '150 MB' },
    },
  ];
  writeFileSync(values.svg, plot(panels));
}
