import type { AnyRecord, FindingRecord, Origin } from './records.js';
import type { Output, Report } from './report.js';
import { printable } from './sanitize.js';
import { circumstances, failureText, level, mainEvidence, place } from './text.js';

/** Workflow commands of GitHub Actions: annotations on the run and, for files of the repository, on their lines. */
export function github(out: Output): Report {
  return {
    write: (record) => {
      for (const command of commands(record)) out.write(`${command}\n`);
    },
    end: () => {},
  };
}

function commands(record: AnyRecord): string[] {
  switch (record.type) {
    case 'finding':
      return [finding(record)];
    case 'summary':
      if (record.verdict !== 'inconclusive') return [];
      return [
        command(
          'warning',
          { input: record.input },
          'inconclusive',
          [`${record.input}:`, ...record.reasons].join('\n'),
        ),
      ];
    case 'total':
      return record.failed.map((f) =>
        command('error', { input: f.input }, 'unreadable trace', failureText(f)),
      );
    default:
      return [];
  }
}

function finding(f: FindingRecord): string {
  const main = mainEvidence(f);
  const title = f.confidence === 'possible' ? `${f.rule} (possible)` : f.rule;
  const steps = f.evidence.map(
    (e) => `${e.ts} CPU ${e.cpu} ${e.comm}-${e.pid} ${e.role}: ${e.text} (${place(e.origin)})`,
  );
  const text = [f.message, ...steps, ...circumstances(f)].join('\n');
  return command(level(f), main?.origin ?? null, title, text);
}

/** `::error file=race.txt,line=808,title=…::…` */
function command(
  kind: 'error' | 'warning' | 'note',
  origin: Origin | null,
  title: string,
  text: string,
): string {
  const properties = [
    ...(origin && origin.input !== '-' ? [`file=${property(origin.input)}`] : []),
    ...(origin?.line !== undefined && origin.input !== '-' ? [`line=${origin.line}`] : []),
    `title=${property(title)}`,
  ];
  return `::${kind === 'note' ? 'notice' : kind} ${properties.join(',')}::${data(text)}`;
}

/** A line break is the only control character that a message may carry, and only escaped. */
function data(text: string): string {
  return text
    .split('\n')
    .map((line) => printable(line).replaceAll('%', '%25'))
    .join('%0A');
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
