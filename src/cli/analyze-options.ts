import { readFileSync } from 'node:fs';
import type { AnalyzeOptions } from '../analyze.js';
import type { ProbeMap } from '../probes/map.js';
import { ProbeMapError, parseProbeMap } from '../probes/validate.js';
import { systemMessage, UsageError } from './errors.js';
import type { SharedOptions } from './options.js';

/** What the command line says, as the engine takes it. Reads the probe maps; throws UsageError for a bad one. */
export function analyzeOptions(options: SharedOptions, records: AnalyzeOptions['records']): AnalyzeOptions {
  const { inputFormat, clock, skew, rule, minConfidence, device, vma, pid, comm, since, until, follow } =
    options;
  checkSpan(since, until);
  return {
    inputFormat,
    probeMaps: options.probeMap?.map(readProbeMap),
    clock,
    skew,
    rules: rule && [...new Set(rule)],
    minConfidence,
    device,
    vma,
    pid,
    comm,
    since,
    until,
    follow,
    records,
  };
}

function checkSpan(since: string | undefined, until: string | undefined): void {
  if (since === undefined || until === undefined) return;
  if (since.startsWith('+') !== until.startsWith('+')) return;
  if (Number(until) <= Number(since)) throw new UsageError(`--until ${until} is not after --since ${since}`);
}

/** A probe map named on the command line, checked; throws UsageError with every place that is wrong. */
export function readProbeMap(path: string): ProbeMap {
  try {
    return parseProbeMap(readJson(path));
  } catch (error) {
    if (error instanceof ProbeMapError)
      throw new UsageError(`'${path}' is not a probe map:\n  ${error.message}`);
    throw error;
  }
}

/** A JSON file named on the command line. */
export function readJson(path: string): unknown {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new UsageError(`cannot read '${path}': ${systemMessage(error)}`);
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UsageError(`'${path}' is not JSON: ${(error as Error).message}`);
  }
}
