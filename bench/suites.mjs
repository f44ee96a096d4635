// What is compared. Data is made from the shipped captures, or given: ZAPTRACE_BENCH_DAT
// and ZAPTRACE_BENCH_PERF (several with `:` between them).
import { execFileSync, execSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';

const zaptrace = 'bin/zaptrace check --exit-zero -f ndjson';
const MB = Number(process.env.ZAPTRACE_BENCH_MB ?? 300);

/** A text capture multiplied to `MB`: new times, VMAs and pids each time; `noise` unrelated lines per line. */
function generate(scratch, name, noise) {
  const out = join(scratch, name);
  const capture = 'fixtures/captures/6.12-vfio-concurrent/tc331.dat';
  const report = join(scratch, 'seed.txt');
  execSync(`trace-cmd report ${capture} > ${report} 2> /dev/null`);
  execFileSync(
    'node',
    ['build/bench/generate.js', report, '--size', `${MB}M`, '--noise', String(noise), '--output', out],
    {
      stdio: ['ignore', 'inherit', 'inherit'],
    },
  );
  return out;
}

const convert = (from, to, version, compression) =>
  spawnSync('trace-cmd', [
    ...['convert', '-i', from, '-o', to],
    ...['--file-version', version, '--compression', compression],
  ]).status === 0;

/**
 * A small trace.dat of version 6 made large: as it is and, where trace-cmd is there, version 7 with zstd, which it
 * records by default.
 */
function grow(scratch, capture, name) {
  const plain = join(scratch, `${name}.dat`);
  execFileSync('node', ['build/bench/grow-dat.js', capture, '--size', `${MB}M`, '-o', plain]);
  const files = [['version 6', plain]];
  const packed = join(scratch, `${name}-zstd.dat`);
  if (convert(plain, packed, '7', 'zstd')) files.push(['version 7, zstd', packed]);
  return files;
}

const datPeers = (file) => ({
  zaptrace: `${zaptrace} ${file}`,
  'trace-cmd report': `trace-cmd report ${file}`,
});

const textPeers = (file) => ({
  zaptrace: `${zaptrace} ${file}`,
  "split2('\\n')": `node bench/peers/split2.mjs ${file}`,
  cat: `cat ${file}`,
  'wc -l': `wc -l ${file}`,
  // GNU grep stops at the first match when it sees that its output is /dev/null.
  'grep -c': `grep -c vmf_insert_pfn ${file} > ${file}.count`,
  'rg -c': `rg -c vmf_insert_pfn ${file} > ${file}.count`,
  mawk: `mawk '/vmf_insert_pfn/{n++}END{print(n)}' ${file}`,
});

export const suites = {
  text: async (scratch) => {
    const dense = generate(scratch, 'dense.txt', 0);
    const sparse = generate(scratch, 'sparse.txt', 20);
    return [
      { title: 'text, every line relevant', file: dense, commands: textPeers(dense) },
      { title: 'text, one line in twenty relevant', file: sparse, commands: textPeers(sparse) },
    ];
  },
  dat: async (scratch) => {
    const given = (process.env.ZAPTRACE_BENCH_DAT ?? '').split(':').filter((file) => file !== '');
    const kinds = [
      ['every record relevant', 'fixtures/dat/6.1-v6.dat'],
      ['one record in fifty relevant', 'bench/few-relevant.dat.zst'],
    ];
    const concurrent = join(scratch, 'concurrent.dat');
    if (convert('fixtures/captures/6.12-vfio-concurrent/tc331.dat', concurrent, '6', 'none'))
      kinds.push(['every record relevant, faults and zaps', concurrent]);
    const grown = kinds.flatMap(([title, capture], i) =>
      grow(scratch, capture, `grown${i}`).map(([kind, file]) => ({ title: `${title}, ${kind}`, file })),
    );
    return [...given.map((file) => ({ title: file, file })), ...grown].map(({ title, file }) => ({
      title: `trace.dat, ${title}`,
      file,
      commands: datPeers(file),
    }));
  },
  perf: async (scratch) => {
    const given = (process.env.ZAPTRACE_BENCH_PERF ?? '').split(':').filter((file) => file !== '');
    const kinds = [
      ['no finding', 'fixtures/perfdata/6.1.data'],
      ['seven findings in a thousand samples', 'fixtures/captures/6.12-zaprace-mmap-leak/perf61.data'],
    ];
    const grown = kinds.map(([title, capture], i) => {
      const file = join(scratch, `grown${i}.data`);
      execFileSync('node', ['build/bench/grow-perf.js', capture, '--size', `${MB}M`, '-o', file]);
      return { title, file };
    });
    return [...given.map((file) => ({ title: file, file })), ...grown].map(({ title, file }) => ({
      title: `perf.data, ${title}`,
      file,
      commands: { zaptrace: `${zaptrace} ${file}`, 'perf script': `perf script -i ${file}` },
    }));
  },
  start: async () => [
    {
      title: 'start',
      commands: {
        zaptrace: 'bin/zaptrace --version',
        'node -e 0': 'node -e 0',
        'a small trace': `${zaptrace} fixtures/captures/6.12-vfio-basic/tc331v6.dat`,
      },
    },
  ],
};
