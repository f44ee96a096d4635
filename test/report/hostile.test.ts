import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { XMLValidator } from 'fast-xml-parser';
import { eventsTable } from '../../src/report/events-table.js';
import { gcc } from '../../src/report/gcc.js';
import { github } from '../../src/report/github.js';
import { json } from '../../src/report/json.js';
import { junit } from '../../src/report/junit.js';
import { markdown } from '../../src/report/markdown.js';
import { ndjson } from '../../src/report/ndjson.js';
import type { AnyRecord } from '../../src/report/records.js';
import { sarif } from '../../src/report/sarif.js';
import { table } from '../../src/report/table.js';
import { timelineText } from '../../src/report/timeline-text.js';
import { render } from './render.js';
import { cleanTrace, event, header, lost, missedVma, summary, total, vma, zap } from './sample.js';

/** Text as a traced machine may send it: any UTF-16, and what terminals, XML, Markdown and workflow commands act on. */
const hostile = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    '\x1b[2J\x1b]0;owned\x07',
    '\x9b31m',
    '\r\n::error::owned',
    '\u202egnp.exe',
    '```\n# owned',
    '</failure><owned/>',
    ']]>',
    '%0A::set-output name=x::y',
    '@torvalds #1 | **x** [a](b) <img src=x>',
    '\ud800',
    '\uffff',
    '',
  ),
);

/** A whole run in which every text that comes from outside is hostile. */
function run(text: string): AnyRecord[] {
  const evil = missedVma(text);
  return [
    header(text),
    event(text, { comm: text, name: text, symbol: text, result: text, fields: { [text]: text } }),
    {
      ...evil,
      message: text,
      device: text,
      fingerprint: text,
      evidence: evil.evidence.map((e) => ({ ...e, comm: text, text })),
      missing: [text],
    },
    vma('vma2', '0x1000', '0x2000', { comm: text, device: text }),
    zap('zap1', 1, { cause: text, comm: text }),
    { ...lost(text), message: text },
    summary(text, { verdict: 'inconclusive', reasons: [text], advice: { 'partial-zap': text } }),
    ...cleanTrace(text),
    total({ failed: [{ input: text, message: text }] }),
  ];
}

const CONTROL = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/;
const TEXTS = { table, eventsTable, timelineText, markdown, gcc, github, junit, json, ndjson, sarif };

for (const [name, factory] of Object.entries(TEXTS)) {
  test(`${name}: no control character of a trace comes through`, () => {
    fc.assert(
      fc.property(hostile, (text) => {
        assert.doesNotMatch(render(factory, run(text)), CONTROL);
      }),
    );
  });
}

test('ndjson and json give back exactly what went in', () => {
  fc.assert(
    fc.property(hostile, (text) => {
      const records = run(text);
      const same = JSON.parse(JSON.stringify(records));
      const lines = render(ndjson, records).trimEnd().split('\n');
      assert.deepEqual(
        lines.map((line) => JSON.parse(line)),
        same,
      );
      assert.deepEqual(JSON.parse(render(json, records)).traces[0].findings, [same[2]]);
    }),
  );
});

test('junit stays well-formed XML', () => {
  fc.assert(
    fc.property(hostile, (text) => {
      assert.equal(XMLValidator.validate(render(junit, run(text))), true);
    }),
  );
});

test('github: every line is a command of ours, with our properties', () => {
  fc.assert(
    fc.property(hostile, (text) => {
      for (const line of render(github, run(text)).trimEnd().split('\n')) {
        assert.match(line, /^::(error|warning|notice) (file=[^,:]*,)?(line=\d+,)?title=[^,:]*::[^\r\n]*$/);
      }
    }),
  );
});

test('gcc: as many lines as without the hostile text', () => {
  const lines = render(gcc, run('x')).split('\n').length;
  fc.assert(
    fc.property(hostile, (text) => {
      assert.equal(render(gcc, run(text)).split('\n').length, lines);
    }),
  );
});

test('markdown: no heading, HTML or mention of the trace', () => {
  const headings = (text: string) => text.split('\n').filter((line) => line.startsWith('#')).length;
  const expected = headings(render(markdown, run('x')));
  fc.assert(
    fc.property(hostile, (text) => {
      const out = render(markdown, run(text));
      assert.equal(headings(out), expected);
      const outside = out.replace(/(`{3,})text\n[\s\S]*?\n\1\n/g, '').replace(/(`+)[^`][\s\S]*?\1/g, '');
      assert.doesNotMatch(outside, /(?<!\\)<(?!!-- -->)|[@#]\w/);
    }),
  );
});
