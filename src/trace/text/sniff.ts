import { COLON, isDigit, LF, MINUS, OPEN, OPEN_BRACKET, SPACE } from './bytes.js';
import { Head } from './head.js';
import { GRAPH_NO, GraphColumns, parseVerboseHead } from './head-graph.js';
import { parsePerfHead } from './head-perf.js';

/** Lines that are looked at when no header names the tool. */
const LINES = 200;

interface Survey {
  readonly traceCmd: number;
  readonly tracefs: number;
  readonly perf: number;
}

const NOTHING: Survey = { traceCmd: 0, tracefs: 0, perf: 0 };
let last: { head: Uint8Array; survey: Survey } | null = null;

export const sniffTraceCmdReport = (head: Uint8Array): number => survey(head).traceCmd;
export const sniffTracefs = (head: Uint8Array): number => survey(head).tracefs;
export const sniffPerfScript = (head: Uint8Array): number => survey(head).perf;

/** The three text formats share their lines, so they are judged together. */
function survey(head: Uint8Array): Survey {
  if (last?.head !== head) last = { head, survey: judge(head) };
  return last.survey;
}

function judge(head: Uint8Array): Survey {
  if (!isText(head)) return NOTHING;
  const buf = Buffer.from(head.buffer, head.byteOffset, head.byteLength);
  const named = byHeader(buf.toString('latin1', 0, Math.min(buf.length, 4096)));
  return named ?? byLines(buf);
}

/** Damaged text may hold a few odd bytes, binary data hold many. */
function isText(head: Uint8Array): boolean {
  const n = Math.min(head.length, 4096);
  let odd = 0;
  for (let i = 0; i < n; i++) if (head[i] < 9 || (head[i] > 13 && head[i] < 32) || head[i] === 127) odd++;
  return n > 0 && odd * 10 < n;
}

function byHeader(text: string): Survey | null {
  if (/^(cpus=\d+|version = \d+)\r?$/m.test(text)) return { ...NOTHING, traceCmd: 1 };
  if (/^# (tracer: |entries-in-buffer|\S+ latency trace v)|^#{5} CPU \d+ buffer started/m.test(text))
    return { ...NOTHING, tracefs: 1 };
  if (/^# (captured on|os release|perf version|cmdline) /m.test(text)) return { ...NOTHING, perf: 1 };
  return null;
}

function byLines(buf: Buffer): Survey {
  const head = new Head();
  const graph = new GraphColumns();
  let lines = 0;
  let traceCmd = 0;
  let tracefs = 0;
  let perf = 0;
  for (let from = 0; lines < LINES && from < buf.length; ) {
    const newline = buf.indexOf(LF, from);
    const end = newline < 0 ? buf.length : newline;
    if (end - from > 8) {
      lines++;
      if (parsePerfHead(head, buf, from, end)) perf++;
      else if (head.search(buf, from, end)) {
        if (isTracefsLine(head, buf, end)) tracefs++;
        else traceCmd++;
      } else if (parseVerboseHead(head, buf, from, end) || graph.parse(head, buf, from, end) !== GRAPH_NO)
        tracefs++;
    }
    from = end + 1;
  }
  const best = Math.max(traceCmd, tracefs, perf);
  if (best === 0) return NOTHING;
  // A header is certain; lines leave a doubt, the larger the fewer of them there are.
  const score = (n: number): number => (n === best ? 0.3 + (0.6 * best) / lines : 0);
  return {
    traceCmd: score(traceCmd),
    tracefs: traceCmd === best ? 0 : score(tracefs),
    perf: tracefs === best || traceCmd === best ? 0 : score(perf),
  };
}

/**
 * trace-cmd pads the event's name to 20 columns and the pid to 5, tracefs does not pad names and gives pids 7 columns
 * (since Linux 5.11; 5 before).
 */
function isTracefsLine(head: Head, buf: Buffer, end: number): boolean {
  const wide = buf[head.dash + 9];
  if (
    (wide === OPEN_BRACKET || wide === OPEN) &&
    buf[head.dash + 8] === SPACE &&
    !isDigit(buf[head.dash + 7])
  )
    return true;
  if (head.relative) return true;
  let i = head.body;
  while (i < end && buf[i] > SPACE) i++;
  if (buf[i - 1] !== COLON) return true;
  return i - head.body < 20 && buf[i + 1] !== SPACE && buf[head.dash] === MINUS;
}
