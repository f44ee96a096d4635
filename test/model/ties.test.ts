import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Device } from '../../src/model/device.js';
import type { Mark } from '../../src/model/mark.js';
import { Order } from '../../src/model/order.js';
import { PageRun } from '../../src/model/run.js';
import { judgeAtUnblock, judgeAtWalk } from '../../src/model/ties.js';
import type { Visit } from '../../src/model/visit.js';
import type { World } from '../../src/model/world.js';
import { Zap } from '../../src/model/zap.js';
import type { SymbolState } from '../../src/probes/binding.js';
import type { Role } from '../../src/probes/roles.js';

/** What is known of a function with this role. */
const recordedBy = (role: Role): SymbolState => ({ probe: { role } }) as SymbolState;

/** An insert on CPU 0 that ends at 50, a walk on CPU 1 that begins then, and an unblock on CPU 1 at 60. */
function scene() {
  const device = new Device(1);
  device.setCause({
    name: 'memory-disabled',
    holds: 'until-unblock',
    since: 40,
    inForce: true,
    stale: false,
    contested: false,
    before: null,
  });
  const zap = new Zap(1, device, 0, 45, 1, 1, recordedBy('zap'));
  Object.assign(zap, { end: 55, endCpu: 1, endSeq: 8, holds: 'until-unblock' });
  zap.unblocked = 60;
  zap.unblockMark = { t: 60, cpu: 1, seq: 10, pid: 2 } as Mark;
  const run = new PageRun();
  run.symbol = recordedBy('install');
  Object.assign(run, { page: 7, begin: 48, beginCpu: 0, beginSeq: 3, end: 50, endCpu: 0, endSeq: 4 });
  const visit = { zap, begin: 50, cpu: 1, beginSeq: 5 } as Visit;
  return { device, zap, run, visit };
}
type Scene = ReturnType<typeof scene>;

/** Whether the clock leaves open what came first. */
function untold(change: (scene: Scene) => void, judge: (scene: Scene, world: World) => void): boolean {
  const made = scene();
  change(made);
  let count = 0;
  const world = { order: new Order(0, 1000), observer: { untold: () => count++ } } as unknown as World;
  judge(made, world);
  assert.ok(count <= 1);
  return count === 1;
}

describe('an insert that ends at the time at which a walk begins', () => {
  const judge = ({ run, visit }: Scene, world: World) => judgeAtWalk(run, visit, world);
  const cases: [string, boolean, (scene: Scene) => void][] = [
    ['on two CPUs', true, () => {}],
    ['on one CPU: its records are in order', false, ({ visit }) => (visit.cpu = 0)],
    ['a walk that begins later', false, ({ visit }) => (visit.begin = 51)],
    [
      'only the handler is recorded: it waits for the lock',
      false,
      ({ run }) => {
        run.symbol = recordedBy('fault');
      },
    ],
    ['fork', false, ({ run }) => (run.how = 'fork')],
    ['mremap', false, ({ run }) => (run.how = 'mremap')],
    ['in .mmap', true, ({ run }) => (run.how = 'mmap')],
    [
      'the device is not blocked: behind the walk it is allowed',
      false,
      ({ device }) => device.removeCauses(),
    ],
    ['a zap that holds for its call only', false, ({ zap }) => (zap.holds = 'call')],
  ];
  for (const [what, open, change] of cases)
    it(`${what}: ${open ? 'not told' : 'told'}`, () => assert.equal(untold(change, judge), open));
});

describe('an insert and the unblock', () => {
  const judge = ({ run, zap }: Scene, world: World) => judgeAtUnblock(run, zap, world);
  const at =
    (begin: number, cpu = 0, seq = 9) =>
    ({ run }: Scene): void => {
      Object.assign(run, {
        begin,
        beginCpu: cpu,
        beginSeq: seq,
        end: begin + 2,
        endCpu: cpu,
        endSeq: seq + 5,
      });
    };
  const both =
    (...changes: ((scene: Scene) => void)[]) =>
    (made: Scene): void =>
      changes.forEach((change) => void change(made));
  const cases: [string, boolean, (scene: Scene) => void][] = [
    ['it begins at the same time', true, at(60)],
    ['it begins before, by less than the clock may be wrong', true, at(59)],
    ['it begins later', false, at(61, 0, 12)],
    ['it begins at the same time behind it on its CPU', false, at(60, 1, 11)],
    ['it was cleared by the walk', false, both(at(60), ({ run }) => (run.gone = true))],
    ['mremap', false, both(at(60), ({ run }) => (run.how = 'mremap'))],
    [
      'the zap holds for its call only, whose lock is free before it returns',
      false,
      both(at(60), ({ zap }) => (zap.holds = 'call')),
    ],
    ['nothing tells when it was', false, both(at(60), ({ zap }) => (zap.unblockMark = null))],
  ];
  for (const [what, open, change] of cases)
    it(`${what}: ${open ? 'not told' : 'told'}`, () => assert.equal(untold(change, judge), open));
});
