import { accessAfterZap } from './access-after-zap.js';
import { installAfterZap } from './install-after-zap.js';
import { installZapOverlap } from './install-zap-overlap.js';
import { partialZap } from './partial-zap.js';
import { populateBeforeRmap } from './populate-before-rmap.js';
import type { Rule } from './rule.js';
import { zapMissedUnlinkedVma } from './zap-missed-unlinked-vma.js';
import { zapSkippedVma } from './zap-skipped-vma.js';

/** All rules, in the order in which tables list them. */
export const RULES: readonly Rule[] = [
  installAfterZap,
  zapMissedUnlinkedVma,
  zapSkippedVma,
  partialZap,
  accessAfterZap,
  installZapOverlap,
  populateBeforeRmap,
];
