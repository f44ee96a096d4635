import type { MappingEvent } from '../probes/event.js';
import { Kind } from '../probes/roles.js';
import type { Order } from './order.js';
import type { TaskNote } from './task-note.js';
import type { Vma } from './vma.js';
import type { World } from './world.js';

/**
 * The kernel uses a vm_area_struct again as soon as it is free, and what tells of its end need not be recorded: what an
 * event says of the VMA itself, and who does what to it, tell that another one is at the pointer by now.
 */
export function isAnother(vma: Vma, event: MappingEvent, order: Order): boolean {
  if (event.mm !== 0 && vma.mm !== 0 && event.mm !== vma.mm) return true;
  // (move_page_tables() tells a new address only, in vmStart)
  if (Number.isNaN(event.vmStart) || Number.isNaN(event.vmEnd)) {
    // What faults or is zapped in a VMA lies in it.
    if (event.page < vma.start || event.page >= vma.end) return true;
  } else if (!vma.overlaps(event.vmStart, event.vmEnd)) return true;
  // (Of 0, nobody says which VMA it is.)
  return event.vma !== 0 && (exits(event) || hasLeft(vma, event, order));
}

/** More pages than user space has. */
const WHOLE = 2 ** 51;

/** unmap_vmas() of exit_mmap() goes through all of the address space: nothing of it is left. */
const exits = ({ kind, page, pages }: MappingEvent): boolean =>
  kind === Kind.Unmap && page === 0 && pages >= WHOLE;

/** What happens only to a VMA that is in place. */
const IN_PLACE: ReadonlySet<Kind> = new Set<Kind>([Kind.Fault, Kind.Insert, Kind.Decision, Kind.Visit]);

/**
 * It was taken out of the rmap, and another task installs in it, or a zap finds it. (A split holds the locks that both
 * would need; the task that does it is done with it when it does something else.)
 */
const hasLeft = (vma: Vma, { kind, begin }: MappingEvent, { skew, resolution }: Order): boolean =>
  !vma.linked && IN_PLACE.has(kind) && vma.unlinked + skew + resolution < begin;

/** A VMA enters the rmap: the one that was at this pointer is gone, if that shows. */
export function retireOld(event: MappingEvent, note: TaskNote, world: World): void {
  const old = world.vmas.get(event.vma);
  if (old === undefined || event.vma === 0) return;
  // Taken out of the rmap by another task, which would put it back itself.
  if (!old.linked && !Number.isNaN(old.unlinked) && !note.adjusting.includes(old))
    world.retire(old, old.unlinked, 'unmap');
  else if (hasOtherFile(old, event)) world.retire(old, event.begin, 'gone');
}

/** A VMA keeps its file; before it is in the rmap, `.mmap` may give it another one. */
const hasOtherFile = ({ linkSeq, mapping }: Vma, event: MappingEvent): boolean =>
  !Number.isNaN(linkSeq) && mapping !== 0 && event.mapping !== 0 && event.mapping !== mapping;
