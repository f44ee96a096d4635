import {
  describeAt,
  describeMark,
  describeSpan,
  describeVma,
  describeZap,
  markText,
} from './client/describe.js';
import { bindKeys } from './client/keys.js';
import { layoutLanes, rangeText } from './client/lanes.js';
import { paintOverview } from './client/overview.js';
import { paintGutter, paintLane, paintLink, paintScene, paintThumb } from './client/paint.js';
import { badge, evidenceLane, paintEvidence } from './client/paint-evidence.js';
import {
  cross,
  dense,
  paintDevice,
  paintMark,
  paintMarks,
  paintSpans,
  triangle,
} from './client/paint-lanes.js';
import { evidenceItem, listFindings, make, nothingFound, shapesOf, showFinding } from './client/panel.js';
import { bindPointer } from './client/pointer.js';
import { decodeScene, lowerBound, marksByLane, sums } from './client/scene.js';
import { searchLanes } from './client/search.js';
import { startPage } from './client/start.js';
import { markLook, stateLook, themeOf } from './client/theme.js';
import { absoluteText, lengthText, secondsText, tickList } from './client/times.js';
import { laneAt, lookAt, spanOfFinding, xOf } from './client/view.js';

/**
 * Everything that runs in the page. Each function is written into it as it stands, so that the page needs no build of
 * its own, its code is checked and tested like the rest, and pictures drawn here are drawn by the same code.
 */
const PARTS = [
  absoluteText,
  badge,
  bindKeys,
  bindPointer,
  cross,
  decodeScene,
  dense,
  describeAt,
  describeMark,
  describeSpan,
  describeVma,
  describeZap,
  evidenceItem,
  evidenceLane,
  laneAt,
  layoutLanes,
  lengthText,
  listFindings,
  lookAt,
  lowerBound,
  make,
  markLook,
  marksByLane,
  markText,
  nothingFound,
  paintDevice,
  paintEvidence,
  paintGutter,
  paintLane,
  paintLink,
  paintMark,
  paintMarks,
  paintOverview,
  paintScene,
  paintSpans,
  paintThumb,
  rangeText,
  searchLanes,
  secondsText,
  shapesOf,
  showFinding,
  spanOfFinding,
  stateLook,
  sums,
  themeOf,
  tickList,
  triangle,
  xOf,
];

/** The page's script. Starts by itself. */
export function pageScript(): string {
  const parts = PARTS.map((part) => part.toString()).join('\n');
  return `"use strict";(() => {\n${parts}\n(${startPage.toString()})(window);\n})();`;
}
