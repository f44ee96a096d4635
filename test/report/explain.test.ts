import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ExplanationRecord } from '../../src/report/explain/record.js';
import { displayWidth } from '../../src/report/explain/width.js';
import { openSource } from '../../src/trace/open.js';
import { command } from '../cli/in-process.js';
import { zaptrace } from '../cli/process.js';
import { fixture } from '../helpers.js';

const LEAK = fixture('captures/6.12-zaprace-mmap-leak/tc331.dat');
const LEAK_TEXT = fixture('captures/6.12-zaprace-mmap-leak/tc316.tracefs-trace.txt.zst');
const STRAY = fixture('captures/6.12-zaprace-stray-fault/tc331.dat');
const NATURAL = fixture('captures/6.12-zaprace-natural-stray/tc331us.dat');
const CPUS4 = fixture('captures/6.12-zaprace-natural-stray/tc331-4cpu.dat');
const PREPARE = fixture('captures/7.3-zaprace-mmap-prepare/tc34mono.dat');
const CLEAN = fixture('captures/6.12-vfio-huge/tc331.dat');

async function explain(...args: string[]): Promise<string> {
  const result = await command(['explain', ...args]);
  assert.equal(result.stderr, '');
  assert.equal(result.code, 0);
  return result.stdout;
}

async function explanations(...args: string[]): Promise<ExplanationRecord[]> {
  return JSON.parse(await explain('-f', 'json', ...args)).explanations;
}

async function wholeText(path: string): Promise<string> {
  const source = await openSource(path);
  const chunks: Buffer[] = [];
  for await (const chunk of source.chunks()) chunks.push(Buffer.from(chunk));
  await source.close();
  return Buffer.concat(chunks).toString();
}

/** The drawing: from the titles of the columns to the empty line behind it. */
function drawing(text: string): string[] {
  const lines = text.split('\n');
  const from = lines.findIndex((line) => /^ +(ms|µs|us|s|ticks) {2}/.test(line));
  return lines.slice(from, lines.indexOf('', from));
}

const marksOf = (e: ExplanationRecord): string[] => e.steps.flatMap((s) => s.marks);

describe('explain: the race of the mail', () => {
  it('tells installed, zap, NOP, live on, rmap, unmapped in this order', async () => {
    const [story] = await explanations(LEAK, 'F2');
    const decisive = marksOf(story).filter((m) => m !== 'device blocked' && m !== 're-enabled');
    assert.deepEqual(decisive, [
      'installed 8 PTEs',
      'zap began',
      'vma2 is not in the rmap yet: a NOP for it',
      'zap ended',
      '8 PTEs live on: stray',
      'vma2 enters the rmap',
      'too late for the zap',
      'unmapped: stray for 84.9 ms',
    ]);
    assert.deepEqual(story.stray, [{ start: '0x7f3e6c155000', end: '0x7f3e6c15d000' }]);
  });

  it('shows the zap at work on another VMA and not on this one', async () => {
    const [story] = await explanations(LEAK, 'F2');
    assert.deepEqual(story.facts, ['the zap walked vma1, and not vma2']);
    const visits = story.steps.filter((s) => s.role === 'visit');
    assert.deepEqual(
      visits.map((s) => /vma=vma\d+/.exec(s.text)?.[0]),
      ['vma=vma1'],
    );
    assert.equal(visits[0].depth, 2, 'inside unmap_mapping_range, inside zaprace_zap');
  });

  it('says for each order why it is certain', async () => {
    const [story] = await explanations(LEAK, 'F2');
    assert.deepEqual(
      story.order.map((o) => [o.text, o.certain]),
      [
        ['the insert returned before the zap began', true],
        ['the zap ended before the VMA entered the rmap', true],
      ],
    );
    assert.match(story.order[0].because, /both recorded by CPU 1, whose records are in order/);
    assert.match(
      story.order[1].because,
      /CPU 1 and CPU 0; the clock 'mono' may differ by 1\.00 us between CPUs/,
    );
  });

  it('counts findings of the same shape instead of telling them again', async () => {
    const stories = await explanations(LEAK);
    assert.deepEqual(
      stories.map((e) => [e.finding.rule, 1 + e.alike.length]),
      [
        ['zap-missed-unlinked-vma', 8],
        ['populate-before-rmap', 18],
      ],
    );
    assert.equal((await explanations(LEAK, '--all')).length, 26);
    assert.match(await explain(LEAK), /7 more findings of this shape \(fingerprint [0-9a-f]+\): F7, F9,/);
  });
});

