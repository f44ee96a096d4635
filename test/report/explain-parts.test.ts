import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Context } from '../../src/report/explain/context.js';
import { lanesOf } from '../../src/report/explain/lanes.js';
import { explainMarkdown } from '../../src/report/explain/markdown.js';
import { clockTrust, orderFacts } from '../../src/report/explain/order.js';
import type { Step } from '../../src/report/explain/record.js';
import { tell } from '../../src/report/explain/story.js';
import { explainText } from '../../src/report/explain/text.js';
import { cut, displayWidth, fold, pad } from '../../src/report/explain/width.js';
import type { EventRecord, FindingRecord, VmaRecord, ZapRecord } from '../../src/report/records.js';
import { createStyle } from '../../src/report/style.js';
import { event, header, missedVma } from './sample.js';

const look = {
  version: '0',
  rules: [],
  style: createStyle(false),
  unicode: true,
  width: 80,
  limit: 0,
  quiet: false,
  follow: false,
};

/** A finding told from its evidence alone, as from an input that could not be read again. */
function told(finding: FindingRecord, format = explainText): string {
  const head = header('race.txt');
  const clock = clockTrust(head, () => 1000);
  let text = '';
  const report = format({ write: (t) => (text += t) }, look);
  report.write(head);
  report.write(tell(new Context(finding, null, null), [], { header: head, rules: [], clock }));
  report.end();
  return text;
}

describe('width of texts', () => {
  it('counts columns, not characters', () => {
    assert.equal(displayWidth('abc'), 3);
    assert.equal(displayWidth('日本'), 4);
    assert.equal(displayWidth('é'), 1);
    assert.equal(displayWidth('🦀'), 2);
    assert.equal(pad('日', 4), '日  ');
    assert.equal(cut('日本語', 5), '日本…');
  });

  it('folds at spaces, and long words behind brackets and commas', () => {
    assert.deepEqual(fold('a bb ccc', 4), ['a bb', 'ccc']);
    assert.deepEqual(fold('vma_interval_tree_insert(mapping, vma2)', 30, '  '), [
      'vma_interval_tree_insert(',
      '  mapping, vma2)',
    ]);
    for (const line of fold(`${'x'.repeat(100)} y`, 30, '  ')) assert.ok(line.length <= 30);
    assert.equal(fold('x'.repeat(100), 30, '').join(''), 'x'.repeat(100));
  });
});

describe('certainty of an order', () => {
  const at = (role: string, t_ns: number, cpu: number, pid: number) => ({
    role,
    ts: '',
    t_ns,
    cpu,
    pid,
    comm: 't',
    text: '',
    origin: { input: 'x', line: 1 },
  });
  const finding = (gap: number, cpu: number, pid: number): FindingRecord => ({
    ...missedVma('x'),
    evidence: [at('install-return', 0, 0, 1), at('zap-begin', gap, cpu, pid)],
  });
  const clock = { name: 'mono', skew: 1000, resolution: 0, unit: 'ns' as const };
  const fact = (gap: number, cpu: number, pid: number, trust: Parameters<typeof orderFacts>[1] = clock) =>
    orderFacts(new Context(finding(gap, cpu, pid), null, null), trust)[0];

  it('two CPUs: only beyond what the clocks may differ', () => {
    assert.equal(fact(1001, 1, 2).certain, true);
    assert.equal(fact(1000, 1, 2).certain, false);
    assert.match(fact(1000, 1, 2).because, /^only 1\.00 us apart on CPU 0 and CPU 1/);
    assert.equal(fact(1500, 1, 2, { ...clock, resolution: 1000 }).certain, false, 'rounded times');
  });

  it('one CPU, one task: always', () => {
    assert.equal(fact(1, 0, 2).certain, true);
    assert.match(fact(1, 0, 2).because, /both recorded by CPU 0/);
    assert.equal(fact(1, 5, 1).certain, true);
    assert.match(fact(1, 5, 1).because, /program order of one task/);
  });

  it('the other way round: never', () => {
    assert.equal(fact(-5000, 1, 2).certain, false);
    assert.match(fact(-5000, 1, 2).because, /apparently 5\.00 us the other way round/);
  });

  it('a clock that counts has no skew and no unit', () => {
    const counter = clockTrust({ ...header('x'), clock: 'counter', base: '1234' }, () => 0);
    assert.deepEqual(counter, { name: 'counter', skew: 0, resolution: 0, unit: 'count' });
    assert.match(fact(3, 1, 2, counter).because, /^3 ticks apart/);
  });

  it('digits of the times are their resolution', () => {
    assert.equal(clockTrust(header('x'), () => 0).resolution, 1000);
    assert.equal(clockTrust({ ...header('x'), base: '1.123456789' }, () => 0).resolution, 0);
  });
});

describe('columns', () => {
  const step = (pid: number, cpu: number, role = 'x'): Step => ({
    t_ns: 0,
    since_ns: 0,
    cpu,
    pid,
    comm: 'c',
    role,
    phase: 'point',
    frame: 0,
    depth: 0,
    end_ns: null,
    text: '',
    marks: [],
    evidence: true,
    origin: null,
  });

  it('CPUs, when each task stays on one of its own', () => {
    assert.equal(lanesOf([step(1, 0), step(2, 1), step(1, 0)], 'auto').by, 'cpu');
  });

  it('tasks, when one moved or two share a CPU', () => {
    assert.equal(lanesOf([step(1, 0), step(2, 1), step(1, 1)], 'auto').by, 'task');
    assert.equal(lanesOf([step(1, 0), step(2, 0)], 'auto').by, 'task');
  });

  it('the task that installs stands left', () => {
    const { lanes } = lanesOf([step(1, 0), step(2, 0, 'install')], 'task');
    assert.deepEqual(
      lanes.map((l) => l.title),
      ['c-2', 'c-1'],
    );
  });
});

