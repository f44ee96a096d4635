import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ProbeCatalog } from '../../src/probes/catalog.js';
import type { MappingEvent, MappingSink } from '../../src/probes/event.js';
import { Interpreter } from '../../src/probes/interpreter.js';
import { BUILTIN_MAPS } from '../../src/probes/maps/index.js';
import { TraceRecord } from '../../src/trace/record.js';

/** Feeds entries and returns of vmf_insert_pfn by tid; gives what ended, as [tid, begin, end, returned]. */
function inserts() {
  const ends: [number, number, number, boolean][] = [];
  const losses: [number, number][] = [];
  const sink: MappingSink = {
    knows: () => false,
    strange: () => false,
    answers: () => false,
    begin: () => {},
    end: (e: MappingEvent) => ends.push([e.task.pid, e.begin, e.end, e.returned]),
    point: () => {},
    lost: (since, t) => losses.push([since, t]),
  };
  const interpreter = new Interpreter(new ProbeCatalog(BUILTIN_MAPS), sink);
  const declare = (name: string, isReturn: boolean, fields: string[]) =>
    interpreter.declare({ name, system: null, symbol: 'vmf_insert_pfn', isReturn, shape: 'probe', fields })!;
  const kinds = {
    entry: declare('vmf_insert_pfn', false, ['vma', 'addr']),
    back: declare('vmf_insert_pfn_ret', true, ['ret']),
  };
  const at = (t: number, pid: number, kind: keyof typeof kinds): void => {
    const record = new TraceRecord();
    record.interest = kinds[kind];
    record.t = t;
    record.pid = pid;
    record.args.fill(1);
    interpreter.record(record);
  };
  return { interpreter, at, ends, losses };
}

describe('tasks', () => {
  it('of the same low bits of their tids are told apart', () => {
    const { at, ends } = inserts();
    at(1, 7, 'entry');
    at(2, 7 + 64, 'entry');
    at(3, 7, 'back');
    at(4, 7 + 64, 'back');
    assert.deepEqual(ends, [
      [7, 1, 3, true],
      [71, 2, 4, true],
    ]);
  });

  it("that have ended are over: a return under their tid is another thread's", () => {
    const { interpreter, at, ends } = inserts();
    at(1, 7, 'entry');
    interpreter.ended(7, 5);
    interpreter.ended(8, 6);
    at(9, 7, 'back');
    assert.deepEqual(ends, [[7, 1, 5, false]]);
    assert.equal(interpreter.unmatchedReturns, 1);
    assert.equal(interpreter.missedEntries, 0, 'it began in the middle of a call: that is normal');
  });
});

describe('a gap in the records of a CPU', () => {
  const gap = { cpu: 0, count: 3, where: 'gap', origin: 0 } as const;

  it('reaches back to its latest record, or to what else showed that it went on', () => {
    const { interpreter, at, losses } = inserts();
    at(1, 7, 'entry');
    at(2, 7, 'back');
    interpreter.lost(gap);
    interpreter.alive(0, 5);
    interpreter.lost(gap);
    assert.deepEqual(losses, [
      [2, 2],
      [5, 5],
    ]);
  });

  it('is not made longer by an earlier sign, nor begun by one of a CPU that was not seen', () => {
    const { interpreter, at, losses } = inserts();
    at(4, 7, 'entry');
    interpreter.alive(0, 3);
    interpreter.alive(1, 3);
    interpreter.lost(gap);
    interpreter.lost({ ...gap, cpu: 1 });
    assert.deepEqual(losses, [
      [4, 4],
      [Number.NEGATIVE_INFINITY, 4],
    ]);
  });
});
