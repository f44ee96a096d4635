import type { Actor } from './actor.js';
import { NOPAGE } from './actor.js';
import type { Dev, VmaObject } from './objects.js';
import { addr, vmaFields } from './objects.js';

/** The demonstrator driver of the captures, which can do everything wrong: its functions, by task and time (µs). */

const zapped = (dev: Dev) => ({ mapping: dev.mapping, holebegin: 0, holelen: 0, even_cows: 1 });

/** zaprace_mmap(). */
export function mmap(who: Actor, from: number, to: number, vma: VmaObject, ret = 0): Actor {
  return who.call(
    'zaprace_mmap',
    from,
    to,
    { vma: vma.pointer, ...vmaFields(vma), mapping: vma.dev.mapping },
    ret,
  );
}

/** mmap that populates: callback [t, t+4] with remap_pfn_range() [t+1, t+3], rmap insertion at `linked`. */
export function populatingMmap(who: Actor, t: number, vma: VmaObject, linked: number): Actor {
  mmap(who, t, t + 4, vma).remap(t + 1, t + 3, vma);
  return who.link(linked, vma);
}

/** zaprace_zap() [t, …] with these VMAs visited. Returns the end of unmap_mapping_range(). */
export function zap(who: Actor, t: number, dev: Dev, vmas: readonly VmaObject[] = []): number {
  const end = t + 2 + 3 * vmas.length;
  who.call('zaprace_zap', t, end + 1, { z: dev.vdev }, 0);
  who.call('unmap_mapping_range', t + 1, end, zapped(dev));
  vmas.forEach((vma, i) => who.visit(t + 2 + 3 * i, t + 4 + 3 * i, vma));
  return end;
}

export function unzap(who: Actor, t: number, dev: Dev): Actor {
  return who.call('zaprace_unzap', t, t + 1, { z: dev.vdev }, 0);
}

export function fault(
  who: Actor,
  from: number,
  to: number | null,
  vma: VmaObject,
  page: number,
  ret = NOPAGE,
): Actor {
  return who.call(
    'zaprace_fault',
    from,
    to,
    { vma: vma.pointer, addr: addr(vma.start + page), ...vmaFields(vma) },
    ret,
  );
}

/** zaprace_mmap_prepare(): no VMA yet. */
export function prepare(who: Actor, from: number, to: number, vma: VmaObject, ret = 0): Actor {
  const range = { start: addr(vma.start), end: addr(vma.start + vma.pages), pgoff: vma.pgoff };
  const fields = { desc: who.scenario.pointer(), mm: vma.mm.pointer, ...range, mapping: vma.dev.mapping };
  return who.call('zaprace_mmap_prepare', from, to, fields, ret);
}

/** mmap_action_complete() [from, to] with remap_pfn_range_complete() and remap_pfn_range_track() inside. */
export function action(who: Actor, from: number, to: number, vma: VmaObject, compat = 0, hide = 0): Actor {
  const range = { addr: addr(vma.start), pfn: 0x280000, size: addr(vma.pages) };
  const common = { vma: vma.pointer, ...range, ...vmaFields(vma) };
  who.call('mmap_action_complete', from, to, { ...common, type: 1, hide, is_compat: compat }, 0);
  who.call('remap_pfn_range_complete', from + 0.2, to - 0.2, common, 0);
  return who.call('remap_pfn_range_track', from + 0.4, to - 0.4, common, 0);
}
