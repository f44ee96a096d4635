import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { defaultSkew, Order } from '../../src/model/order.js';
import type { Actor } from '../scenarios/actor.js';
import { NOPAGE } from '../scenarios/actor.js';
import { expectFindings, only, said } from '../scenarios/expect.js';
import type { Recording } from '../scenarios/recording.js';
import type { Stage } from '../scenarios/stage.js';
import { stage } from '../scenarios/stage.js';

/** The walk of the VMA ends at 60; `installer` inserts [60 + gap, 62 + gap]; blocked until 180. mono: 1 µs of skew. */
function insertAfterWalk(gap: number, installer: (stage: Stage) => Actor, how: Recording = {}) {
  const staged = stage();
  const { s, dev, vma, user, admin } = staged;
  admin.commandWrite(40, 60.03, dev, 0).zap(42, 60.02, dev).visit(45, 60, vma);
  user.refused(80, vma, 3);
  installer(staged).insert(60 + gap, 62 + gap, vma, 1);
  admin.memoryOn(180, dev);
  return s.judge(how);
}

const elsewhere = ({ s }: Stage): Actor => s.cpu(2).task(101);
const install = (lines: string[]): string[] => lines.filter((line) => line.startsWith('install-after-zap'));

describe('what "before" means (kernel facts §4)', () => {
  it('another CPU, within the skew: possible', () => {
    const result = insertAfterWalk(0.9, elsewhere);
    assert.deepEqual(install(said(result)), ['install-after-zap possible']);
  });

  it('another CPU, beyond the skew: certain', () => {
    expectFindings(insertAfterWalk(1.2, elsewhere), 'install-after-zap confirmed');
  });

  it('the skew is the clock`s: 10 µs for local and unknown clocks, none for counter', () => {
    assert.deepEqual(install(said(insertAfterWalk(9, elsewhere, { clock: 'local' }))), [
      'install-after-zap possible',
    ]);
    assert.deepEqual(install(said(insertAfterWalk(9, elsewhere, { clock: null }))), [
      'install-after-zap possible',
    ]);
    assert.deepEqual(install(said(insertAfterWalk(12, elsewhere, { clock: 'local' }))), [
      'install-after-zap confirmed',
    ]);
    assert.deepEqual(install(said(insertAfterWalk(0.1, elsewhere, { clock: 'counter' }))), [
      'install-after-zap confirmed',
    ]);
    assert.deepEqual([defaultSkew('global'), defaultSkew('mono'), defaultSkew('uptime')], [1, 1000, 10_000]);
  });

  it('--skew overrides it', () => {
    assert.deepEqual(install(said(insertAfterWalk(0.9, elsewhere, { skew: 100 }))), [
      'install-after-zap confirmed',
    ]);
    assert.deepEqual(install(said(insertAfterWalk(50, elsewhere, { skew: 60_000 }))), [
      'install-after-zap possible',
    ]);
  });

  it('µs text adds its rounding', () => {
    assert.deepEqual(install(said(insertAfterWalk(1.2, elsewhere, { digits: 6 }))), [
      'install-after-zap possible',
    ]);
    assert.deepEqual(install(said(insertAfterWalk(3.2, elsewhere, { digits: 6 }))), [
      'install-after-zap confirmed',
    ]);
  });

  it('the same CPU: the order of records is certain', () => {
    const result = insertAfterWalk(0.1, ({ s }) => s.cpu(1).task(101));
    assert.deepEqual(install(said(result)), ['install-after-zap confirmed']);
  });

  it('the same CPU and the same µs: still certain', () => {
    const result = insertAfterWalk(0.1, ({ s }) => s.cpu(1).task(101), { digits: 6 });
    assert.deepEqual(install(said(result)), ['install-after-zap confirmed']);
  });

  it('the same task on another CPU: program order is certain', () => {
    const result = insertAfterWalk(0.1, ({ admin }) => admin.on(3));
    assert.deepEqual(install(said(result)), ['install-after-zap confirmed']);
  });

  it('the same task on another CPU within the same µs', () => {
    const result = insertAfterWalk(0.1, ({ admin }) => admin.on(3), { digits: 6 });
    assert.deepEqual(install(said(result)), ['install-after-zap confirmed']);
  });

  it('an insert that migrates between entry and return is one insert', () => {
    const { s, dev, vma, user, admin } = stage();
    admin.memoryOff(40, dev, [vma]);
    user.refused(55, vma, 3);
    user.insert(70, 75, vma, 1, NOPAGE, 0, { endCpu: 3 });
    admin.memoryOn(180, dev);
    const result = s.judge();
    expectFindings(result, 'install-after-zap confirmed');
    const roles = only(result, 'install-after-zap').evidence.map((e) => `${e.role}@${e.cpu}`);
    assert.ok(roles.includes('install@0') && roles.includes('install-return@3'), roles.join());
  });

  it('an insert that ends before the walk begins is cleared, however close', () => {
    const { s, dev, vma, user, admin } = stage();
    user.insert(41, 44.99, vma, 1);
    admin.commandWrite(40, 64, dev, 0).zap(44.995, 62, dev).visit(45, 60, vma);
    user.refused(70, vma, 1);
    admin.memoryOn(180, dev);
    expectFindings(s.judge());
  });

  it('an insert that ends at the same µs as the zap begins: cleared, the lock was handed over within that µs', () => {
    const { s, dev, vma, user, admin } = stage();
    user.insert(41, 44.6, vma, 1);
    admin.commandWrite(40, 64, dev, 0).zap(44.8, 62, dev).visit(45.3, 60, vma);
    user.refused(70, vma, 3);
    admin.memoryOn(180, dev);
    expectFindings(s.judge({ digits: 6 }));
  });

  it('an overlap within the clock`s error is no certain overlap', () => {
    const { s, dev, vma, user, admin } = stage();
    user.insert(41, 45.5, vma, 1); // ends 0.5 µs after the zap began, by the other CPU's clock
    admin.commandWrite(40, 64, dev, 0).zap(45, 62, dev).visit(46, 60, vma);
    user.refused(70, vma, 1);
    admin.memoryOn(180, dev);
    const result = s.judge();
    assert.deepEqual(
      said(result).filter((line) => line.endsWith('confirmed')),
      [],
    );
  });

  it('an overlap by more than the clock`s error is certain, whatever the order of the writes was', () => {
    const { s, dev, vma, user, admin } = stage();
    user.insert(41, 48, vma, 1);
    admin.commandWrite(40, 64, dev, 0).zap(44, 62, dev).visit(50, 60, vma);
    user.refused(70, vma, 1);
    admin.memoryOn(180, dev);
    expectFindings(s.judge(), 'install-zap-overlap confirmed');
  });

  it('the handler may overlap the zap, its insert may not', () => {
    const { s, dev, vma, user, admin } = stage();
    user.handler(41, 100, vma, 1).insert(95, 98, vma, 1);
    admin.memoryOff(40, dev, [vma]).memoryOn(90, dev);
    expectFindings(s.judge());
  });

  it('an insert that ends after the unblock began may have been legitimate: possible', () => {
    const { s, dev, vma, user, admin } = stage();
    admin.memoryOff(40, dev, [vma]);
    user.refused(55, vma, 3).insert(85, 95, vma, 1);
    admin.memoryOn(90, dev);
    const result = s.judge();
    assert.deepEqual(said(result), ['install-after-zap possible']);
  });

  it('an insert that ends less than the skew before the unblock began: possible', () => {
    const { s, dev, vma, user, admin } = stage();
    admin.memoryOff(40, dev, [vma]);
    user.refused(55, vma, 3).insert(85, 89.5, vma, 1);
    admin.memoryOn(90, dev);
    assert.deepEqual(said(s.judge()), ['install-after-zap possible']);
  });

  it('records of one CPU keep their order in Order, whatever the times say', () => {
    const order = new Order(1000, 0);
    assert.equal(order.certainly(5, 0, 1, 5, 0, 2), true);
    assert.equal(order.certainly(5, 0, 2, 5, 0, 1), false);
    assert.equal(order.certainly(5, 0, 1, 1005, 1, 2), false);
    assert.equal(order.certainly(5, 0, 1, 1006, 1, 2), true);
    assert.equal(order.apparently(5, 0, 1, 5, 1, 2), false);
  });
});
