import { type DatFile, eventHead, type FormatField, formatText, Page, X86 } from '../trace/dat-writer.js';
import { nsOf } from './lines.js';

/** `zrlab-244 [001] ..... 17.602839: mmap_region_ret: (ffffffff9e997e74 <- ffffffff9e9983f7) addr=0x7f3e6c161000` */
const LINE =
  /^ *.*-(\d+) +\[(\d+)\] \S+ +(\d+\.\d+): (\w+): +\(([0-9a-f]{16})(?: <- ([0-9a-f]{16}))?\) ?(.*)$/;

/** Room for a record in a page behind the ones that are there. */
const PAGE_ROOM = 3_600;

/**
 * The kprobe lines of a report as a trace.dat: every event with a format of its own, values as u64, each line on its
 * CPU at its time. Lines must be in the order of time on each CPU.
 */
export function datOf(lines: Iterable<string>): DatFile {
  const events = new Map<string, { id: number; fields: readonly string[] }>();
  const formats: DatFile['formats'] = [];
  const cpus: Page[][] = [];
  const ends: { room: number; at: bigint }[] = [];
  for (const line of lines) {
    const match = LINE.exec(line);
    if (match === null) throw new Error(`no kprobe line: ${line}`);
    const [, pid, cpuText, time, name, ip, caller, text] = match;
    const pairs = text === '' ? [] : text.split(' ').map((pair) => pair.split('='));
    let event = events.get(name);
    if (event === undefined) {
      const fields = pairs.map(([key]) => key);
      const heads = caller === undefined ? ['__probe_ip'] : ['__probe_func', '__probe_ret_ip'];
      const layout: FormatField[] = [
        ...heads.map((head, i): FormatField => [`unsigned long ${head}`, 8 + 8 * i, 8, 0]),
        ...fields.map((field, i): FormatField => [`u64 ${field}`, 8 + 8 * (heads.length + i), 8, 0]),
      ];
      event = { id: 1_000 + events.size, fields };
      events.set(name, event);
      formats.push({ system: 'kprobes', text: formatText(name, event.id, layout) });
    }
    const record = eventHead(X86, event.id, Number(pid)).u64(BigInt(`0x${ip}`));
    // Of kretprobes the report names the function first, as the record does.
    if (caller !== undefined) record.u64(BigInt(`0x${caller}`));
    for (const [i, field] of event.fields.entries()) {
      if (pairs[i]?.[0] !== field) throw new Error(`expected ${field}= in: ${line}`);
      record.u64(BigInt(pairs[i][1]));
    }
    const cpu = Number(cpuText);
    while (cpus.length <= cpu) {
      cpus.push([]);
      ends.push({ room: 0, at: 0n });
    }
    const end = ends[cpu];
    const now = nsOf(time);
    if (end.room < record.length + 8 || now - end.at >= 1n << 27n) {
      cpus[cpu].push(new Page(X86, now));
      end.room = PAGE_ROOM;
      end.at = now;
    }
    cpus[cpu].at(-1)?.event(Number(now - end.at), record.done());
    end.room -= record.length + 8;
    end.at = now;
  }
  return { machine: X86, formats, cpus, clock: '[mono]' };
}
