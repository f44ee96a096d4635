import { printable } from '../sanitize.js';
import type { Step } from './record.js';

/** What a column of the diagram stands for. `auto`: CPUs, unless that would tear a task apart. */
export type By = 'auto' | 'cpu' | 'task';

export interface Lane {
  readonly title: string;
  /** Below the title: the task, or the CPU, that the first step of the lane belongs to. */
  readonly first: string;
}

/** Where every step goes, and what its lane is called from there on. */
export interface Lanes {
  readonly by: 'cpu' | 'task';
  readonly lanes: readonly Lane[];
  /** Lane of each step; -1 for what happens nowhere (the trace ends). */
  readonly lane: readonly number[];
  /** Task (or CPU) of each step, to be shown where it changes within a lane. */
  readonly second: readonly string[];
}

const task = (step: Step): string => printable(`${step.comm}-${step.pid}`);
const cpu = (step: Step): string => (step.cpu < 0 ? 'CPU ?' : `CPU ${step.cpu}`);

/** Columns in the order of the driver's side first: who installs stands left, who zaps right, as in mails. */
export function lanesOf(steps: readonly Step[], by: By): Lanes {
  const placed = steps.filter((s) => s.pid >= 0 || s.cpu >= 0);
  const chosen = by === 'auto' ? better(placed) : by;
  const title = chosen === 'cpu' ? cpu : task;
  const second = chosen === 'cpu' ? task : cpu;
  const titles = [...new Set(order(placed, chosen).map(title))];
  return {
    by: chosen,
    lanes: titles.map((t) => ({ title: t, first: second(placed.find((s) => title(s) === t)!) })),
    lane: steps.map((s) => (placed.includes(s) ? titles.indexOf(title(s)) : -1)),
    second: steps.map((s) => (placed.includes(s) ? second(s) : '')),
  };
}

/** CPU columns tell a race only if each task of the story stays on one CPU and has it for itself. */
function better(steps: readonly Step[]): 'cpu' | 'task' {
  const pairs = new Set(steps.map((s) => `${s.pid}@${s.cpu}`));
  const tasks = new Set(steps.map((s) => s.pid));
  const cpus = new Set(steps.map((s) => s.cpu));
  return pairs.size === tasks.size && pairs.size === cpus.size ? 'cpu' : 'task';
}

function order(steps: readonly Step[], by: 'cpu' | 'task'): Step[] {
  if (by === 'cpu') return [...steps].sort((a, b) => a.cpu - b.cpu);
  const installs = (s: Step) => steps.some((o) => o.pid === s.pid && o.role.startsWith('install'));
  return [...steps.filter(installs), ...steps.filter((s) => !installs(s))];
}
