import type { EventRecord } from './records.js';
import type { Output, Report, ReportContext } from './report.js';
import { printable } from './sanitize.js';
import { count, thousands } from './text.js';

/**
 * Events one a line, as they come, in columns of fixed width: a trace may hold millions of them.
 *
 *     90.621049 001 zrlab-506        install      vma2   0x7f32675c6000+8 remap_pfn_range = 0
 */
export function eventsTable(out: Output, { limit, style, unicode }: ReportContext): Report {
  let shown = 0;
  let hidden = 0;
  const dots = unicode ? '…' : '...';
  return {
    write: (record) => {
      if (record.type !== 'event') return;
      if (limit > 0 && shown === limit) {
        hidden++;
        return;
      }
      shown++;
      out.write(`${line(record)}\n`);
    },
    end: () => {
      if (hidden === 0) return;
      const all = thousands(shown + hidden);
      out.write(
        `${style.unsure(`${dots} ${count(hidden, 'more event')} left out (--limit 0 shows all ${all})`)}\n`,
      );
    },
  };
}

function line(e: EventRecord): string {
  const where = e.address === null ? '' : e.pages === null ? e.address : `${e.address}+${e.pages}`;
  const order = e.order === null || e.order === 0 ? '' : ` order ${e.order}`;
  const result = e.result === null ? '' : ` = ${e.result}`;
  const fields = e.fields === undefined ? '' : ` ${fieldText(e.fields)}`;
  return printable(
    [
      e.ts,
      String(e.cpu).padStart(3, '0'),
      `${e.comm}-${e.pid}`.padEnd(16),
      e.kind.padEnd(12),
      (e.vma ?? '-').padEnd(6),
      `${where === '' ? '' : `${where} `}${e.symbol ?? e.name}${order}${result}${fields}`,
    ].join(' '),
  );
}

function fieldText(fields: Record<string, unknown>): string {
  return Object.entries(fields)
    .map(([name, value]) => `${name}=${typeof value === 'object' ? JSON.stringify(value) : value}`)
    .join(' ');
}
