import { groups } from '../explain/groups.js';
import { fold } from '../explain/width.js';
import type { AnyRecord, TotalRecord } from '../records.js';
import type { Output, Report, ReportContext } from '../report.js';
import { printable } from '../sanitize.js';
import type { Style } from '../style.js';
import { count, duration, failureText, units, verdictStyle } from '../text.js';
import { absolute } from '../time.js';
import { findingCounts, inputCounts, totalLine } from '../verdict.js';
import { parseMoment, type TimeBase, timeBase } from './axis.js';
import { Canvas } from './canvas.js';
import { type Picture, Pictures } from './picture.js';

/** What the command line tells a timeline beyond the shared context. */
export interface TimelineContext extends ReportContext {
  readonly since?: string;
  readonly until?: string;
}

/** Marks that are kept; a terminal shows a few hundred columns, and a zoom reads the trace again. */
const MARKS = 50_000;

/** The span of a picture, from `--since` and `--until`. */
export function zoom({ since, until }: TimelineContext, time: TimeBase): { since?: number; until?: number } {
  return {
    since: since === undefined ? undefined : Math.max(0, parseMoment(since, time)),
    until: until === undefined ? undefined : parseMoment(until, time),
  };
}

/** One lane per VMA on a common time axis that fits the terminal, the device's windows above its VMAs. */
export function timelineText(out: Output, context: TimelineContext): Report {
  const write = (text: string) =>
    out.write(context.unicode ? text : text.replaceAll('µ', 'u').replaceAll('…', '...'));
  let first = true;
  const pictures = new Pictures(
    (header) => ({ marks: MARKS, ...zoom(context, timeBase(header)) }),
    (picture) => {
      if (!first) write('\n');
      first = false;
      write(drawing(picture, context));
    },
  );
  return {
    write: (record: AnyRecord) => {
      if (record.type === 'total') {
        pictures.end();
        write(total(record, context));
      } else pictures.write(record);
    },
    end: () => pictures.end(),
  };
}

function total(record: TotalRecord, { style }: ReportContext): string {
  const failed = record.failed
    .map((f) => `${style.bad('UNREADABLE')} ${printable(failureText(f))}\n`)
    .join('');
  return `\n${failed}${record.traces === 1 ? '' : `${verdictStyle(style, record.verdict)(totalLine(record))}\n`}`;
}

function drawing(picture: Picture, context: TimelineContext): string {
  const { header, summary } = picture;
  const { style, quiet } = context;
  const verdict = verdictLine(picture, style);
  if (quiet) return `${verdict}\n`;
  const title = style.bold(
    printable(`${header.input}: ${header.format}, clock ${header.clock ?? 'unknown'}`),
  );
  const canvas = new Canvas(picture, context);
  const body =
    picture.devices.length === 0 ? ['no VMA and no zap of a device in this trace'] : canvas.lines();
  const reasons = (summary?.reasons ?? []).map((reason) => `  - ${printable(reason)}`);
  return `${[title, '', ...body, ...findings(picture, context), '', verdict, ...reasons].join('\n')}\n`;
}

function verdictLine({ summary, header, findings: all }: Picture, style: Style): string {
  if (summary === null) return `${style.bad('UNREADABLE')} ${printable(header.input)}`;
  const word = style.bold(verdictStyle(style, summary.verdict)(summary.verdict.toUpperCase()));
  return `${word} ${printable(summary.input)}: ${findingCounts(all)}; ${inputCounts(summary)}`;
}

/** One line per shape of finding, below the lanes. */
function findings(picture: Picture, { style, unicode, width }: ReportContext): string[] {
  const shapes = groups(picture.findings);
  if (shapes.length === 0) return [];
  return [
    '',
    ...shapes.flatMap(({ shown: f, alike }) => {
      const paint = f.severity === 'error' && f.confidence === 'confirmed' ? style.bad : style.unsure;
      const exposed = f.exposed_ns === null ? '' : `, ${units(duration(f.exposed_ns), unicode)}`;
      const more = alike.length === 0 ? '' : ` and ${alike.length} more like it`;
      const text = `${f.id} ${f.rule} (${f.confidence}) at ${absolute(picture.header.base, f.t_ns)}: ${f.vma ?? ''} ${count(f.pages, 'page')}${exposed}${more}`;
      return fold(printable(text), width, '   ').map(paint);
    }),
  ];
}
