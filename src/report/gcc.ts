import type { AnyRecord, FindingRecord, Origin } from './records.js';
import type { Output, Report } from './report.js';
import { printable } from './sanitize.js';
import { circumstances, failureText, level, mainEvidence } from './text.js';

/**
 * Lines as compilers print them, which every editor and CI log viewer can jump from:
 *
 *     race.txt:808: error: vma2 got 8 pages before it entered the rmap … [zap-missed-unlinked-vma]
 *     race.txt:849: note: zap-begin: unmap_mapping_range(start=0x0, len=0x0) CPU 0 zrlab-504
 */
export function gcc(out: Output): Report {
  return {
    write: (record) => {
      for (const line of lines(record)) out.write(`${printable(line)}\n`);
    },
    end: () => {},
  };
}

function lines(record: AnyRecord): string[] {
  switch (record.type) {
    case 'finding':
      return finding(record);
    case 'diagnostic': {
      const at = record.origin ? where(record.origin) : 'zaptrace';
      return [`${at}: ${record.severity}: ${record.message} [${record.code}]`];
    }
    case 'summary':
      if (record.verdict !== 'inconclusive') return [];
      return record.reasons.map((reason) => `${record.input}: warning: inconclusive: ${reason}`);
    case 'total':
      return record.failed.map((f) => {
        const text = failureText(f);
        return `${f.input}: error:${text.slice(f.input.length + 1)} [unreadable]`;
      });
    default:
      return [];
  }
}

function finding(f: FindingRecord): string[] {
  const main = mainEvidence(f);
  const at = main ? where(main.origin) : 'zaptrace';
  const confidence = f.confidence === 'possible' ? 'possible: ' : '';
  return [
    `${at}: ${level(f)}: ${confidence}${f.message} [${f.rule}]`,
    ...f.evidence.map(
      (e) => `${where(e.origin)}: note: ${e.role}: ${e.text} CPU ${e.cpu} ${e.comm}-${e.pid}`,
    ),
    ...circumstances(f).map((text) => `${at}: note: ${text}`),
  ];
}

/** Binary traces have no lines: the byte offset follows the name, where a line number could be mistaken. */
function where({ input, line, offset }: Origin): string {
  if (line !== undefined) return `${input}:${line}`;
  return offset === undefined ? input : `${input}(0x${offset.toString(16)})`;
}
