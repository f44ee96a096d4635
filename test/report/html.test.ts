import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { decodeScene } from '../../src/report/html/client/scene.js';
import type { PageData } from '../../src/report/html/data.js';
import { encode } from '../../src/report/html/encode.js';
import { page } from '../../src/report/html/page.js';
import type { AnyRecord, Epoch, HeaderRecord, VmaRecord } from '../../src/report/records.js';
import { PictureBuilder } from '../../src/report/timeline/picture.js';
import { spansOf } from '../../src/report/timeline/spans.js';
import { command } from '../cli/in-process.js';
import { fixture } from '../helpers.js';
import { event, header, violationTrace } from './sample.js';

const LEAK = fixture('captures/6.12-zaprace-mmap-leak/tc331.dat');

async function pageFor(trace: string): Promise<string> {
  const result = await command(['timeline', '-f', 'html', trace]);
  assert.equal(result.stderr, '');
  return result.stdout;
}

const dataOf = (html: string): PageData =>
  JSON.parse(/<script type="application\/json" id="data">(.*?)<\/script>/s.exec(html)![1]);

describe('timeline -f html', () => {
  it('is one file: nothing in it is loaded from elsewhere', async () => {
    const html = await pageFor(LEAK);
    assert.doesNotMatch(html, /(?:src|href)=["']?(?!data:,)[^"'>\s]/);
    assert.doesNotMatch(html, /\b(?:fetch|XMLHttpRequest|WebSocket|EventSource|importScripts|import)\s*\(/);
    assert.doesNotMatch(html, /@import|url\(/);
  });

  it('allows exactly its own script and style', async () => {
    const html = await pageFor(LEAK);
    const policy = /http-equiv="Content-Security-Policy" content="([^"]+)"/
      .exec(html)![1]
      .replaceAll('&#39;', "'");
    const hash = (text: string) => createHash('sha256').update(text).digest('base64');
    const script = /<script>(.*?)<\/script>/s.exec(html)![1];
    const style = /<style>(.*?)<\/style>/s.exec(html)![1];
    assert.equal(
      policy,
      `default-src 'none'; script-src 'sha256-${hash(script)}'; style-src 'sha256-${hash(style)}'; img-src data:; base-uri 'none'; form-action 'none'`,
    );
    assert.equal(html.match(/<script/g)?.length, 2, 'the data and the script');
    assert.doesNotMatch(html, / on\w+=| style=/, 'no code in attributes');
  });

  it('has everything of the trace: VMAs, zaps, findings with all evidence', async () => {
    const data = dataOf(await pageFor(LEAK));
    const records = (await command(['timeline', '-f', 'ndjson', LEAK])).stdout
      .trimEnd()
      .split('\n')
      .map((l) => JSON.parse(l) as AnyRecord);
    const of = <T extends AnyRecord['type']>(type: T) =>
      records.filter((r) => r.type === type) as Extract<AnyRecord, { type: T }>[];
    assert.deepEqual(
      data.vmas.map((v) => v.id).sort(),
      of('vma')
        .map((v) => v.id)
        .sort(),
    );
    assert.equal(data.zaps.id.length, of('zap').length);
    assert.deepEqual(
      data.findings.map((f) => f.id),
      of('finding').map((f) => f.id),
    );
    assert.deepEqual(
      data.findings.flatMap((f) => f.evidence.map((e) => e.text)),
      of('finding').flatMap((f) => f.evidence.map((e) => e.text)),
    );
  });

  it('spans and times survive the packing', async () => {
    const records = (await command(['timeline', '-f', 'ndjson', LEAK])).stdout
      .trimEnd()
      .split('\n')
      .map((l) => JSON.parse(l) as AnyRecord);
    const data = dataOf(await pageFor(LEAK));
    const scene = decodeScene(data);
    const findings = records.filter((r) => r.type === 'finding');
    for (const vma of records.filter((r) => r.type === 'vma')) {
      const i = data.vmas.findIndex((v) => v.id === vma.id);
      const spans = spansOf(
        vma,
        findings.filter((f) => f.vma === vma.id),
        data.start,
        data.end,
      );
      assert.deepEqual(
        scene.spans[i].start.slice(0, -1),
        spans.map((s) => Math.round(s.start)),
        vma.id,
      );
      assert.equal(scene.spans[i].start.at(-1), Math.round(spans.at(-1)!.end));
    }
    const zaps = records.filter((r) => r.type === 'zap').map((z) => z.start_ns);
    assert.deepEqual(
      scene.zapStart,
      zaps.sort((a, b) => a - b),
    );
  });

  it('shows one trace', async () => {
    const result = await command([
      'timeline',
      '-f',
      'html',
      LEAK,
      fixture('captures/6.12-vfio-huge/tc331.dat'),
    ]);
    assert.equal(result.code, 2);
    assert.match(result.stderr, /-f html shows one trace; 2 are given/);
  });

  it('text of a trace is escaped wherever it stands', () => {
    const hostile = '</script><!--<script>\u2028"\'&';
    const records = violationTrace(hostile);
    for (const record of records) if (record.type === 'vma') record.comm = hostile;
    const html = build(records);
    assert.equal(html.match(/<\/script>/g)?.length, 2);
    assert.doesNotMatch(html, /<!--|\u2028/);
    assert.match(html, /<title>[^<]*&#60;\/script&#62;/);
  });
});

function build(records: readonly AnyRecord[], marks = 24_000): string {
  const builder = new PictureBuilder(records[0] as HeaderRecord, { marks });
  for (const record of records) builder.write(record);
  return page(encode(builder.picture(null), '0', []));
}

describe('a page for a big trace', () => {
  /** 300 VMAs with 2,000 epochs each, 20 stray findings, a million events. */
  function* big(): Generator<AnyRecord> {
    const [sample] = violationTrace().filter((r) => r.type === 'vma') as VmaRecord[];
    const finding = violationTrace().find((r) => r.type === 'finding')!;
    yield header('big');
    for (let i = 0; i < 1_000_000; i++) {
      yield event('big', {
        vma: `vma${i % 300}`,
        kind: i % 3 === 0 ? 'fault' : 'install',
        result: i % 3 === 0 ? '0x2 SIGBUS' : '0',
        t_ns: i * 1000,
        end_ns: i * 1000 + 300,
      });
    }
    for (let v = 0; v < 300; v++) {
      const states = ['populated', 'zapped', 'blocked', 're-enabled'] as const;
      const epochs = Array.from(
        { length: 2000 },
        (_, i): Epoch => ({
          state: states[i % 4],
          start_ns: i * 500_000,
          end_ns: (i + 1) * 500_000,
          pages: i % 9,
        }),
      );
      yield { ...sample, id: `vma${v}`, created_ns: 0, removed_ns: null, epochs };
    }
    for (let f = 0; f < 20; f++)
      yield { ...finding, id: `F${f}`, vma: `vma${f}`, t_ns: f * 1e7, exposed_ns: 10 } as AnyRecord;
  }

  it('stays below a few MB, with all findings and every stray span', () => {
    const builder = new PictureBuilder(header('big'), { marks: 24_000 });
    for (const record of big()) builder.write(record);
    const data = encode(builder.picture(null), '0', []);
    const size = Buffer.byteLength(page(data));
    assert.ok(size < 5_000_000, `${size} bytes`);
    assert.equal(data.findings.length, 20);
    assert.equal(data.vmas.filter((v) => v.spans.s.includes('s')).length, 20);
    assert.ok(data.mergedSpans > 0);
    const counted = data.marks.n.reduce((a, b) => a + b, 0);
    assert.equal(counted, 1_000_000, 'marks count every event');
  });
});
