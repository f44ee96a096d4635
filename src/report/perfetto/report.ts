import type { Output, Report } from '../report.js';
import { safeJson } from '../sanitize.js';
import { timeBase } from '../timeline/axis.js';
import { Pictures } from '../timeline/picture.js';
import { type TimelineContext, zoom } from '../timeline/text.js';
import { traceEvents } from './trace.js';

/** Most marks on VMAs, and most on CPUs; Perfetto takes far more than a page does. */
const MARKS = 100_000;

/** A trace that Perfetto and chrome://tracing open: Chrome's Trace Event Format, JSON object form. For one trace. */
export function timelinePerfetto(out: Output, context: TimelineContext): Report {
  const pictures = new Pictures(
    (header) => ({ marks: MARKS, ...zoom(context, timeBase(header)) }),
    (picture) => {
      const { header } = picture;
      const otherData = {
        made_by: `zaptrace ${context.version}`,
        input: header.input,
        format: header.format,
        clock: header.clock ?? 'unknown',
        time_0: header.base ?? 'unknown',
        verdict: picture.summary?.verdict ?? 'not read to its end',
      };
      out.write(`{"displayTimeUnit":"ns","otherData":${safeJson(otherData)},"traceEvents":[`);
      let first = true;
      for (const event of traceEvents(picture)) {
        out.write(`${first ? '' : ','}\n${safeJson(event)}`);
        first = false;
      }
      out.write('\n]}\n');
    },
  );
  return { write: (record) => pictures.write(record), end: () => pictures.end() };
}
