import type { Device } from '../model/device.js';
import type { Doubt, Fact } from '../model/facts.js';
import type { Mark } from '../model/mark.js';
import type { PageRun } from '../model/run.js';
import type { Vma } from '../model/vma.js';
import type { Zap } from '../model/zap.js';

export type Severity = 'error' | 'warning' | 'note';
export type Confidence = 'confirmed' | 'possible';

/** What a trace must hold for a rule to be decided (see coverage.ts). */
export type Need =
  | 'zap'
  | 'install'
  | 'driver'
  | 'populate'
  | 'visit'
  | 'walked'
  | 'copies'
  | 'created'
  | 'block'
  | 'access'
  | 'device-join';

/** A rule's reading of a fact. */
export interface Claim {
  vma: Vma;
  zap: Zap | null;
  run: PageRun | null;
  mark: Mark | null;
  /** Pages it adds to the finding. */
  page: number;
  pages: number;
  doubt: Doubt[];
  /** When the stray PTEs became reachable after the zap, ns; NaN for rules without exposure. */
  exposedFrom: number;
  /** Moment of proof. */
  t: number;
  /** ns between population and rmap insertion, for latent findings. */
  window?: number;
}

export interface Rule {
  readonly id: string;
  readonly title: string;
  /** What a finding of this rule proves, and on which argument it rests. */
  readonly proves: string;
  /** What would have been right instead. */
  readonly remedy: string;
  readonly severity: Severity;
  readonly needs: readonly Need[];
  /** Checked only if the trace has evidence for it, and never the reason for an inconclusive verdict unless asked for. */
  readonly optional?: boolean;
  judge(fact: Fact): Claim | null;
  /** One sentence on what happened. */
  message(story: Story): string;
}

/** What a message is made of, in words. */
export interface Story {
  pages: string;
  address: string;
  install: string;
  zap: string;
  device: Device | null;
  exposure: string;
  window: string;
  confirmed: boolean;
}
