import { BRACKET_ARGS, type TraceRecord } from '../trace/record.js';
import { fill } from './arguments.js';
import type { ProbeBinding } from './binding.js';
import { MappingEvent, type Task } from './event.js';
import { SLOT } from './fields.js';
import { ORIGIN, type PlainFault, TIME } from './plain-fault.js';
import { Kind } from './roles.js';

/** Bits of `ProbeBinding.has`. */
export const HAS_VMA = 1 << SLOT.vma.slot;
const HAS_PAGE = 1 << SLOT.address.slot;
export const HAS_RESULT = 1 << SLOT.result.slot;
const VMA = SLOT.vma.slot;
const PAGE = SLOT.address.slot;
const RESULT = SLOT.result.slot;
const NAN = Number.NaN;
const WALKS = (1 << Kind.Visit) | (1 << Kind.Zap) | (1 << Kind.ZapList) | (1 << Kind.Move);

/** A frame for an action that begins, on top of the task's stack, with what the record tells at once. */
export function openFrame(task: Task, binding: ProbeBinding, record: TraceRecord, seq: number): MappingEvent {
  const depth = task.depth++;
  let event = task.stack[depth];
  if (event === undefined) {
    event = new MappingEvent();
    event.task = task;
    task.stack[depth] = event;
  }
  event.kind = binding.kind;
  event.binding = binding;
  event.parent = depth === 0 ? null : task.stack[depth - 1];
  event.begin = record.t;
  event.end = NAN;
  event.beginSeq = seq;
  event.endSeq = 0;
  event.beginCpu = record.cpu;
  event.endCpu = record.cpu;
  event.beginOrigin = record.origin;
  event.endOrigin = record.origin;
  event.entered = true;
  event.returned = false;
  event.nested = false;
  event.tainted = false;
  event.comm = record.comm;
  fill(event, binding.has, record.args, record.base);
  event.result = NAN;
  event.prevTime = task.lastTime;
  event.note = null;
  event.since = null;
  event.allowed = -1;
  event.installed = false;
  event.text = binding.wantText ? record.text : '';
  event.fields = binding.wantFields ? record.fieldValues() : null;
  return event;
}

/** The frame is that of the fault's wrapper, left from an earlier call: nothing shows that it has returned. */
export const isWrapper = (frame: MappingEvent, { wrapper }: PlainFault): boolean =>
  frame.binding === wrapper && frame.nested && frame.binding.state.returns === 0;

/** The frame of a handler whose returns are not recorded stands for its next call: that of a plain fault inside of it. */
export function reopenWrapper(frame: MappingEvent, plain: PlainFault, seq: number): void {
  const { values, outer, cpu } = plain;
  frame.binding.state.unreturned++;
  frame.begin = values[outer + TIME];
  frame.end = NAN;
  frame.beginSeq = seq;
  frame.beginCpu = cpu;
  frame.endCpu = cpu;
  frame.beginOrigin = values[outer + ORIGIN];
  frame.endOrigin = frame.beginOrigin;
  frame.tainted = false;
  frame.comm = plain.comm;
  fill(frame, frame.binding.has, values, outer + BRACKET_ARGS);
  frame.prevTime = plain.task.lastTime;
  frame.note = null;
  frame.since = null;
  frame.allowed = -1;
  frame.installed = plain.symbol !== null;
}

/** The record tells of the action's end, and of its value if it carries one or there is none. */
export function stampEnd(event: MappingEvent, binding: ProbeBinding, record: TraceRecord, seq: number): void {
  event.end = record.t;
  event.endSeq = seq;
  event.endCpu = record.cpu;
  event.endOrigin = record.origin;
  event.returned = true;
  if (binding.wantFields) event.fields = { ...event.fields, ...record.fieldValues() };
  if ((binding.has & HAS_RESULT) !== 0) event.result = record.args[record.base + RESULT];
  else if (binding.state.probe.result === undefined || binding.state.probe.result === 'none')
    event.result = 0;
}

/** Another event on the function that the task has just entered (kprobe and fprobe, two recorders): the same call. */
export function twice(task: Task, binding: ProbeBinding): boolean {
  const top = task.stack[task.depth - 1];
  return top.binding.state === binding.state && top.binding !== binding && top.beginSeq === task.lastSeq;
}

/**
 * The returns of this control function are not recorded, and those above it, which will be told when they return, were
 * begun after it had returned, not inside of it.
 */
export function isLeftBehind({ stack, depth }: Task, at: number): boolean {
  if (stack[at].kind !== Kind.Control || stack[at].binding.state.returns > 0 || at === depth - 1)
    return false;
  for (let i = at + 1; i < depth; i++) {
    const { returns, unreturned } = stack[i].binding.state;
    if (stack[i].kind !== Kind.Control || (returns === 0 && unreturned > 0)) return false;
  }
  return true;
}

/** What the task begins shows that the action on top of its stack has returned unseen, although it might contain such a thing. */
export const isOver = (top: MappingEvent, binding: ProbeBinding, record: TraceRecord): boolean =>
  insertIsOver(top, binding) || isOtherFault(top, binding, record);

/** An insert that fails clears what it did; without its return, so may what the task does next. Either way it comes first. */
const insertIsOver = (top: MappingEvent, { kind }: ProbeBinding): boolean =>
  top.kind === Kind.Insert && top.binding.state.returns === 0 && (kind === Kind.Visit || kind === Kind.Unmap);

/** A fault handler inside another one serves the same fault (page_fault → huge_fault), or the first has returned. */
function isOtherFault(top: MappingEvent, binding: ProbeBinding, record: TraceRecord): boolean {
  if (top.kind !== Kind.Fault || binding.kind !== Kind.Fault) return false;
  const { has } = binding;
  if ((has & HAS_VMA) !== 0 && top.vma !== 0 && record.args[record.base + VMA] !== top.vma) return true;
  return (has & HAS_PAGE) !== 0 && !Number.isNaN(top.page) && record.args[record.base + PAGE] !== top.page;
}

/** The task is inside of what clears or moves the pages of VMAs that it need not name. */
export function holdsWalk(task: Task): boolean {
  for (let i = 0; i < task.depth; i++) if (((1 << task.stack[i].kind) & WALKS) !== 0) return true;
  return false;
}

const CALLS =
  (1 << Kind.Control) |
  (1 << Kind.Region) |
  (1 << Kind.SysMmap) |
  (1 << Kind.SysMunmap) |
  (1 << Kind.SysMremap);

/** What the task is inside of, if anything, may go on for long and holds any ends: nothing of it is over, and none walks. */
export function inCallsOnly(task: Task): boolean {
  for (let i = 0; i < task.depth; i++) if (((1 << task.stack[i].kind) & CALLS) === 0) return false;
  return true;
}

/** Regions and system calls only frame what happens inside them. */
export const provesSomething = (kind: Kind): boolean => kind !== Kind.Region && kind < Kind.SysMmap;
