import type { Loss } from '../record.js';

/** A line that is no record but says something of the trace; null: it says nothing, or is not of this kind. */
export interface Mark {
  readonly loss?: Omit<Loss, 'origin'>;
  /** A new trace begins here. */
  readonly begins?: boolean;
  readonly release?: string;
  readonly warning?: readonly [code: string, message: string];
}

const NOTHING: Mark = {};

/**
 * Comment lines.
 *
 *     # tracer: nop
 *     # entries-in-buffer/entries-written: 1440/16228   #P:2
 *     # nop latency trace v1.1.5 on 6.12.95+deb12-amd64
 *     # latency: 0 us, #291/291, CPU#0 | (M:desktop VP:0, KP:0, SP:0 HP:0 #P:2)
 *     # os release : 6.12.95                                                  perf script --header
 *     # WARNING: FUNCTION TRACING IS CORRUPTED
 *     ##### CPU 3 buffer started ####
 */
export function commentMark(line: string): Mark {
  const started = /^##### CPU (\d+) buffer started ####/.exec(line);
  if (started !== null) return { loss: { cpu: Number(started[1]), count: -1, where: 'start' } };
  const entries =
    /^# entries-in-buffer\/entries-written: (\d+)\/(\d+)/.exec(line) ??
    /^# latency: .*, #(\d+)\/(\d+), CPU#/.exec(line);
  if (entries !== null) {
    const count = Number(entries[2]) - Number(entries[1]);
    return count > 0 ? { loss: { cpu: -1, count, where: 'start' } } : NOTHING;
  }
  if (/^# tracer: /.test(line) || /^# captured on/.test(line)) return { begins: true };
  const release = /^# \S+ latency trace v[\d.]+ on (\S+)/.exec(line) ?? /^# os release : (\S+)/.exec(line);
  if (release !== null) return { release: release[1] };
  const warning = /^# WARNING: (.*)/.exec(line);
  if (warning !== null) return { warning: ['trace-warning', `the trace itself warns: ${warning[1]}`] };
  return NOTHING;
}

/**
 * Lines at the left margin. null: not one of them.
 *
 *     CPU:4 [LOST 1234 EVENTS]           tracefs
 *     CPU:4 [LOST EVENTS]
 *     CPU:3 [204600 EVENTS DROPPED]      trace-cmd
 *     CPU:3 [EVENTS DROPPED]
 *     CPU:5 [SUBBUFFER START]            trace-cmd report --boundary
 *     cpus=4
 *     version = 6
 *     CPU 2 is empty
 */
export function marginMark(line: string): Mark | null {
  const lost = /^(?:.{0,40}: +)?\s*CPU:(\d+) \[(?:LOST (\d+ )?EVENTS|(\d+ )?EVENTS DROPPED)\]/.exec(line);
  if (lost !== null) {
    const count = lost[2] ?? lost[3];
    return { loss: { cpu: Number(lost[1]), count: count === undefined ? -1 : Number(count), where: 'gap' } };
  }
  if (/^cpus=\d+$/.test(line)) return { begins: true };
  if (
    /^(version = |CPU \d+ is empty|CPU:\d+ \[SUBBUFFER START\]| TIME EXTEND: |registering plugin: |trace-cmd: )/.test(
      line,
    )
  )
    return NOTHING;
  return null;
}

/** `PERF_RECORD_LOST lost 123`, `PERF_RECORD_LOST_SAMPLES lost 5`; the cpu is that of the line's head. */
export function perfLoss(text: string, cpu: number): Omit<Loss, 'origin'> | null {
  // Bounded: a line may be a megabyte long.
  const lost = /^PERF_RECORD_LOST\S{0,20}.{0,40}?lost[: ]{1,4}(\d+)/.exec(text);
  return lost === null ? null : { cpu, count: Number(lost[1]), where: 'gap' };
}

/** Why a line could not be read, when its form tells; for diagnostics. */
export function knownUnreadable(line: string): readonly [code: string, message: string] | null {
  if (line.startsWith('[UNKNOWN EVENT]')) {
    return [
      'unknown-event',
      'trace-cmd did not know the event (no format recorded for its id), so the line has no fields, task or time',
    ];
  }
  if (/^[0-9a-f]{8} [0-9a-f]{8} [0-9a-f]{16} /.test(line) || /^\d+ \d+ \d+ \S/.test(line)) {
    return [
      'raw-form',
      "written with tracefs' raw or hex option, which has no event names or fields; turn it off",
    ];
  }
  if (/^\s*\S.*\s\d+ +(\[\d{3,}\] +)?[\w-]+:[\w:-]+:( |$)/.test(line)) {
    return ['no-time', 'a perf script line without a time; print it with -F +time'];
  }
  if (/^(Unknown type \d+|\S+-\d+ .*: Unknown type \d+)/.test(line))
    return ['unknown-event', 'the kernel did not know the type of the record'];
  return null;
}
