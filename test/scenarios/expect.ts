import assert from 'node:assert/strict';
import type { Finding } from '../../src/rules/finding.js';
import type { Result } from './recording.js';

/** `install-after-zap confirmed`, one line per finding above note. */
export const said = (result: Result): string[] =>
  result.findings
    .filter((finding) => finding.severity !== 'note')
    .map((finding) => `${finding.rule.id} ${finding.confidence}`)
    .sort();

/** What is beyond doubt: the messages. */
export const proven = (result: Result): string[] =>
  result.findings
    .filter((finding) => finding.severity !== 'note' && finding.confidence === 'confirmed')
    .map((finding) => `${finding.message} [${finding.doubts.join(' ')}]`);

const story = (result: Result): string =>
  [
    ...result.reasons,
    ...result.findings.map((f) => `${f.confidence}: ${f.message} [${f.doubts.join(' ')}]`),
  ].join('\n');

/** Exactly these findings above note, in any order. */
export function expectFindings(result: Result, ...wanted: string[]): void {
  assert.deepEqual(said(result), wanted.sort(), story(result));
}

export function expectVerdict(result: Result, verdict: Result['verdict']): void {
  assert.equal(result.verdict, verdict, story(result));
}

/** No finding above note, and a verdict of `clean`. */
export function expectClean(result: Result): void {
  expectFindings(result);
  expectVerdict(result, 'clean');
}

/** The one finding of a rule. */
export function only(result: Result, rule: string): Finding {
  const found = result.findings.filter((finding) => finding.rule.id === rule);
  assert.equal(found.length, 1, story(result));
  return found[0];
}
