import { type DatFile, eventHead, type FormatField, formatText, Page, X86 } from '../trace/dat-writer.js';
import { type Item, isLoss, type Line } from './recording.js';

/** Room for a record in a page behind the ones that are there. */
const PAGE_ROOM = 3_600;

/**
 * A simulated trace as a trace.dat of kprobe events named after their functions, whose fields are u64. What is no probe
 * is left out; a mark of loss makes a sub-buffer that says so.
 */
export function datOf(items: readonly Item[]): DatFile {
  const events = new Map<string, { id: number; ip: bigint }>();
  const formats: DatFile['formats'] = [];
  const cpus: { pages: Page[]; room: number; at: bigint; lost: number | null }[] = [];
  const of = (cpu: number) => {
    while (cpus.length <= cpu) cpus.push({ pages: [], room: 0, at: 0n, lost: null });
    return cpus[cpu];
  };
  for (const item of items) {
    if (isLoss(item)) {
      if (item.where === 'gap' && item.cpu >= 0) of(item.cpu).lost = item.lost;
      continue;
    }
    if (item.symbol === null || item.isReturn === null) continue;
    const fields = Object.keys(item.fields);
    const key = [item.symbol, item.isReturn, ...fields].join();
    let event = events.get(key);
    if (event === undefined) {
      event = { id: 1_000 + events.size, ip: 0xffffffff81000000n + BigInt(events.size * 64) };
      events.set(key, event);
      formats.push({ system: 'kprobes', text: describe(item, event.id) });
    }
    const record = eventHead(X86, event.id, item.pid).u64(event.ip);
    if (item.isReturn) record.u64(0xffffffff82000000n);
    for (const field of fields) record.u64(BigInt.asUintN(64, BigInt(item.fields[field])));
    const end = of(item.cpu);
    const now = BigInt(item.t);
    if (end.room < record.length + 8 || end.lost !== null || now - end.at >= 1n << 27n) {
      const page = new Page(X86, now);
      if (end.lost !== null) page.lost(end.lost);
      end.pages.push(page);
      end.room = PAGE_ROOM;
      end.at = now;
      end.lost = null;
    }
    end.pages.at(-1)?.event(Number(now - end.at), record.done());
    end.room -= record.length + 8;
    end.at = now;
  }
  return { machine: X86, formats, cpus: cpus.map(({ pages }) => pages), clock: '[mono]' };
}

function describe({ symbol, isReturn, fields }: Line, id: number): string {
  const heads = isReturn ? ['__probe_func', '__probe_ret_ip'] : ['__probe_ip'];
  const layout: FormatField[] = [
    ...heads.map((head, i): FormatField => [`unsigned long ${head}`, 8 + 8 * i, 8, 0]),
    ...Object.keys(fields).map((field, i): FormatField => {
      // What a function returns is signed.
      const type = field === 'ret' ? 's64' : 'u64';
      return [`${type} ${field}`, 8 + 8 * (heads.length + i), 8, type === 's64' ? 1 : 0];
    }),
  ];
  return formatText(isReturn ? `${symbol}_ret` : `${symbol}`, id, layout);
}
