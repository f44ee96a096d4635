import type { ReportFactory } from './report.js';

/** An output format: its name, what it is for, which commands have it, and its module, loaded when it is asked for. */
export interface ReportFormat {
  readonly name: string;
  readonly summary: string;
  /** Commands that offer it; the first format listed for a command is its default. */
  readonly commands: readonly string[];
  readonly load: () => Promise<ReportFactory>;
}

/** One line per output. */
export const REPORTS: readonly ReportFormat[] = [
  {
    name: 'table',
    summary: 'for people, readable at 80 columns',
    commands: ['check', 'events'],
    load: table,
  },
  { name: 'ndjson', summary: 'one record a line', commands: ['check', 'timeline', 'events'], load: ndjson },
  { name: 'json', summary: 'one object of all records', commands: ['check', 'timeline'], load: json },
];

async function table(): Promise<ReportFactory> {
  return (await import('./table.js')).table;
}
async function ndjson(): Promise<ReportFactory> {
  return (await import('./ndjson.js')).ndjson;
}
async function json(): Promise<ReportFactory> {
  return (await import('./json.js')).json;
}

/** The formats of one command, its default first. */
export function formatsOf(command: string): ReportFormat[] {
  return REPORTS.filter((format) => format.commands.includes(command));
}
