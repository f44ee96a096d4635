import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FindingRecord, VmaRecord } from '../../src/report/records.js';

export const CAPTURES = 'fixtures/captures';

/** A range that really held PTEs after a zap, by the page-table walk of the test program. Addresses in bytes. */
export interface TruthRow {
  pid: number;
  start: number;
  end: number;
  /** Pages present. */
  pages: number;
}

/** The stray ranges of a `.truth.txt`: `key=value` steps; see fixtures/captures/README.md. */
export function truthOf(path: string): TruthRow[] {
  const rows: TruthRow[] = [];
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    const step = Object.fromEntries([...line.matchAll(/(\w+)=(\S+)/g)].map((m) => [m[1], m[2]]));
    const range = { start: Number(step.start), end: Number(step.end), pid: Number(step.pid) };
    if (step.VERDICT?.startsWith('STRAY')) {
      rows.push({ ...range, pages: Number(step.present_before_touch ?? step.present ?? 0) });
    } else if (step.step === 'STRAY' && step.addr !== undefined) {
      const start = Number(step.addr);
      rows.push({ pid: range.pid, start, end: start + 4096, pages: 1 });
    } else if (step.step === 'STRAY' && step.start !== undefined) {
      rows.push({ ...range, pages: Number(step.present ?? 1) });
    } else if (step.step === 'ptes' && step.expect_present === '0' && Number(step.present) > 0) {
      rows.push({ ...range, pages: Number(step.present) });
    }
  }
  return rows;
}

export interface Capture {
  /** `6.12-vfio-basic/tc331.dat`. */
  name: string;
  path: string;
  truth: TruthRow[];
}

const NO_TRACE = /\.(?:cmd|log|md|json)$|truth\.txt$|stats\.txt$/;

/** Every trace file of the shipped captures, with the truth of its run. */
export function captures(): Capture[] {
  return readdirSync(CAPTURES, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name: scenario }) =>
      readdirSync(join(CAPTURES, scenario))
        .filter((file) => !NO_TRACE.test(file))
        .map((file) => {
          const tag = file.split('.')[0];
          const truth = join(CAPTURES, scenario, `${tag}.truth.txt`);
          return {
            name: `${scenario}/${file}`,
            path: join(CAPTURES, scenario, file),
            truth: existsSync(truth) ? truthOf(truth) : [],
          };
        }),
    )
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Rules that claim a stray PTE. */
export const STRAY_RULES = new Set([
  'install-after-zap',
  'zap-missed-unlinked-vma',
  'zap-skipped-vma',
  'partial-zap',
  'access-after-zap',
]);

/** Whether the finding's VMA touches the range. */
export function touches(
  finding: FindingRecord,
  vmas: ReadonlyMap<string, VmaRecord>,
  row: TruthRow,
): boolean {
  const vma = vmas.get(finding.vma ?? '');
  const start = Number(vma?.start ?? finding.address);
  const end = vma?.end == null ? start + 4096 * finding.pages : Number(vma.end);
  return start < row.end && end > row.start;
}

/** An mmap that failed after all: the PTEs were there for a moment, too short for the page walk to see. */
export const refusedMmap = (finding: FindingRecord): boolean =>
  finding.ended_by === 'unmap' && (finding.exposed_ns ?? Number.POSITIVE_INFINITY) < 5e6;
