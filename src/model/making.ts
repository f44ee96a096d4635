import type { MappingEvent } from '../probes/event.js';
import { Kind } from '../probes/roles.js';
import { BlockedSince } from './blocked-since.js';
import type { RunHow } from './run.js';
import { PageRun } from './run.js';

/** What an action made present. `around`: the driver's handler or callback in which it ran. */
export function makeRun(
  event: MappingEvent,
  around: MappingEvent | null,
  page: number,
  pages: number,
  order: number,
  how: RunHow,
  maybe: boolean,
): PageRun {
  const run = new PageRun();
  run.page = page;
  run.pages = pages;
  run.order = order;
  run.pfn = event.pfn;
  run.how = how;
  run.begin = event.begin;
  run.storyBegin = event.begin;
  run.entered = event.entered;
  run.returned = event.returned;
  run.end = event.returned ? event.end : event.begin;
  run.beginSeq = event.beginSeq;
  run.endSeq = event.returned ? event.endSeq : event.beginSeq;
  run.beginCpu = event.beginCpu;
  run.endCpu = event.returned ? event.endCpu : event.beginCpu;
  run.beginOrigin = event.beginOrigin;
  run.endOrigin = event.endOrigin;
  run.pid = event.task.pid;
  run.comm = event.comm;
  run.symbol = event.binding.state;
  run.result = event.result;
  run.maybe = maybe;
  run.since = event.since instanceof BlockedSince ? event.since : null;
  run.byDesign = how === 'mmap' && around?.binding.map.neverZaps === true;
  run.breach = around !== null && around.kind === Kind.Fault && around.allowed === 0;
  return run;
}
