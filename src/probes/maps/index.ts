import type { ProbeMap } from '../map.js';
import { coreMm } from './core-mm.js';
import { drm } from './drm.js';
import { nvgraceGpu } from './nvgrace-gpu.js';
import { rdma } from './rdma.js';
import { vfioPci } from './vfio-pci.js';
import { zaprace } from './zaprace.js';

/** The maps every run starts with; `--probe-map` adds to them. */
export const BUILTIN_MAPS: readonly ProbeMap[] = [coreMm, vfioPci, nvgraceGpu, zaprace, rdma, drm];
