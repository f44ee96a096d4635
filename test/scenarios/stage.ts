import type { Actor } from './actor.js';
import type { Probes, Scenario } from './dsl.js';
import { scenario } from './dsl.js';
import type { Dev, Kernel, Mm, VmaObject } from './objects.js';

/** A device with one VMA that has been mapped and whose first page is populated; `user` on CPU 0, `admin` on CPU 1. */
export interface Stage {
  s: Scenario;
  dev: Dev;
  vma: VmaObject;
  user: Actor;
  admin: Actor;
}

export interface Bare extends Stage {
  mm: Mm;
  other: VmaObject;
}

export function stage(kernel: Kernel = '6.12', probes: Probes = {}): Stage {
  const staged = bare(kernel, probes);
  staged.user.map(10, staged.vma).faultIn(20, staged.vma, 0);
  return staged;
}

/** The same with nothing mapped yet, and another VMA of the process; `at` is where both are in the file. */
export function bare(kernel: Kernel = '6.12', probes: Probes = {}, at: Partial<VmaObject> = {}): Bare {
  const s = scenario(kernel, probes);
  const dev = s.device();
  const mm = s.process(100);
  const [vma, other] = [s.vma(dev, mm, at), s.vma(dev, mm, at)];
  s.munmapElsewhere(1);
  return { s, dev, mm, vma, other, user: s.cpu(0).task(100), admin: s.cpu(1).task(200) };
}
