import type { Task } from '../probes/event.js';
import type { PageRun } from './run.js';
import type { Vma } from './vma.js';

/** What a task is in the middle of, beyond its open actions. */
export class TaskNote {
  /** VMAs it took out of the rmap: gone, unless it puts them back (a split does both under one lock). */
  readonly adjusting: Vma[] = [];
  /** Pages of a VMA that shrank, waiting for the VMA that takes them over. */
  leftover: { from: Vma; runs: PageRun[] } | null = null;
  /** VMAs that it put into the rmap for the first time: a split does so before it shrinks the old one. */
  readonly fresh: Vma[] = [];
  /** `.mmap_prepare` succeeded: the rmap insertion that follows makes its VMA. */
  prepared: { mapping: number; start: number; begin: number; device: number } | null = null;
}

export const noteOf = (task: Task): TaskNote => {
  task.note ??= task.spareNote ?? new TaskNote();
  return task.note as TaskNote;
};

/** Nothing is left to be noted: the task is in the middle of nothing until `noteOf` is asked again. */
export function putAway(task: Task): void {
  task.spareNote = task.note;
  task.note = null;
}