describe('explain: other rules', () => {
  it('a fault handler that began before the zap and inserted after it', async () => {
    const [story] = await explanations(STRAY, 'F1');
    const marks = marksOf(story);
    assert.ok(marks.indexOf('began before the zap') < marks.indexOf('zap began'));
    assert.ok(marks.indexOf('walked: clean now') < marks.indexOf('installed 1 PTE: stray'));
    assert.ok(marks.indexOf('installed 1 PTE: stray') < marks.indexOf('re-enabled'));
    assert.match(story.facts[0], /^7 faults on vma2 were refused with SIGBUS meanwhile/);
  });

  it('an insert between the walk of its VMA and the end of the zap: proven by the end of the walk', async () => {
    const all = await explanations(
      CPUS4,
      '--all',
      '--rule',
      'install-after-zap',
      '--min-confidence',
      'confirmed',
    );
    const inside = all.filter((e) => {
      const end = e.finding.evidence.find((m) => m.role === 'zap-end')!;
      return e.finding.evidence.find((m) => m.role === 'install')!.t_ns < end.t_ns;
    });
    assert.ok(inside.length > 0, 'the capture has such findings');
    for (const story of inside) {
      assert.equal(
        story.order[0].text,
        'the zap had walked the range before the insert began',
        story.finding.id,
      );
    }
  });

  it('every order of a confirmed finding is certain', async () => {
    for (const trace of [LEAK, STRAY, NATURAL, CPUS4, PREPARE]) {
      const all = await explanations(trace, '--all', '--min-confidence', 'confirmed');
      assert.ok(all.length > 0, trace);
      for (const { finding, order } of all) {
        assert.ok(order.length > 0, `${trace} ${finding.id}`);
        for (const o of order) assert.ok(o.certain, `${trace} ${finding.id}: ${o.text}, ${o.because}`);
      }
    }
  });

  it('a possible finding says which order is not certain and what would settle it', async () => {
    const [story] = await explanations(NATURAL, 'F1');
    assert.equal(story.finding.confidence, 'possible');
    assert.ok(story.order.some((o) => !o.certain));
    const text = await explain(NATURAL, 'F1');
    assert.match(text, /Why this is only possible\n/);
    assert.match(text, /What is missing, and what would settle it\n {2}- The insert overlaps the walk/);
    assert.match(text, /← installed 1 PTE: perhaps/);
    assert.doesNotMatch(text, /clean now/);
  });

  it('a walk that the insert falls into is drawn with its end', async () => {
    const [story] = await explanations(NATURAL, 'F1');
    const roles = story.steps.map((s) => `${s.role} ${s.phase}`);
    const begin = roles.indexOf('visit begin');
    assert.deepEqual(roles.slice(begin, begin + 3), ['visit begin', 'install call', 'visit end']);
  });
});

