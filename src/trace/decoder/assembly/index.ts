export { fetch, newPlan } from './fields';
export { classify, describe, setFunction, setKind } from './kinds';
export { reserve, setBig } from './memory';
export { expect, join, leave, merge, rowCount, running } from './merge';
export { setPlan } from './plans';
export { completeRows, findHeads, heads, rows } from './rows';
export {
  badAt,
  badValue,
  countOf,
  enter,
  isRead,
  newStream,
  rebase,
  scan,
  setBase,
  setPending,
  setTime,
  takeIgnored,
  timeOf,
  timesOf,
} from './stream';
