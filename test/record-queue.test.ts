import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RecordQueue } from '../src/record-queue.js';

test('what is pushed comes out in order, and the end ends it', async () => {
  const queue = new RecordQueue<number>();
  queue.push(1);
  setTimeout(() => {
    queue.push(2);
    queue.end();
  }, 1);
  const seen: number[] = [];
  for await (const batch of queue) seen.push(...batch);
  assert.deepEqual(seen, [1, 2]);
});

test('a failure comes after what was pushed before it', async () => {
  const queue = new RecordQueue<number>();
  queue.push(1);
  queue.fail(new Error('torn'));
  const seen: number[] = [];
  await assert.rejects(async () => {
    for await (const batch of queue) seen.push(...batch);
  }, /torn/);
  assert.deepEqual(seen, [1]);
});

test('a reader that is ahead waits until the consumer has caught up', async () => {
  const queue = new RecordQueue<number>();
  assert.equal(queue.pause(), null);
  for (let i = 0; i < RecordQueue.HIGH; i++) queue.push(i);
  const wait = queue.pause();
  assert.ok(wait);
  let count = 0;
  const consumer = (async () => {
    for await (const batch of queue) count += batch.length;
  })();
  await wait;
  assert.equal(count, RecordQueue.HIGH);
  queue.end();
  await consumer;
});

test('what the consumer works on counts as waiting', async () => {
  const queue = new RecordQueue<number>();
  for (let i = 0; i < RecordQueue.HIGH; i++) queue.push(i);
  const batches = queue[Symbol.asyncIterator]();
  assert.equal((await batches.next()).value.length, RecordQueue.HIGH);
  const wait = queue.pause();
  assert.ok(wait);
  void batches.next();
  await wait;
  assert.equal(queue.pause(), null);
});

test('a consumer that leaves wakes the reader and aborts it', async () => {
  const queue = new RecordQueue<number>();
  const signal = queue.signal(undefined);
  for (let i = 0; i < RecordQueue.HIGH; i++) queue.push(i);
  const wait = queue.pause();
  queue.abandon();
  await wait;
  assert.ok(signal.aborted);
  assert.equal(queue.pause(), null);
});
