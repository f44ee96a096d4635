import type { ArgName } from './map.js';
import type { Role } from './roles.js';

/** Arguments without which an event of a function with the role tells the model nothing, or too little. */
export const NEEDED_ARGS: Partial<Record<Role, readonly ArgName[]>> = {
  mmap: ['vma'],
  install: ['vma', 'address'],
  decision: ['vma', 'address'],
  fault: ['vma', 'address'],
  zap: ['mapping'],
  'zap-list': ['device'],
  visit: ['vma', 'address', 'size'],
  link: ['vma'],
  unlink: ['vma'],
  fork: ['vma', 'other'],
  mremap: ['vma', 'other'],
  exit: ['mm'],
};

/** Roles of functions whose return value decides what happened. */
export const NEEDED_RESULT: readonly Role[] = ['install', 'decision', 'fault', 'query'];
