import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Analysis } from '../../src/analysis.js';
import { openSource } from '../../src/trace/open.js';
import type { Bracket, TraceSink } from '../../src/trace/record.js';
import { openTrace } from '../../src/trace/registry.js';
import { ROOT } from '../cli/process.js';
import { writeV6 } from '../trace/dat-writer.js';
import { datOf } from './dat-of.js';
import type { Item, Result } from './recording.js';
import { begin, inOrder } from './recording.js';
import type { Bug } from './simulator/driver.js';
import { Random } from './simulator/scheduler.js';
import { simulate } from './simulator.js';
import { stage } from './stage.js';
import { lose, withStrangers, wrapped } from './transform.js';

const BUGS: Bug[] = [null, 'fault-drops-lock', 'zaps-half', 'zap-without-lock', 'populates-in-mmap'];
const RUNS = 40 * Number(process.env.ZAPTRACE_RUNS ?? 1);
const ONLY = process.env.ZAPTRACE_SEED;

let folder: string;
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'zaptrace-test-'));
});
after(() => rmSync(folder, { recursive: true }));

/** The analysis as a reader's sink: with `call` and `series`, whose records are counted, or without. */
class Sink implements TraceSink {
  calls = 0;
  passed = 0;
  readonly call: TraceSink['call'];
  readonly series: TraceSink['series'];

  constructor(
    readonly analysis: Analysis,
    atOnce: boolean,
  ) {
    if (!atOnce) return;
    this.call = (bracket: Bracket) => {
      const taken = analysis.call(bracket);
      if (taken) this.calls++;
      return taken;
    };
    this.series = (bracket: Bracket, from: number) => {
      const to = analysis.series(bracket, from);
      this.passed += to - from;
      return to;
    };
  }

  declare: TraceSink['declare'] = (decl) => this.analysis.declare(decl);
  ended: TraceSink['ended'] = (pid, t) => this.analysis.ended(pid, t);
  alive: TraceSink['alive'] = (cpu, t) => this.analysis.alive(cpu, t);
  record: TraceSink['record'] = (record) => this.analysis.record(record);
  lost: TraceSink['lost'] = (loss) => this.analysis.lost(loss);
}

async function read(trace: readonly Item[], atOnce: boolean): Promise<{ result: Result; sink: Sink }> {
  const path = join(folder, 'trace.dat');
  writeFileSync(path, writeV6(datOf(inOrder(trace))));
  return readFile(path, atOnce);
}

async function readFile(path: string, atOnce: boolean): Promise<{ result: Result; sink: Sink }> {
  const source = await openSource(path);
  const reader = await openTrace(source);
  const { analysis, end } = begin(reader.info, { keepEpochs: false });
  const sink = new Sink(analysis, atOnce);
  await reader.read(sink);
  await source.close();
  return { result: end(), sink };
}

/** All that the result says. */
function all({ facts, findings, verdict, reasons, coverage, vmas, zaps, analysis }: Result): unknown {
  return {
    verdict,
    reasons,
    coverage: [...coverage],
    runs: facts.map((fact) => ('run' in fact ? [fact.type, fact.run?.begin, fact.run?.end] : fact.type)),
    counts: [analysis.events, analysis.installs, analysis.vmas, analysis.zaps],
    findings: findings.map((f) => [
      f.rule.id,
      f.confidence,
      f.page,
      f.pages,
      f.t,
      f.exposed,
      f.fingerprint,
      f.message,
    ]),
    vmas: vmas.map((v) => [v.pointer, v.installs, v.pagesInstalled, v.blockedFaults, v.visits, v.linked]),
    zaps: zaps.map((z) => [z.begin, z.end, z.cause, z.unblocked]),
  };
}

async function compare(trace: readonly Item[]): Promise<Sink> {
  const quick = await read(trace, true);
  const slow = await read(trace, false);
  assert.deepEqual(all(quick.result), all(slow.result));
  return quick.sink;
}

