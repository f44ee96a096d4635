import type { Epoch, FindingRecord, HeaderRecord, TotalRecord, VmaRecord, ZapRecord } from './records.js';
import type { Output, Report, ReportContext } from './report.js';
import { printable } from './sanitize.js';
import { count, duration, failureText, units, verdictStyle } from './text.js';
import { absolute } from './time.js';
import { inputCounts, totalLine } from './verdict.js';

/** One paragraph per VMA with its epochs, one line per zap; printed as they come. */
export function timelineText(out: Output, context: ReportContext): Report {
  const { style, limit, quiet } = context;
  const write = (text: string) =>
    out.write(`${context.unicode ? text : text.replaceAll('µ', 'u').replaceAll('…', '...')}\n`);
  const shown = { vma: 0, zap: 0, finding: 0 };
  let header: HeaderRecord | null = null;
  const over = (kind: keyof typeof shown) => {
    shown[kind]++;
    return limit > 0 && shown[kind] > limit;
  };
  const leftOut = () => {
    for (const [kind, noun] of [
      ['vma', 'VMA'],
      ['zap', 'zap'],
      ['finding', 'finding'],
    ] as const) {
      const hidden = limit > 0 ? shown[kind] - limit : 0;
      if (hidden > 0)
        write(
          style.unsure(`… ${count(hidden, `more ${noun}`)} left out (--limit 0 shows all ${shown[kind]})`),
        );
      shown[kind] = 0;
    }
  };
  return {
    write: (record) => {
      const base = header?.base ?? null;
      switch (record.type) {
        case 'header':
          header = record;
          write(
            style.bold(printable(`${record.input}: ${record.format}, clock ${record.clock ?? 'unknown'}`)),
          );
          break;
        case 'vma':
          if (!over('vma')) for (const line of vmaText(record, base, context)) write(line);
          break;
        case 'zap':
          if (!over('zap')) for (const line of zapText(record, base)) write(line);
          break;
        case 'finding':
          if (!over('finding')) write(findingText(record, context));
          break;
        case 'summary':
          leftOut();
          write('');
          write(
            `${verdictStyle(style, record.verdict)(record.verdict.toUpperCase())} ${printable(record.input)}: ${inputCounts(record)}`,
          );
          if (!quiet) for (const reason of record.reasons) write(`  - ${printable(reason)}`);
          break;
        case 'total':
          write(totalText(record, context));
          break;
      }
    },
    end: () => {},
  };
}

function vmaText(v: VmaRecord, base: string | null, { style, unicode }: ReportContext): string[] {
  const range =
    v.start === null || v.end === null ? '(range unknown)' : `${v.start.slice(2)}-${v.end.slice(2)}`;
  const at = (ns: number | null) => (ns === null ? '-' : absolute(base, ns));
  const orders = Object.entries(v.orders)
    .filter(([, n]) => n > 0)
    .map(([order, n]) => `${n} of order ${order}`);
  const stray = (epoch: Epoch, text: string) => (epoch.state === 'stray' ? style.bad(text) : text);
  const width = Math.max(0, ...v.epochs.map((epoch) => at(epoch.start_ns).length));
  return [
    '',
    style.bold(printable(`${v.id} ${range} ${v.comm}-${v.pid}${v.device ? ` ${v.device}` : ''}`)),
    printable(`  created ${at(v.created_ns)}, in the rmap ${at(v.linked_ns)}, removed ${at(v.removed_ns)}`),
    `  ${count(v.installs, 'install')}${orders.length > 0 ? ` (${orders.join(', ')})` : ''}, ${count(v.blocked_faults, 'blocked fault')}, ${count(v.zap_visits, 'zap visit')}`,
    ...v.epochs.map((epoch) => {
      const length = epoch.end_ns === null ? 'open' : units(duration(epoch.end_ns - epoch.start_ns), unicode);
      const pages = count(epoch.pages, 'page');
      return stray(
        epoch,
        `  ${at(epoch.start_ns).padStart(width)}  ${epoch.state.padEnd(10)}  ${length.padStart(8)}  ${pages}`,
      );
    }),
  ];
}

function zapText(z: ZapRecord, base: string | null): string[] {
  const at = (ns: number | null) => (ns === null ? 'open' : absolute(base, ns));
  const seen = z.vmas.length > 0 ? z.vmas.join(', ') : 'no VMA';
  return [
    '',
    printable(`${z.id} ${z.cause} ${at(z.start_ns)}-${at(z.end_ns)} CPU ${z.cpu} ${z.comm}-${z.pid}`),
    printable(
      `  visited ${seen}; cleared ${count(z.pages_cleared, 'page')}; unblocked ${at(z.unblocked_ns)}`,
    ),
  ];
}

function findingText(f: FindingRecord, { style }: ReportContext): string {
  const text = printable(`${f.id} ${f.rule} (${f.confidence}): ${f.message}`);
  const paint = f.severity !== 'error' || f.confidence === 'possible' ? style.unsure : style.bad;
  return `\n${paint(text)}`;
}

function totalText(total: TotalRecord, { style }: ReportContext): string {
  const failed = total.failed
    .map((f) => `${style.bad('UNREADABLE')} ${printable(failureText(f))}\n`)
    .join('');
  return `\n${failed}${total.traces === 1 ? '' : verdictStyle(style, total.verdict)(totalLine(total))}`;
}
