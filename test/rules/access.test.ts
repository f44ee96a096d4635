import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { accessedPage } from '../../src/model/access.js';
import { expectClean, expectFindings, only, said } from '../scenarios/expect.js';
import { addr } from '../scenarios/objects.js';
import type { Stage } from '../scenarios/stage.js';
import { stage } from '../scenarios/stage.js';

const read = ({ vma }: Stage, page: number): string => `read ok va=0x${addr(vma.start + page).toString(16)}`;

/** Blocked [40, 180]; the task was last seen at `seen`, its marker comes at 100. */
function access(
  seen: number,
  text: (stage: Stage) => string,
  more: (stage: Stage) => void = () => {},
): Stage {
  const staged = stage();
  const { dev, vma, user, admin } = staged;
  admin.memoryOff(40, dev, [vma]); // zap [42, 46]
  user.refused(seen, vma, 3);
  more(staged);
  user.mark(100, text(staged));
  admin.memoryOn(180, dev);
  return staged;
}

describe('access-after-zap rests on explicit evidence (V5)', () => {
  it('a read that is fine, begun and ended while blocked, with no insert since', () => {
    const staged = access(60, (x) => read(x, 0));
    const result = staged.s.judge();
    expectFindings(result, 'access-after-zap confirmed');
    assert.equal(only(result, 'access-after-zap').page, staged.vma.start);
  });

  it('the task was last seen before the zap: the access may have been before it, too', () => {
    const { s, dev, vma, user, admin } = stage();
    admin.memoryOff(40, dev, [vma]);
    user.mark(100, `read ok va=0x${addr(vma.start).toString(16)}`);
    s.cpu(2).task(101).refused(60, vma, 0);
    admin.memoryOn(180, dev);
    assert.deepEqual(said(s.judge()), []);
  });

  it('after the unblock it is fine', () => {
    const staged = stage();
    const { s, dev, vma, user, admin } = staged;
    admin.memoryOff(40, dev, [vma]);
    user.refused(60, vma, 0);
    admin.memoryOn(80, dev);
    user.faultIn(90, vma, 0).mark(100, read(staged, 0));
    expectClean(s.judge());
  });

  it('an access that was refused is no evidence', () => {
    const { s } = access(60, (x) => read(x, 0).replace('ok', 'SIGBUS'));
    assert.deepEqual(said(s.judge()), []);
  });

  it('another address is no evidence', () => {
    const { s } = access(60, () => 'read ok va=0x1000');
    assert.deepEqual(said(s.judge()), []);
  });

  it('an insert that explains it is the finding; the access settles nothing new', () => {
    const { s } = access(
      60,
      (x) => read(x, 0),
      ({ user, vma }) => user.faultIn(70, vma, 0),
    );
    const lines = said(s.judge());
    assert.ok(lines.includes('install-after-zap confirmed'), lines.join());
  });

  it('lost events: no evidence', () => {
    const { s } = access(
      60,
      (x) => read(x, 0),
      ({ s: scenario }) => scenario.lost(80, 0),
    );
    assert.deepEqual(
      said(s.judge()).filter((line) => line.endsWith('confirmed')),
      [],
    );
  });

  it('never from the absence of faults', () => {
    const { s } = access(60, () => 'step=touch result=none');
    assert.deepEqual(said(s.judge()), []);
  });

  it('markers that count', () => {
    assert.equal(accessedPage('read ok va=0x7f0000001fff'), 0x7f0000001);
    assert.equal(accessedPage('step=touch result=OK val=0x1 addr=0x7f0000001000'), 0x7f0000001);
    assert.ok(Number.isNaN(accessedPage('result=SIGBUS addr=0x7f0000001000')));
    assert.ok(Number.isNaN(accessedPage('read ok')));
    assert.ok(Number.isNaN(accessedPage('')));
  });
});