describe('explain: the drawing', () => {
  it('stays within 72 columns, except for the path of the trace', async () => {
    for (const trace of [LEAK, STRAY, NATURAL, PREPARE, LEAK_TEXT]) {
      for (const by of ['auto', 'cpu', 'task']) {
        for (const line of (await explain(trace, '--by', by)).split('\n')) {
          if (!line.startsWith('  trace ')) assert.ok(displayWidth(line) <= 72, line);
        }
      }
    }
  });

  it('takes another width', async () => {
    const lines = drawing(await explain(LEAK, 'F2', '--width', '120'));
    assert.ok(lines.some((line) => displayWidth(line) > 72));
    assert.ok(lines.every((line) => displayWidth(line) <= 120));
    assert.equal((await command(['explain', LEAK, '--width', '20'])).code, 2);
  });

  it('has columns of CPUs where each task stays on its own', async () => {
    const [titles, tasks] = drawing(await explain(PREPARE, 'F1'));
    assert.match(titles, /^ +ms {2}CPU 0 +CPU 1$/);
    assert.match(tasks, /^ +zrlab-237 +zrlab-236$/);
  });

  it('has columns of tasks where CPUs would tear one apart, and says when it moves', async () => {
    const lines = drawing(await explain(LEAK, 'F2'));
    assert.match(lines[0], /^ +ms {2}zrlab-245 +zrlab-244$/);
    assert.match(lines[1], /^ +CPU 1 +CPU 1$/);
    assert.ok(lines.some((line) => /^ {11}CPU 0$/.test(line)));
  });

  it('--by cpu insists: the task of a column is named where it changes', async () => {
    const lines = drawing(await explain(LEAK, 'F2', '--by', 'cpu'));
    assert.match(lines[0], /CPU 0 +CPU 1$/);
    assert.ok(lines.filter((line) => /^ {42}zrlab-244$/.test(line)).length > 0);
  });

  it('draws a bar while a call is running', async () => {
    const lines = drawing(await explain(LEAK, 'F2'));
    const zap = lines.find((line) => line.includes('zaprace_zap(dev)'))!;
    assert.equal(zap[11], '│', 'the driver is still in .mmap when the zap begins');
    const rmap = lines.find((line) => line.includes('vma_interval_tree_insert('))!;
    assert.equal(rmap[11], 'v', '.mmap has returned');
  });

  it('--ascii has nothing beyond ASCII', async () => {
    for (const format of ['text', 'markdown']) {
      const text = await explain(NATURAL, '--ascii', '-f', format);
      assert.match(text, /^[\n\x20-\x7e]*$/);
      assert.match(text, /<- zap began/);
    }
  });

  it('colour does not change the layout', async () => {
    const plain = await explain(LEAK, 'F2');
    const colour = await explain(LEAK, 'F2', '--color', 'always');
    assert.match(colour, /\x1b\[31m/);
    assert.equal(colour.replaceAll(/\x1b\[\d+m/g, ''), plain);
  });
});

describe('explain: the records', () => {
  it('shows the lines of a text with their numbers, from a file and from a pipe', async () => {
    const text = await wholeText(LEAK_TEXT);
    const lines = text.split('\n');
    const [story] = await explanations(LEAK_TEXT, 'F2');
    assert.ok(story.raw.length >= 6);
    for (const { origin, line } of story.raw) assert.equal(line, lines[origin.line! - 1]);
    assert.match(story.raw[0].line!, /remap_pfn_range/);
    const piped = await zaptrace(['explain', '-f', 'json', '-', 'F2'], { input: text });
    assert.equal(piped.code, 0);
    const [same] = JSON.parse(piped.stdout).explanations;
    assert.deepEqual(
      same.raw.map((r: { line: string }) => r.line),
      story.raw.map((r) => r.line),
    );
    assert.deepEqual(
      same.steps.map((s: { text: string }) => s.text),
      story.steps.map((s) => s.text),
    );
  });

  it('shows records of a trace.dat in kernel words with their offset', async () => {
    const [story] = await explanations(LEAK, 'F2');
    for (const { origin, line } of story.raw) {
      assert.equal(line, null);
      assert.ok(origin.offset! > 0);
    }
    assert.match(await explain(LEAK, 'F2'), /tc331\.dat@0x[0-9a-f]+\n {4}zrlab-245 \[001\] 17\.607311281:/);
  });
});

describe('explain: what is asked for', () => {
  it('chooses by id, by rule and by the beginning of a fingerprint', async () => {
    const ids = async (...names: string[]) => (await explanations(LEAK, ...names)).map((e) => e.finding.id);
    assert.deepEqual(
      await ids('f9', 'F2'),
      ['F2', 'F9'],
      'each one that is named, in the order of the trace',
    );
    assert.deepEqual(await ids('zap-missed-unlinked-vma'), ['F2']);
    const [{ finding }] = await explanations(LEAK, 'F1');
    assert.deepEqual(await ids(finding.fingerprint.slice(0, 6)), ['F1']);
  });

  it('refuses a finding that is not there, with those that are', async () => {
    const result = await command(['explain', LEAK, 'F99']);
    assert.equal(result.code, 2);
    assert.match(result.stderr, /no finding 'F99' in this trace; it has F1, F2, F3 … F26/);
  });

  it('says that there is nothing to explain, and the verdict', async () => {
    assert.match(await explain(CLEAN), /^Nothing to explain in .*tc331\.dat: CLEAN \(512 records/);
    assert.deepEqual(await explanations(CLEAN), []);
  });

  it('--limit says what it leaves out', async () => {
    assert.match(await explain(NATURAL, '--limit', '1'), /\n… 2 more left out \(--limit 0 shows all 3\)\n$/);
  });

  it('--quiet is a line per shape', async () => {
    const lines = (await explain(NATURAL, '--quiet')).trimEnd().split('\n');
    assert.equal(lines.length, 3);
    assert.match(lines[0], /^F2 confirmed error: install-zap-overlap: vmf_insert_pfn\(\)/);
  });

  it('reads an unreadable trace as an input error', async () => {
    assert.equal((await command(['explain', fixture('captures/README.md')])).code, 2);
  });
});

describe('explain -f markdown', () => {
  it('keeps the drawing in a fence and folds the records away', async () => {
    const text = await explain(LEAK, 'F2', '-f', 'markdown');
    assert.match(text, /^## F2 confirmed error: zap-missed-unlinked-vma\n/);
    assert.equal(text.match(/^```text$/gm)?.length, 2);
    assert.match(text, /<details><summary>Records of the trace<\/summary>\n\n```text\n/);
    assert.match(text, /\n<\/details>\n/);
  });
});
