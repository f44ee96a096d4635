import { PROBE, probe, RETURN, returned, TRACEPOINT, tracepoint } from './dat-sample.js';
import type { Machine } from './dat-writer.js';
import {
  type AttrSpec,
  comm,
  finishedRound,
  fork,
  lost,
  lostSamples,
  type PerfFile,
  sample,
  throttle,
  USUAL,
} from './perf-writer.js';

export const ATTRS: AttrSpec[] = [
  { type: 2, config: PROBE, sampleType: USUAL, ids: [1, 2] },
  { type: 2, config: RETURN, sampleType: USUAL, ids: [3, 4] },
  { type: 2, config: TRACEPOINT, sampleType: USUAL, ids: [5, 6] },
];

/** Two CPUs whose buffers are written one after the other, so that times go back and forth. */
export function twoRounds(machine: Machine): PerfFile {
  const m = machine;
  const s = (time: number, cpu: number, tid: number, raw: Buffer, id = 1) =>
    sample(m, { id, pid: tid, tid, time: BigInt(time), cpu, raw });
  const records = [
    comm(m, 42, 'CPU 0/KVM', 0n),
    s(1000, 0, 42, probe(m, 42, 0x7f0000001234n, 9)),
    s(3000, 0, 42, returned(m, 42, -22n), 3),
    s(2000, 1, 7, tracepoint(m, 7), 5),
    lost(m, 17, 2500n, 1),
    finishedRound(m),
    fork(m, 43, 42, 3500n),
    s(5000, 0, 43, probe(m, 43, 0n, 0)),
    comm(m, 43, 'child', 4500n),
    s(4000, 1, 43, probe(m, 43, 0n, 0), 2),
    s(4000, 0, 0, probe(m, 0, 0n, 0), 1),
    throttle(m, 1, 6000n, 0),
    finishedRound(m),
    s(7000, 0, 42, probe(m, 42, 0n, 0)),
    lostSamples(m, 3, 0n, 1),
    lostSamples(m, 9, 0n, 1, 1 << 15),
  ];
  return { machine, attrs: ATTRS, records };
}