describe('marks by rule', () => {
  const vma = { id: 'vma2', pointer: '0xff01' } as VmaRecord;
  const zap = {
    id: 'zap1',
    pid: 504,
    start_ns: 40_851_000,
    end_ns: 49_371_000,
    unblocked_ns: null,
    vmas: ['vma1'],
  } as unknown as ZapRecord;
  const visit = (t_ns: number, end_ns: number, of = 'vma2') =>
    event('race.txt', {
      kind: 'visit',
      symbol: 'zap_page_range_single',
      vma: of,
      pid: 504,
      t_ns,
      end_ns,
      result: null,
    });
  const storyOf = (finding: FindingRecord, events: EventRecord[]) => {
    const context = new Context(finding, vma, zap);
    for (const e of events) context.write(e);
    const head = header('race.txt');
    return tell(context, [], { header: head, rules: [], clock: clockTrust(head, () => 1000) });
  };
  const marks = (finding: FindingRecord, events: EventRecord[] = []) =>
    storyOf(finding, events).steps.flatMap((s) => s.marks);

  it('zap-skipped-vma: the zap never visited it', () => {
    const story = storyOf({ ...missedVma('race.txt'), rule: 'zap-skipped-vma' }, [
      visit(41_000_000, 41_000_100, 'vma1'),
    ]);
    const all = story.steps.flatMap((s) => s.marks);
    assert.ok(all.includes('it never visited vma2') && all.includes('8 PTEs live on: stray'));
    assert.ok(!all.some((m) => m.includes('NOP')));
    assert.deepEqual(story.facts, ['the zap walked vma1, and not vma2']);
  });

  it('partial-zap: it was walked, but not these pages', () => {
    const all = marks({ ...missedVma('race.txt'), rule: 'partial-zap' }, [visit(41_000_000, 41_000_100)]);
    assert.ok(all.includes('walked, but not these pages') && all.includes('8 PTEs live on: stray'));
  });

  it('access-after-zap: the insert whose PTE served the access is shown', () => {
    const finding: FindingRecord = {
      ...missedVma('race.txt'),
      rule: 'access-after-zap',
      pages: 1,
      exposed_ns: null,
      ended_by: null,
    };
    finding.evidence = finding.evidence.filter((e) => e.role.startsWith('zap'));
    finding.evidence.push({
      ...finding.evidence[0],
      role: 'access',
      t_ns: 80_000_000,
      pid: 506,
      text: 'read ok va=0x7f32675c6000',
    });
    const install = event('race.txt', {
      kind: 'install',
      symbol: 'vmf_insert_pfn',
      vma: 'vma2',
      address: finding.address,
      pages: 1,
      t_ns: 60_000_000,
      end_ns: 60_000_500,
      pid: 506,
    });
    const other = { ...install, address: '0x7f32675c7000' };
    const story = storyOf(finding, [install, other]);
    assert.deepEqual(
      story.steps.map((s) => s.role),
      ['zap-begin', 'zap-end', 'install', 'access'],
    );
    assert.deepEqual(story.steps[2].marks, ['installed 1 PTE']);
    assert.equal(story.order[0].text, 'the zap ended before the access succeeded');
  });

  it('many visits: the own one and a few others, the rest counted', () => {
    const others = Array.from({ length: 9 }, (_, i) =>
      visit(41_000_000 + i * 1000, 41_000_100 + i * 1000, `vma${i + 10}`),
    );
    const all = storyOf({ ...missedVma('race.txt'), rule: 'partial-zap' }, [
      ...others,
      visit(42_000_000, 42_000_100),
    ]);
    assert.equal(all.steps.filter((s) => s.role === 'visit').length, 4);
    assert.ok(all.steps.some((s) => s.marks.includes('and 6 more VMAs')));
  });

  it('a finding that is open at the end of the trace', () => {
    const finding: FindingRecord = { ...missedVma('race.txt'), ended_by: 'trace-end' };
    assert.match(told(finding), /\(the trace ends here, 82\.4 ms later: still reachable\)\n/);
  });
});

describe('a finding whose trace cannot be read again', () => {
  it('is told from its evidence', () => {
    const text = told(missedVma('race.txt'));
    assert.match(text, /← installed\n/);
    assert.match(text, /NOP for it/);
    assert.match(text, /enters the rmap/);
  });

  it('control characters and markup of a trace stay text', () => {
    const hostile = missedVma('race.txt');
    for (const e of hostile.evidence) e.comm = 'a\x1b[2J`</details>\n';
    const text = told(hostile);
    assert.doesNotMatch(text, /\x1b/);
    assert.match(text, /a\\x1b\[2J/);
    const markdown = told(hostile, explainMarkdown);
    assert.doesNotMatch(markdown, /\x1b/);
    const outside = markdown.replaceAll(/^(`{3,})text\n[\s\S]*?^\1\n/gm, '');
    assert.equal(outside.match(/<\/details>/g)?.length, 1, 'only our own');
  });

  it('four CPUs share 72 columns', () => {
    const finding = missedVma('race.txt');
    finding.evidence.forEach((e, i) => {
      e.cpu = i % 4;
      e.pid = 100 + (i % 4);
    });
    const text = told(finding);
    for (const line of text.split('\n')) assert.ok(displayWidth(line) <= 72, line);
  });
});
