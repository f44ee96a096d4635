import type { ProbeMap } from '../map.js';
import { coreMm } from './core-mm.js';
import { nvgraceGpu } from './nvgrace-gpu.js';
import { vfioPci } from './vfio-pci.js';
import { zaprace } from './zaprace.js';

/** The maps every run starts with; `--probe-map` adds to them. */
export const BUILTIN_MAPS: readonly ProbeMap[] = [coreMm, vfioPci, nvgraceGpu, zaprace];
