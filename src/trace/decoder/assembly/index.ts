export { fetch, newPlan } from './fields';
export { classify, describe, setFunction, setKind } from './kinds';
export { reserve, setBig, used } from './memory';
export { expect, join, leave, merge, rowCount, running } from './merge';
export { setPlan } from './plans';
export { takeUnknown } from './rows';
export { findHeads, heads, rows } from './row';
export {
  fill,
  filled,
  ignored,
  newest,
  passTime,
  setColumns,
  setId,
  setIdAt,
  setLayout,
  setTimeBase,
  startsRun,
  take,
  taken,
} from './samples';
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
export { newForm, readBody } from './text/body';
export { forgetComms } from './text/comms';
export { setHead, setZero } from './text/head';
export { linesMade, linesPassed, readLines, rowsFull, setGlue, timeCount, times } from './text/lines';
export { addWord, bytesOf, newWord, setWord } from './text/words';
