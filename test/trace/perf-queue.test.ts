import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Decoder } from '../../src/trace/decoder/decoder.js';
import { TimeQueue } from '../../src/trace/perfdata/queue.js';
import { PointerTable } from '../../src/trace/pointers.js';
import { seeded } from './random.js';

/** An entry: its time, and how many were added before it. */
type Entry = readonly [time: number, number: number];

function add(queue: TimeQueue, [time, number]: Entry): void {
  queue.reserve(1);
  if (!queue.runs || time < queue.times[queue.count - 1]) queue.startRun();
  const slot = queue.count++;
  queue.times[slot] = time;
  queue.origins[slot] = number;
  queue.at[slot] = number * 8;
  queue.kind[slot] = number & 0xffff;
}

function flush(queue: TimeQueue, limit: number): Entry[] {
  const out: Entry[] = [];
  queue.flush(limit, (from, to) => {
    for (let i = from; i < to; i++) {
      out.push([queue.times[i], queue.origins[i]]);
      assert.equal(queue.at[i], queue.origins[i] * 8);
      assert.equal(queue.kind[i], queue.origins[i] & 0xffff);
    }
  });
  return out;
}

test('the queue of perf.data: the order of a stable sort, whatever comes and whatever is flushed', () => {
  for (let seed = 1; seed <= 40; seed++) {
    const below = seeded(seed);
    const queue = new TimeQueue(new Decoder('test', true, new PointerTable()));
    let waiting: Entry[] = [];
    let number = 0;
    let mark = 0;
    for (let round = 0; round < 30; round++) {
      if (below(3) === 0) {
        queue.mark();
        mark = number;
      }
      // A few ascending runs, some of one time only, and now and then more than the queue has room for.
      for (let run = below(6); run > 0; run--) {
        let time = round * 50 + below(100);
        for (let i = below(below(10) === 0 ? 5000 : 40); i > 0; i--, number++) {
          add(queue, [time, number]);
          waiting.push([time, number]);
          time += below(3);
        }
      }
      const limit = below(20) === 0 ? Number.POSITIVE_INFINITY : round * 50 + below(120) - 20;
      const due = waiting.filter(([time]) => time <= limit).sort((a, b) => a[0] - b[0] || a[1] - b[1]);
      assert.deepEqual(flush(queue, limit), due, `seed ${seed}, round ${round}`);
      waiting = waiting.filter(([time]) => time > limit);
      assert.equal(
        queue.waitsFromBefore,
        waiting.some(([, n]) => n < mark),
        `seed ${seed}, round ${round}`,
      );
    }
    assert.deepEqual(flush(queue, Number.POSITIVE_INFINITY).length, waiting.length);
  }
});
