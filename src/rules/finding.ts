import type { Doubt } from '../model/facts.js';
import type { Vma } from '../model/vma.js';
import type { Zap } from '../model/zap.js';
import type { Confidence, Rule, Severity } from './rule.js';

/** One record of the trace that helps to prove a finding. */
export interface EvidenceMark {
  role: string;
  t: number;
  cpu: number;
  pid: number;
  comm: string;
  text: string;
  origin: number;
  /** Order among equal times. */
  seq: number;
}

/** Pages [page, page + pages), as the finding names them. */
export interface Finding {
  rule: Rule;
  severity: Severity;
  confidence: Confidence;
  message: string;
  vma: Vma;
  zap: Zap | null;
  page: number;
  pages: number;
  t: number;
  /** Time of the last record that it rests on. */
  until: number;
  /** ns; NaN when open or not applicable. */
  exposed: number;
  endedBy: string | null;
  fingerprint: string;
  evidence: EvidenceMark[];
  /** Why it is only possible, and what would settle it. */
  missing: string[];
  doubts: Doubt[];
}
