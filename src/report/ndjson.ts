import type { EventRecord } from './records.js';
import type { Output, Report } from './report.js';
import { safeJson } from './sanitize.js';

/** One record a line, as it comes: schema zaptrace/1. */
export function ndjson(out: Output): Report {
  return {
    write: (record) => out.write(`${record.type === 'event' ? eventJson(record) : safeJson(record)}\n`),
    end: () => {},
  };
}

/**
 * What `safeJson` gives for an event, without going through its members one by one: a trace has millions of events.
 * Times and kinds are our own digits and words.
 */
export function eventJson(event: EventRecord): string {
  const { origin, fields } = event;
  const place = origin.line === undefined ? `"offset":${origin.offset}` : `"line":${origin.line}`;
  return (
    `{"type":"event","kind":"${event.kind}","name":${quoted(event.name)},"ts":"${event.ts}",` +
    `"t_ns":${event.t_ns},"end_ns":${event.end_ns},"cpu":${event.cpu},"pid":${event.pid},` +
    `"comm":${quoted(event.comm)},"symbol":${event.symbol === null ? null : quoted(event.symbol)},` +
    `"device":${own(event.device)},"vma":${own(event.vma)},"address":${own(event.address)},` +
    `"pages":${event.pages},"order":${event.order},"pfn":${own(event.pfn)},"result":${own(event.result)},` +
    `"origin":{"input":${quoted(origin.input)},${place}}` +
    `${fields === undefined ? '' : `,"fields":${safeJson(fields)}`}}`
  );
}

/** What stands in a string as it is: printable ASCII but quotes and backslashes. */
const PLAIN = /^[ !#-[\]-~]*$/;

/** Pointers, pages, ids and results: seldom the same, and nothing in them to quote. */
function own(text: string | null): string {
  if (text === null) return 'null';
  return PLAIN.test(text) ? `"${text}"` : safeJson(text);
}

/** Names as they were quoted: a trace has few, again and again. */
const names = new Map<string, string>();
const MOST_NAMES = 4096;

function quoted(name: string): string {
  const known = names.get(name);
  if (known !== undefined) return known;
  if (names.size >= MOST_NAMES) names.clear();
  const text = safeJson(name);
  names.set(name, text);
  return text;
}
