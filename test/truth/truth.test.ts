import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { analyze } from '../../src/analyze.js';
import type { FindingRecord, SummaryRecord, VmaRecord } from '../../src/report/records.js';
import type { Capture } from './page-tables.js';
import { CAPTURES, captures, refusedMmap, STRAY_RULES, touches } from './page-tables.js';

interface Judged {
  findings: FindingRecord[];
  vmas: Map<string, VmaRecord>;
  summary: SummaryRecord;
}

async function judge(path: string): Promise<Judged> {
  const findings: FindingRecord[] = [];
  const vmas = new Map<string, VmaRecord>();
  let summary: SummaryRecord | undefined;
  for await (const record of analyze(path)) {
    if (record.type === 'finding') findings.push(record);
    else if (record.type === 'vma') vmas.set(record.id, record);
    else if (record.type === 'summary') summary = record;
  }
  assert.ok(summary, `${path}: no summary`);
  return { findings, vmas, summary };
}

const sum = (findings: FindingRecord[]): number =>
  findings.reduce((pages, finding) => pages + finding.pages, 0);

/** One line of the table of verdicts. */
function line(capture: Capture, judged: Judged): Record<string, unknown> {
  const strays = judged.findings.filter((f) => STRAY_RULES.has(f.rule) && f.severity === 'error');
  const confirmed = strays.filter((f) => f.confidence === 'confirmed');
  const possible = strays.filter((f) => f.confidence === 'possible');
  return {
    verdict: judged.summary.verdict,
    truth_rows: capture.truth.length,
    truth_pages: capture.truth.reduce((pages, row) => pages + row.pages, 0),
    confirmed: confirmed.length,
    confirmed_pages: sum(confirmed),
    possible: possible.length,
    possible_pages: sum(possible),
    rules: [...new Set(judged.findings.map((f) => f.rule))].sort().join(' '),
  };
}

interface Row {
  verdict: string;
  confirmed_pages: number;
  possible_pages: number;
}

/** Text in microseconds. */
const rounded = (name: string): boolean => !/\.dat$|\.data$|report-t|script-ns/.test(name);

/** Recordings that cannot show VMAs or return values (function tracers), or that lost events. */
const LIMITED = /function|graph|lost-events|probe-names/;

const table: Record<string, unknown> = {};
const TABLE = `${CAPTURES}/verdicts.json`;
const expected = existsSync(TABLE) ? JSON.parse(readFileSync(TABLE, 'utf8')) : {};

describe('every shipped capture gets the verdict of the page tables', () => {
  for (const capture of captures()) {
    test(capture.name, async () => {
      const judged = await judge(capture.path);
      const { truth } = capture;
      const errors = judged.findings.filter((f) => f.severity === 'error');
      const strays = errors.filter((f) => STRAY_RULES.has(f.rule));
      const seen = (row: (typeof truth)[number]): boolean => strays.some((f) => touches(f, judged.vmas, row));
      if (!LIMITED.test(capture.name)) {
        assert.deepEqual(
          truth.filter((row) => !seen(row)),
          [],
          'every range that held PTEs is among the findings',
        );
      }
      const alarms = strays.filter(
        (f) =>
          f.confidence === 'confirmed' &&
          !refusedMmap(f) &&
          !truth.some((row) => touches(f, judged.vmas, row)),
      );
      assert.deepEqual(
        alarms.map((f) => f.message),
        [],
        'no confirmed finding without stray PTEs',
      );
      if (truth.length === 0 && !/natural-stray|mmap-prepare/.test(capture.name)) {
        const loud = judged.findings.filter((f) => f.severity !== 'note');
        assert.deepEqual(
          loud.map((f) => f.message),
          [],
          'nothing above a note on a correct run',
        );
      }
      table[capture.name] = line(capture, judged);
      if (process.env.ZAPTRACE_UPDATE === undefined) {
        assert.deepEqual(
          table[capture.name],
          expected[capture.name],
          'as in fixtures/captures/verdicts.json',
        );
      }
    });
  }

  test('the findings bracket the page tables: confirmed ≤ truth ≤ confirmed + possible', () => {
    for (const capture of captures()) {
      if (!/natural-stray|mmap-leak|stray-fault/.test(capture.name) || LIMITED.test(capture.name)) continue;
      const row = table[capture.name] as Record<string, number>;
      if (capture.name.includes('marker')) continue; // access-after-zap counts the same pages again
      assert.ok(
        row.confirmed_pages <= row.truth_pages,
        `${capture.name}: confirmed ${row.confirmed_pages} ≤ ${row.truth_pages}`,
      );
      assert.ok(
        row.truth_pages <= row.confirmed_pages + row.possible_pages,
        `${capture.name}: ${row.truth_pages} ≤ ${row.confirmed_pages} + ${row.possible_pages}`,
      );
    }
  });

  test('all formats of one recording agree on verdict, findings and pages', () => {
    const runs = new Map<string, string[]>();
    for (const name of Object.keys(table)) {
      if (LIMITED.test(name)) continue;
      const run = name.split('.').slice(0, 2).join('.');
      runs.set(run, [...(runs.get(run) ?? []), name]);
    }
    for (const names of runs.values()) {
      const rows = names.map((name) => ({ name, ...(table[name] as unknown as Row) }));
      const exact = rows.find((row) => !rounded(row.name)) ?? rows[0];
      for (const row of rows) {
        assert.equal(row.verdict, exact.verdict, `${row.name} against ${exact.name}`);
        const all = row.confirmed_pages + row.possible_pages;
        const exactAll = exact.confirmed_pages + exact.possible_pages;
        if (rounded(row.name)) {
          // Microseconds leave more open: confirmed may become possible, and an order may become a tie.
          assert.ok(
            row.confirmed_pages <= exact.confirmed_pages,
            `${row.name}: not more certain than ${exact.name}`,
          );
          assert.ok(all >= exactAll, `${row.name}: loses nothing that ${exact.name} has`);
        } else {
          assert.deepEqual(
            [row.confirmed_pages, all],
            [exact.confirmed_pages, exactAll],
            `${row.name} against ${exact.name}`,
          );
        }
      }
    }
  });

  test('the table of verdicts is complete', () => {
    if (process.env.ZAPTRACE_UPDATE !== undefined)
      writeFileSync(TABLE, `${JSON.stringify(table, null, 1)}\n`);
    else assert.deepEqual(Object.keys(expected).sort(), Object.keys(table).sort());
  });
});
