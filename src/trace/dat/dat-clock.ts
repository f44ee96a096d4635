import type { DiagnosticLog } from '../binary/diagnostics.js';
import type { Clock } from '../clock.js';
import type { DatLayout } from './layout.js';

/**
 * Clocks that count nanoseconds (`in_ns` in kernel/trace/trace.c, plus trace-cmd's scaled `tsc2nsec`). `counter`,
 * `uptime` (jiffies), `x86-tsc`, `ppc-tb` and other hardware clocks are raw counts.
 */
const NANOSECONDS = new Set(['local', 'global', 'perf', 'mono', 'mono_raw', 'boot', 'tai', 'tsc2nsec']);

/** Fills the trace's clock from the options; a file that does not say has the kernel's default, `local`. */
export function setClock(clock: Clock, layout: DatLayout, log: DiagnosticLog): void {
  const { options, buffers } = layout;
  clock.name = options.clock ?? buffers[0]?.clock ?? null;
  const counts = clock.name !== null && !NANOSECONDS.has(clock.name) && options.scale === null;
  clock.unit = counts ? 'count' : 'ns';
  clock.digits = counts ? 0 : 9;
  clock.rounding = 'exact';
  const [top, ...instances] = buffers;
  const other = instances.find((b) => b.clock !== top.clock && b.cpus.length > 0);
  if (other !== undefined)
    log.add(
      'mixed-clocks',
      'warning',
      `buffer "${other.name}" has the clock ${other.clock}, the top buffer ${top.clock}: times cannot be compared`,
      -1,
    );
}
