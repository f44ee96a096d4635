import type { Actor } from './actor.js';
import type { Probes, Scenario } from './dsl.js';
import { scenario } from './dsl.js';
import type { Dev, Kernel, VmaObject } from './objects.js';

/** A device with one VMA that has been mapped and whose first page is populated; `user` on CPU 0, `admin` on CPU 1. */
export interface Stage {
  s: Scenario;
  dev: Dev;
  vma: VmaObject;
  user: Actor;
  admin: Actor;
}

export function stage(kernel: Kernel = '6.12', probes: Probes = {}): Stage {
  const s = scenario(kernel, probes);
  const dev = s.device();
  const vma = s.vma(dev, s.process(100));
  const user = s.cpu(0).task(100);
  s.munmapElsewhere(1);
  user.map(10, vma).faultIn(20, vma, 0);
  return { s, dev, vma, user, admin: s.cpu(1).task(200) };
}
