import { Blocks, type TraceBlock } from './blocks.js';
import { type FindingGroup, groupFindings, moreText } from './order.js';
import type { Output, Report, ReportContext } from './report.js';
import { printable } from './sanitize.js';
import { circumstances, count, duration, failureText, place } from './text.js';
import { findingCounts, inputCounts, totalLine } from './verdict.js';

/** A report for an issue or a pull request. */
export function markdown(out: Output, context: ReportContext): Report {
  const blocks = new Blocks(
    (block) => out.write(trace(block, context)),
    (total) => {
      const failed = total.failed.map((f) => `- unreadable: ${code(failureText(f))}\n`).join('');
      out.write(`${failed}${failed === '' ? '' : '\n'}**${prose(totalLine(total))}**\n`);
    },
  );
  return { write: (record) => blocks.write(record), end: () => blocks.end() };
}

function trace(block: TraceBlock, { limit, version }: ReportContext): string {
  const { header, summary, findings, diagnostics } = block;
  const input = code(header.input);
  if (summary === null) return `## UNREADABLE: ${input}\n\n`;
  const groups = groupFindings(findings);
  const shown = limit > 0 ? groups.slice(0, limit) : groups;
  const parts = [
    `## ${summary.verdict.toUpperCase()}: ${input}\n`,
    `${findingCounts(findings)}; ${inputCounts(summary)} (${header.format}, clock ${header.clock ?? 'unknown'}, zaptrace ${version})\n`,
    list(summary.reasons.map(prose)),
    ...(findings.length > 0 ? [findingTable(shown), ...shown.map(details)] : []),
  ];
  const hidden = groups.length - shown.length;
  if (hidden > 0) parts.push(`**${count(hidden, 'more finding')} left out** (\`--limit 0\` shows all)\n`);
  parts.push(coverage(summary.coverage, summary.advice));
  parts.push(list(diagnostics.map((d) => `${d.severity}: ${prose(d.message)} (${d.count} ×)`)));
  return `${parts.filter((part) => part !== '').join('\n')}\n`;
}

function list(items: readonly string[]): string {
  return items.map((item) => `- ${item}\n`).join('');
}

function findingTable(groups: readonly FindingGroup[]): string {
  const rows = groups.map(({ first: f }) =>
    row([
      f.id,
      cell(f.rule),
      f.confidence,
      f.vma ?? '',
      f.zap ?? '',
      String(f.pages),
      f.exposed_ns === null ? '' : duration(f.exposed_ns),
    ]),
  );
  const head = row(['id', 'rule', 'confidence', 'VMA', 'zap', 'pages', 'exposed']);
  return `${head}|---|---|---|---|---|--:|--:|\n${rows.join('')}`;
}

function details({ first: f, more }: FindingGroup): string {
  const width = Math.max(0, ...f.evidence.map((e) => e.role.length));
  const evidence = f.evidence.map(
    (e) =>
      `${e.ts}  CPU ${e.cpu}  ${`${e.comm}-${e.pid}`}  ${e.role.padEnd(width)}  ${e.text}  ${place(e.origin)}`,
  );
  const others = more.length > 0 ? [moreText(more)] : [];
  return [
    `### ${f.id} ${prose(f.rule)}\n`,
    `${prose(f.message)}\n`,
    block(evidence),
    list([...circumstances(f), ...others, `fingerprint ${f.fingerprint}`].map(prose)),
  ].join('\n');
}

function coverage(states: Record<string, string>, advice: Record<string, string>): string {
  const rows = Object.keys(states).map((rule) => row([cell(rule), states[rule], prose(advice[rule] ?? '')]));
  return `| rule | coverage | to change that |\n|---|---|---|\n${rows.join('')}`;
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |\n`;
}

/**
 * Text of the trace as plain text of a paragraph or a table cell: no emphasis, links, HTML or cells of its own, and
 * no `@name` or `#12` that GitHub would turn into a mention (an empty comment takes them apart).
 */
export function prose(text: string): string {
  return printable(text)
    .replace(/[\\`*_{}[\]<>|~!&]/g, '\\$&')
    .replace(/([@#])(?=\w)/g, '$1<!-- -->');
}

const cell = (text: string) => prose(text);

/** A code span that the text cannot leave. */
export function code(text: string): string {
  const safe = printable(text);
  const fence = '`'.repeat(longestRun(safe) + 1);
  const pad = safe.startsWith('`') || safe.endsWith('`') || safe === '' ? ' ' : '';
  return `${fence}${pad}${safe}${pad}${fence}`;
}

/** A fenced block that no line of it can close. */
function block(lines: readonly string[]): string {
  const safe = lines.map(printable);
  const fence = '`'.repeat(Math.max(3, longestRun(safe.join('\n')) + 1));
  return `${fence}text\n${safe.join('\n')}\n${fence}\n`;
}

function longestRun(text: string): number {
  return Math.max(0, ...(text.match(/`+/g) ?? []).map((run) => run.length));
}
