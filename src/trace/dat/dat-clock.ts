import { shown } from '../binary/cursor.js';
import type { DiagnosticLog } from '../binary/diagnostics.js';
import type { Clock } from '../clock.js';
import type { DatLayout } from './layout.js';

/**
 * Clocks that count nanoseconds (`in_ns` in kernel/trace/trace.c). `counter`, `uptime` (jiffies), `x86-tsc`,
 * `ppc-tb` and other hardware clocks are raw counts.
 */
const NANOSECONDS = new Set(['local', 'global', 'perf', 'mono', 'mono_raw', 'boot', 'tai']);

/** trace-cmd's name for x86-tsc with a TSC2NSEC option. */
const SCALED_TSC = 'tsc2nsec';

/**
 * Fills the trace's clock. v7 says it per buffer; the TRACECLOCK option is the top buffer's, even when only instances
 * hold records. A file that does not say has no name, and ns as the kernel's default clock.
 */
export function setClock(clock: Clock, layout: DatLayout, log: DiagnosticLog): void {
  const { options, buffers } = layout;
  const used = buffers.filter((b) => b.cpus.length > 0);
  const name = used[0]?.clock ?? options.clock;
  clock.name = name === SCALED_TSC ? 'x86-tsc' : name;
  const counts = clock.name !== null && !NANOSECONDS.has(clock.name) && options.scale === null;
  clock.unit = counts ? 'count' : 'ns';
  clock.digits = counts ? 0 : 9;
  clock.rounding = 'exact';
  const other = used.find((b) => b.clock !== used[0].clock);
  if (other === undefined) return;
  const [one, two] = [used[0], other].map((b) => shown(b.clock ?? 'unknown'));
  const message = `buffers with the clocks ${one} and ${two}: their times cannot be compared`;
  log.add('mixed-clocks', 'warning', message, -1);
}
