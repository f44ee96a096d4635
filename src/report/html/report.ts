import type { Output, Report } from '../report.js';
import { timeBase } from '../timeline/axis.js';
import { Pictures } from '../timeline/picture.js';
import { type TimelineContext, zoom } from '../timeline/text.js';
import { encode } from './encode.js';
import { page } from './page.js';

/** Most marks on VMAs, and most on CPUs: what keeps the page below a few MB. */
const MARKS = 24_000;

/** One self-contained page: zoomable lanes, the list of findings, search. For one trace. */
export function timelineHtml(out: Output, context: TimelineContext): Report {
  const pictures = new Pictures(
    (header) => ({ marks: MARKS, ...zoom(context, timeBase(header)) }),
    (picture) => out.write(page(encode(picture, context.version, context.rules))),
  );
  return { write: (record) => pictures.write(record), end: () => pictures.end() };
}
