/**
 * Makes large traces out of a small real one: the capture is repeated, each time later, by other tasks and with other
 * VMAs and address spaces, so that a reader's memory meets what a long recording would bring. Noise lines of events
 * that nobody asked for can be mixed in.
 *
 *     node build/bench/generate.js CAPTURE --size 1G [--noise LINES] [--output FILE]
 *
 * CAPTURE is a text of `trace-cmd report`, tracefs or `perf script`, compressed or not. `--noise 16` puts 16 other
 * lines before each line of the capture.
 */
import { closeSync, openSync, writeSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { openSource } from '../src/trace/open.js';

const FTRACE = /^(.*?-)(\d+)( +(?:\([ \d-]+\) )?\[(\d+)\] *[^\d ]?\S*? *)(\d+\.\d{6,9})(: .*)$/;
/** comm, then the tid, or pid/tid with -F +pid. */
const PERF = /^(.*?\S)( +(?:\d+\/)?\d+)( +\[(\d+)\] .*?)(\d+\.\d{6,9})(: .*)$/;
/** Objects that live as long as a process; functions, devices and mappings stay what they are. */
const POINTER =
  /\b(?:vma|mm|node|vmf|tlb|dst|src|prev|file|filp|vb|new_vma|old_vma|dst_vma|src_vma|dst_mm|src_mm)=0x(ff[0-9a-f]{6})([0-9a-f]{8})\b/g;

/** What a line is made of: its text between pids and pointers. */
interface Line {
  readonly head: string;
  readonly pid: number;
  /** The pid's text of a repetition, in its columns. */
  readonly pidText: (pid: number) => string;
  readonly middle: string;
  readonly cpu: string;
  readonly ns: number;
  readonly digits: number;
  readonly width: number;
  readonly texts: readonly string[];
  readonly highs: readonly number[];
  readonly lows: readonly number[];
}

function template(line: string): Line | null {
  const match = FTRACE.exec(line) ?? PERF.exec(line);
  if (match === null) return null;
  const [, head, pid, middle, cpu, time, rest] = match;
  const digits = time.length - time.indexOf('.') - 1;
  const texts: string[] = [];
  const highs: number[] = [];
  const lows: number[] = [];
  let at = 0;
  for (const pointer of rest.matchAll(POINTER)) {
    const end = pointer.index + pointer[0].length;
    texts.push(rest.slice(at, end - 16));
    highs.push(Number.parseInt(pointer[1], 16));
    lows.push(Number.parseInt(pointer[2], 16));
    at = end;
  }
  texts.push(rest.slice(at));
  const ns = Number(time.slice(0, -digits - 1)) * 1e9 + Number(time.slice(-digits).padEnd(9, '0'));
  const [pidText, from] = columns(pid, middle);
  return {
    head,
    pid: Number(pid.trim().replace(/^.*\//, '')),
    pidText,
    middle: middle.slice(from),
    cpu,
    ns,
    digits,
    width: time.length,
    texts,
    highs,
    lows,
  };
}

/** How this tool lays out pids, and where in `middle` their column ends. */
function columns(pid: string, middle: string): [pidText: (pid: number) => string, from: number] {
  const blanks = /^ */.exec(middle)?.[0].length ?? 0;
  if (/^\d/.test(pid)) return [(n) => `${n}`.padEnd(pid.length + blanks - 1), blanks - 1];
  const slash = pid.indexOf('/');
  if (slash < 0) return [(n) => `${n}`.padStart(pid.length), 0];
  const second = pid.length - slash - 1 + blanks - 1;
  return [(n) => `${`${n}`.padStart(slash)}/${`${n}`.padEnd(second)}`, blanks - 1];
}

function seconds(ns: number, digits: number, width: number): string {
  const whole = Math.floor(ns / 1e9);
  const fraction = String(Math.floor(ns - whole * 1e9))
    .padStart(9, '0')
    .slice(0, digits);
  return `${whole}.${fraction}`.padStart(width);
}

/** Another task in each repetition; the idle task stays. Within five digits, as a column of trace-cmd has them. */
const pidOf = (pid: number, repetition: number): number =>
  pid === 0 ? 0 : 300 + ((pid + repetition * 61) % 99000);

function render(line: Line, repetition: number, shift: number): string {
  const moved = repetition * 0x40000;
  let out = `${line.head}${line.pidText(pidOf(line.pid, repetition))}${line.middle}${seconds(line.ns + shift, line.digits, line.width)}`;
  for (let i = 0; i < line.highs.length; i++) {
    const low = line.lows[i] + moved;
    const high = line.highs[i] + Math.floor(low / 2 ** 32);
    out += `${line.texts[i]}${high.toString(16)}${(low % 2 ** 32).toString(16).padStart(8, '0')}`;
  }
  return `${out}${line.texts[line.texts.length - 1]}\n`;
}

const NOISE: readonly [name: string, body: string][] = [
  [
    'sched_switch',
    'prev_comm=swapper/1 prev_pid=0 prev_prio=120 prev_state=R ==> next_comm=kworker/1:2 next_pid=214 next_prio=120',
  ],
  ['sched_wakeup', 'comm=kworker/1:2 pid=214 prio=120 target_cpu=001'],
  ['irq_handler_entry', 'irq=27 name=virtio1-input.0'],
  ['irq_handler_exit', 'irq=27 ret=handled'],
  [
    'timer_expire_entry',
    'timer=0xff3182df00c9c900 function=delayed_work_timer_fn now=4294902312 baseclk=4294902312',
  ],
  [
    'kmalloc',
    'call_site=kernfs_fop_open+0xd0/0x390 ptr=0xff3182df02d4c780 bytes_req=96 bytes_alloc=96 gfp_flags=GFP_KERNEL node=-1 accounted=false',
  ],
  [
    'mm_page_alloc',
    'page=0xffd1c18fc4003b00 pfn=0x100ec order=0 migratetype=1 gfp_flags=GFP_HIGHUSER_MOVABLE',
  ],
  [
    'hrtimer_start',
    'hrtimer=0xff3182df7bb1f1c0 function=tick_nohz_handler expires=44348000000 softexpires=44348000000 mode=ABS',
  ],
];

/** Noise in the dialect of this line: names are padded by trace-cmd, and carry a system in perf. */
function noise(line: Line, n: number, repetition: number, shift: number): string {
  const [name, body] = NOISE[n % NOISE.length];
  const time = seconds(line.ns + shift, line.digits, line.width);
  const head = `${line.head}${line.pidText(pidOf(line.pid, repetition))}${line.middle}${time}`;
  const first = line.texts[0];
  if (/^: +\w+:\w+: /.test(first)) return `${head}: ${`sched:${name}`.padStart(40)}: ${body}\n`;
  return /^: \w+: {2}/.test(first) || /^: \w{20,}: /.test(first)
    ? `${head}: ${`${name}:`.padEnd(21)} ${body}\n`
    : `${head}: ${name}: ${body}\n`;
}

async function lines(path: string): Promise<string[]> {
  const source = await openSource(path);
  const parts: Buffer[] = [];
  for await (const chunk of source.chunks()) parts.push(Buffer.from(chunk));
  await source.close();
  return Buffer.concat(parts).toString('utf8').split('\n').slice(0, -1);
}

function sizeOf(text: string): number {
  const match = /^(\d+(?:\.\d+)?)([kMG]?)$/.exec(text);
  if (match === null) throw new Error(`--size ${text}: expected a number of bytes, with k, M or G`);
  return Number(match[1]) * { '': 1, k: 1e3, M: 1e6, G: 1e9 }[match[2] as '' | 'k' | 'M' | 'G'];
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      size: { type: 'string', default: '100M' },
      noise: { type: 'string', default: '0' },
      output: { type: 'string' },
    },
  });
  if (positionals.length !== 1)
    throw new Error('usage: generate CAPTURE [--size 100M] [--noise LINES] [--output FILE]');
  const size = sizeOf(values.size);
  const perLine = Number(values.noise);
  const all = await lines(positionals[0]);
  const events = all.map(template).filter((line) => line !== null);
  if (events.length === 0) throw new Error(`${positionals[0]}: no event lines`);
  const first = events[0].ns;
  const period = (events.at(-1)?.ns ?? first) - first + 1e6;
  const fd = values.output === undefined ? 1 : openSync(values.output, 'w');
  let pending = all
    .filter((line) => /^(#|cpus=)/.test(line))
    .map((line) => `${line}\n`)
    .join('');
  let written = 0;
  const flush = (): void => {
    const data = Buffer.from(pending);
    for (let at = 0; at < data.length; ) at += writeSync(fd, data, at);
    written += data.length;
    pending = '';
  };
  for (let repetition = 0; written < size; repetition++) {
    const shift = repetition * period;
    for (const [i, line] of events.entries()) {
      for (let n = 0; n < perLine; n++) pending += noise(line, n + i, repetition, shift);
      pending += render(line, repetition, shift);
      if (pending.length < 1 << 20) continue;
      flush();
      if (written >= size) break;
    }
  }
  flush();
  if (values.output !== undefined) closeSync(fd);
}

main().catch((error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') return;
  process.stderr.write(`generate: ${error.message}\n`);
  process.exitCode = 2;
});
