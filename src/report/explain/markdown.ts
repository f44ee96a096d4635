import { code, prose } from '../markdown.js';
import type { AnyRecord, HeaderRecord } from '../records.js';
import type { Output, Report } from '../report.js';
import { printable } from '../sanitize.js';
import { createStyle } from '../style.js';
import { inputCounts } from '../verdict.js';
import { diagram } from './diagram.js';
import { Names } from './names.js';
import { alikeText, kind, legend, missing, reasons, recordLine, shortPlace } from './paragraphs.js';
import type { ExplanationRecord } from './record.js';
import { type ExplainContext, isLeftOut, leftOut, MAIL } from './text.js';

/** The proof of every finding for an issue or a pull request. */
export function explainMarkdown(out: Output, context: ExplainContext): Report {
  let header: HeaderRecord | null = null;
  let seen = 0;
  return {
    write: (record: AnyRecord) => {
      if (record.type === 'header') header = record;
      else if (record.type === 'explanation') {
        if (isLeftOut(++seen, context)) return;
        out.write(`${seen > 1 ? '\n' : ''}${section(record, header!, context)}`);
      } else if (record.type === 'summary' && seen > 0) {
        out.write(leftOut(seen, { ...context, style: createStyle(false) }));
      } else if (record.type === 'summary') {
        out.write(
          `Nothing to explain in ${code(record.input)}: **${record.verdict}** (${inputCounts(record)})\n`,
        );
      }
    },
    end: () => {},
  };
}

function section(e: ExplanationRecord, header: HeaderRecord, context: ExplainContext): string {
  const names = new Names(e);
  const ticks = header.base !== null && !header.base.includes('.');
  const drawing = diagram(e, names, {
    width: context.columns ?? MAIL,
    by: context.by ?? 'auto',
    unicode: context.unicode,
    style: createStyle(false),
    ticks,
  });
  const why = reasons(e);
  const open = missing(e);
  const alike = alikeText(e);
  const raw = e.raw.flatMap((r) => [shortPlace(r.origin), `    ${recordLine(r)}`]);
  const parts = [
    `## ${e.finding.id} ${kind(e)}: ${prose(e.rule.id)}\n`,
    `${prose(e.finding.message)}\n`,
    legend(e, names, header)
      .map(([name, value]) => `- ${name === '' ? '' : `${prose(name)}: `}${code(value)}\n`)
      .join(''),
    fenced(drawing),
    `**${why.title}**\n`,
    list(why.items),
    ...(open.length > 0 ? ['**What is missing, and what would settle it**\n', list(open)] : []),
    ...(e.rule.remedy === '' ? [] : ['**What would have been right**\n', `${prose(e.rule.remedy)}\n`]),
    `<details><summary>Records of the trace</summary>\n\n${fenced(raw)}\n</details>\n`,
    ...(alike === null ? [] : [`${prose(alike)}\n`]),
  ];
  return parts.join('\n');
}

const list = (items: readonly string[]): string => items.map((item) => `- ${prose(item)}\n`).join('');

/** A block that no line of it can close. */
function fenced(lines: readonly string[]): string {
  const safe = lines.map(printable);
  const longest = Math.max(2, ...(safe.join('\n').match(/`+/g) ?? []).map((run) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}text\n${safe.join('\n')}\n${fence}\n`;
}
