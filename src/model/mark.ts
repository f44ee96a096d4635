/** A moment kept as evidence: what happened, where in the trace. Made only for events that can prove something. */
export interface Mark {
  t: number;
  /** Return time of the action; equals `t` for a point. */
  end: number;
  /** Its return was recorded; else `end` only bounds it. */
  returned: boolean;
  seq: number;
  endSeq: number;
  cpu: number;
  endCpu: number;
  pid: number;
  comm: string;
  /** The event in kernel words. */
  text: string;
  origin: number;
  endOrigin: number;
}
