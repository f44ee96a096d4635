import { Blocks, type TraceBlock } from './blocks.js';
import type { FindingRecord, SummaryRecord } from './records.js';
import type { Output, Report } from './report.js';
import { circumstances, failureText, place } from './text.js';
import { attributes, xml } from './xml.js';

type Result = 'passed' | 'failure' | 'skipped' | 'error';

interface Case {
  readonly name: string;
  readonly result: Result;
  readonly message?: string;
  readonly text?: readonly string[];
}

interface Suite {
  readonly name: string;
  readonly cases: readonly Case[];
}

/** JUnit XML: a suite per trace, a case per rule. A rule that could not be decided is skipped, with the reason. */
export function junit(out: Output): Report {
  const suites: Suite[] = [];
  const blocks = new Blocks(
    (block) => {
      if (block.summary !== null) suites.push(suite(block, block.summary));
    },
    (total) => {
      for (const f of total.failed) {
        suites.push({ name: f.input, cases: [{ name: 'read', result: 'error', message: failureText(f) }] });
      }
    },
  );
  return {
    write: (record) => blocks.write(record),
    end: () => {
      blocks.end();
      out.write(document(suites));
    },
  };
}

function suite(block: TraceBlock, summary: SummaryRecord): Suite {
  const cases = Object.keys(summary.coverage).map((rule) => ruleCase(rule, block, summary));
  // An inconclusive trace must not look passed when its doubt belongs to no single rule.
  if (summary.verdict === 'inconclusive' && cases.every((c) => c.result === 'passed')) {
    cases.push({ name: 'verdict', result: 'skipped', message: summary.reasons.join('; ') });
  }
  return { name: block.header.input, cases };
}

function ruleCase(rule: string, block: TraceBlock, summary: SummaryRecord): Case {
  const findings = block.findings.filter((f) => f.rule === rule);
  const errors = findings.filter((f) => f.severity === 'error' && f.known !== true);
  const confirmed = errors.filter((f) => f.confidence === 'confirmed');
  const text = findings.flatMap(findingText);
  if (confirmed.length > 0) return { name: rule, result: 'failure', message: titles(confirmed), text };
  if (errors.length > 0)
    return { name: rule, result: 'skipped', message: `possible: ${titles(errors)}`, text };
  const coverage = summary.coverage[rule];
  if (coverage === 'checked') return { name: rule, result: 'passed', text };
  const advice = summary.advice[rule];
  const message = `${coverage === 'partial' ? 'only partly checked' : 'not checked'}${advice ? `: ${advice}` : ''}`;
  return { name: rule, result: 'skipped', message, text };
}

function titles(findings: readonly FindingRecord[]): string {
  const more = findings.length > 1 ? ` (and ${findings.length - 1} more)` : '';
  return `${findings[0].message}${more}`;
}

function findingText(f: FindingRecord): string[] {
  return [
    `${f.id} ${f.severity} (${f.confidence}): ${f.message}`,
    ...f.evidence.map(
      (e) => `  ${e.ts} CPU ${e.cpu} ${e.comm}-${e.pid} ${e.role}: ${e.text} (${place(e.origin)})`,
    ),
    ...circumstances(f).map((text) => `  ${text}`),
  ];
}

function document(suites: readonly Suite[]): string {
  const all = suites.flatMap((s) => s.cases);
  const body = suites.map(
    (s) =>
      `  <testsuite${attributes({ name: s.name, ...counts(s.cases) })}>\n${s.cases
        .map((c) => caseXml(s.name, c))
        .join('')}  </testsuite>\n`,
  );
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites${attributes({ name: 'zaptrace', ...counts(all) })}>\n${body.join('')}</testsuites>\n`;
}

function counts(cases: readonly Case[]): Record<string, number> {
  const of = (result: Result) => cases.filter((c) => c.result === result).length;
  return { tests: cases.length, failures: of('failure'), errors: of('error'), skipped: of('skipped') };
}

function caseXml(classname: string, c: Case): string {
  const open = `    <testcase${attributes({ classname, name: c.name })}`;
  const text = (c.text ?? []).map(xml).join('\n');
  if (c.result === 'passed') {
    return text === ''
      ? `${open}/>\n`
      : `${open}>\n      <system-out>${text}</system-out>\n    </testcase>\n`;
  }
  const type = c.result === 'skipped' ? undefined : c.name;
  const inner = `<${c.result}${attributes({ message: c.message, type })}>${text}</${c.result}>`;
  return `${open}>\n      ${inner}\n    </testcase>\n`;
}
