import type { Item, Line } from './recording.js';
import { inOrder, isLoss } from './recording.js';
import type { Random } from './simulator/scheduler.js';

const micro = (item: Item): number => Math.round(item.t / 1000);

/** The same trace with the records of equal µs in another order; each CPU and each task keeps its own. */
export function shuffleTies(items: readonly Item[], random: Random): Item[] {
  const out: Item[] = [];
  for (let i = 0; i < items.length; ) {
    let j = i;
    while (j < items.length && micro(items[j]) === micro(items[i])) j++;
    out.push(...weave(items.slice(i, j), random));
    i = j;
  }
  return out;
}

/** Takes records from a random CPU's front, unless their task has an earlier one waiting elsewhere. */
function weave(group: Item[], random: Random): Item[] {
  const out: Item[] = [];
  const left = [...group];
  while (left.length > 0) {
    const fronts = left.filter((item, i) =>
      left.slice(0, i).every((other) => other.cpu !== item.cpu && pidOf(other) !== pidOf(item)),
    );
    const next = random.pick(fronts);
    out.push(next);
    left.splice(left.indexOf(next), 1);
  }
  return out;
}

const pidOf = (item: Item): number => (isLoss(item) ? -1 : item.pid);

const KERNEL = 0xffff_0000_0000_0000n;

/** Other kernel pointers, pids, names of tasks and times: the same story. */
export function rename(
  items: readonly Item[],
  by: { pointers: bigint; pids: number; comm: string; time: number },
): Item[] {
  return items.map((item) => {
    if (isLoss(item)) return { ...item, t: item.t + by.time };
    const fields: Line['fields'] = {};
    for (const [name, value] of Object.entries(item.fields)) {
      fields[name] = typeof value === 'bigint' && value >= KERNEL ? value + by.pointers : value;
    }
    return { ...item, t: item.t + by.time, pid: item.pid + by.pids, comm: by.comm, fields };
  });
}

/** Two traces of one machine at once. */
export const interleave = (a: readonly Item[], b: readonly Item[]): Item[] => inOrder([...a, ...b]);

/** Loses some spans of some CPUs, with a mark before the CPU's next record. */
export function lose(items: readonly Item[], spans: number, random: Random, cpus: number): Item[] {
  const dropped = new Map<Item, number>();
  const first = items[0].t;
  const length = items[items.length - 1].t - first;
  for (let i = 0; i < spans; i++) {
    const cpu = random.int(0, cpus - 1);
    const from = first + random.unit() * length;
    const to = from + random.unit() * random.unit() * length * 0.3;
    for (const item of items) if (item.cpu === cpu && item.t >= from && item.t < to) dropped.set(item, i);
  }
  const out: Item[] = [];
  const pending = new Map<number, number>();
  for (const item of items) {
    if (dropped.has(item)) {
      pending.set(item.cpu, (pending.get(item.cpu) ?? 0) + 1);
      continue;
    }
    const lost = pending.get(item.cpu);
    if (lost !== undefined) {
      out.push({ t: item.t, cpu: item.cpu, lost, where: 'gap' });
      pending.delete(item.cpu);
    }
    out.push(item);
  }
  const end = items[items.length - 1].t;
  for (const [cpu, lost] of pending) out.push({ t: end, cpu, lost, where: 'gap' });
  return out;
}

/** Return probes miss so many of the calls (kretprobe nmissed), and nothing tells. */
export const withoutReturns = (items: readonly Item[], share: number, random: Random): Item[] =>
  items.filter((item) => isLoss(item) || item.isReturn !== true || !random.chance(share));

/** Between the records others of tasks that unmap what maps no device: bursts of them, and single ones. */
export function withStrangers(trace: readonly Item[], random: Random): Item[] {
  const out: Item[] = [];
  for (const item of trace) {
    out.push(item);
    if (isLoss(item) || random.unit() > 0.1) continue;
    const burst = random.pick([1, 2, 30]);
    for (let i = 0; i < burst; i++) {
      const pointer = 0xffff_8880_5000_0000n + BigInt(random.int(0, 50)) * 0x100n;
      const [symbol, fields] = random.pick<[string, Record<string, bigint>]>([
        ['unmap_single_vma', { vma: pointer, start_addr: 0x7000_0000n, end_addr: 0x7000_4000n }],
        ['remove_vma', { vma: pointer }],
      ]);
      const { t, cpu } = item;
      const task = { t: t + i, cpu, pid: 77 + cpu, comm: 'other' };
      out.push({ ...task, name: symbol, symbol, isReturn: false, shape: 'probe', fields });
    }
  }
  return out;
}

/** Every fault handler of vfio-pci is called by another one, whose returns are not recorded. */
export function wrapped(trace: readonly Item[]): Item[] {
  return trace.flatMap((item) => {
    if (isLoss(item) || item.symbol !== 'vfio_pci_mmap_huge_fault' || item.isReturn !== false) return [item];
    const symbol = 'vfio_pci_mmap_page_fault';
    return [{ ...item, t: item.t - 1, name: symbol, symbol }, item];
  });
}