describe('what a reader offers at once comes to the same as its records one by one', () => {
  const seeds = ONLY === undefined ? Array.from({ length: RUNS }, (_, i) => i + 1) : [Number(ONLY)];

  it('simulated traces, with and without a bug', async () => {
    let [calls, passed] = [0, 0];
    for (const seed of seeds) {
      const style = (['vfio', 'zaprace', 'list'] as const)[seed % 3];
      const { trace } = simulate({
        seed,
        style,
        bug: style === 'list' ? null : BUGS[seed % BUGS.length],
        moves: true,
        // (Then a later fault tells whether a process has been left out.)
        probes: style === 'list' ? { without: ['exit_mmap'] } : {},
        cpus: 1 + (seed % 4),
        rounds: 3,
      });
      try {
        const sink = await compare(withStrangers(trace, new Random(seed)));
        calls += sink.calls;
        passed += sink.passed;
      } catch (error) {
        throw new Error(`seed ${seed}: ${(error as Error).message}`, { cause: error });
      }
    }
    assert.ok(calls > 2 * seeds.length, `${calls} calls were taken at once`);
    assert.ok(passed > 0, `${passed} records of series`);
  });

  it('handlers that are called by others', async () => {
    let calls = 0;
    for (const seed of seeds) {
      const { trace } = simulate({ seed, style: 'vfio', bug: BUGS[seed % BUGS.length], cpus: 2, rounds: 3 });
      try {
        calls += (await compare(wrapped(trace))).calls;
      } catch (error) {
        throw new Error(`seed ${seed}: ${(error as Error).message}`, { cause: error });
      }
    }
    assert.ok(calls > seeds.length, `${calls} calls were taken at once`);
  });

  /** A process that has faulted so often that its faults are taken at once. */
  const busy = () => {
    const staged = stage();
    const { s, user, vma } = staged;
    const other = s.cpu(2).task(101);
    user.refused(900, vma, 2);
    for (let t = 1000; t < 9000; t += 20) {
      user.faultIn(t, vma, (t / 20) % 3);
      other.faultIn(t + 10, vma, (t / 20) % 3);
    }
    return staged;
  };

  it('a fault that is refused at a page that a finding is about', async () => {
    const { s, dev, vma, user, admin } = busy();
    admin.memoryOff(9100, dev, [vma]);
    user.faultIn(9200, vma, 1).refused(9300, vma, 1);
    admin.memoryOn(9400, dev);
    assert.ok((await compare(s.items)).calls > 100);
  });

  /** Pages 5, 6 and 7 are zapped next: this task has installed them, as far as the facts tell. */
  async function evidenceIsOf(
    pid: number,
    { s, dev, vma, user, admin }: ReturnType<typeof busy>,
  ): Promise<void> {
    admin.memoryOff(9900, dev);
    user.refused(9950, vma, 3);
    admin.memoryOn(9990, dev);
    assert.ok((await compare(s.items)).calls > 100);
    const { result } = await read(s.items, true);
    const evidence = result.facts.flatMap((fact) => ('run' in fact && fact.run !== null ? [fact.run] : []));
    const tasks = [5, 6, 7].map((page) => evidence.find((run) => run.page === vma.start + page)?.pid);
    assert.deepEqual(tasks, [pid, pid, pid]);
  }

  it('two faults on one page at the same time: the insert that returned first is the evidence', async () => {
    const staged = busy();
    const { s, dev, vma, user, admin } = staged;
    admin.memoryOff(9010, dev, [vma]).memoryOn(9040, dev);
    const other = s.cpu(2).task(101);
    // They are taken in the order in which they begin.
    for (const page of [5, 6, 7]) {
      const t = 9000 + 100 * page;
      user.handler(t, t + 20, vma, page).insert(t + 14, t + 16, vma, page);
      other.handler(t + 2, t + 12, vma, page).insert(t + 4, t + 6, vma, page);
    }
    await evidenceIsOf(101, staged);
  });

  it('one of two faults on one page is not taken, and its insert returned first: it is the evidence', async () => {
    const staged = busy();
    const { s, dev, vma, user, admin } = staged;
    admin.memoryOff(9010, dev, [vma]).memoryOn(9040, dev);
    const other = s.cpu(2).task(101);
    for (const page of [5, 6, 7]) {
      const t = 9000 + 100 * page;
      other.handler(t, t + 30, vma, page).insert(t + 12, t + 14, vma, page);
      // Its handler has been entered when this happens.
      admin.memoryOn(t + 2, dev);
      user.handler(t + 10, t + 26, vma, page).insert(t + 20, t + 22, vma, page);
    }
    await evidenceIsOf(101, staged);
  });

  it('an insert that broke into a zap and returns late, while another fault of its page runs through', async () => {
    const { s, dev, vma, user, admin } = busy();
    const other = s.cpu(2).task(101);
    admin.memoryOff(9010, dev, [vma]);
    other.handler(9040, 9120, vma, 5).insert(9050, 9112, vma, 5);
    admin.memoryOn(9060, dev);
    user.handler(9105, 9130, vma, 5).insert(9116, 9118, vma, 5);
    user.refused(9200, vma, 1);
    assert.ok((await compare(s.items)).calls > 100);
    const { result } = await read(s.items, true);
    const late = result.facts.filter((fact) => fact.type === 'installed-after-zap');
    assert.equal(late.length, 1);
  });

  it('with records lost', async () => {
    for (const seed of seeds) {
      const random = new Random(seed);
      const { trace, machine } = simulate({ seed, style: 'vfio', bug: BUGS[seed % BUGS.length], rounds: 3 });
      try {
        await compare(lose(trace, random.int(1, 3), random, machine.cpus));
      } catch (error) {
        throw new Error(`seed ${seed}: ${(error as Error).message}`, { cause: error });
      }
    }
  });

  it('captures of real kernels', async () => {
    let [calls, passed] = [0, 0];
    const captures = join(ROOT, 'fixtures/captures');
    const files = readdirSync(captures, { recursive: true, encoding: 'utf8' }).filter((name) =>
      /\.(dat|data)$/.test(name),
    );
    assert.ok(files.length > 10, `${files.length} files`);
    for (const file of files) {
      const quick = await readFile(join(captures, file), true);
      const slow = await readFile(join(captures, file), false);
      assert.deepEqual(all(quick.result), all(slow.result), file);
      calls += quick.sink.calls;
      passed += quick.sink.passed;
    }
    assert.ok(calls > 1000 && passed > 1000, `${calls} calls, ${passed} records of series`);
  });
});
