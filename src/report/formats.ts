import type { ReportFactory } from './report.js';

/** An output format: its name, what it is for, which commands have it, and its module, loaded when it is asked for. */
export interface ReportFormat {
  readonly name: string;
  readonly summary: string;
  /** Commands that offer it; the first format listed for a command is its default. */
  readonly commands: readonly string[];
  /** It draws the events too, where the command does not give them to every format. */
  readonly events?: boolean;
  /** Its document has room for one trace only. */
  readonly single?: boolean;
  readonly load: () => Promise<ReportFactory>;
}

const all = ['check', 'timeline', 'events', 'faults'];

/** One entry per output. The first of a command is its default. */
export const REPORTS: readonly ReportFormat[] = [
  {
    name: 'text',
    summary: 'for people: a lane per VMA on a common time axis',
    commands: ['timeline'],
    events: true,
    load: async () => (await import('./timeline/text.js')).timelineText,
  },
  {
    name: 'list',
    summary: 'for people: a paragraph per VMA, with the time of every change',
    commands: ['timeline'],
    load: async () => (await import('./timeline-text.js')).timelineText,
  },
  {
    name: 'table',
    summary: 'for people, readable at 80 columns',
    commands: ['check'],
    load: async () => (await import('./table.js')).table,
  },
  {
    name: 'text',
    summary: 'the interleaving as kernel people draw it in mails',
    commands: ['explain'],
    load: async () => (await import('./explain/text.js')).explainText,
  },
  {
    name: 'markdown',
    summary: 'the same for an issue or a pull request',
    commands: ['explain'],
    load: async () => (await import('./explain/markdown.js')).explainMarkdown,
  },
  {
    name: 'json',
    summary: 'one object with an explanation per finding',
    commands: ['explain'],
    load: async () => (await import('./explain/json.js')).explainJson,
  },
  {
    name: 'table',
    summary: 'for people, readable at 80 columns',
    commands: ['faults'],
    load: async () => (await import('./faults/table.js')).faultsTable,
  },
  {
    name: 'ndjson',
    summary: 'one record a line, as it comes',
    commands: all,
    load: async () => (await import('./ndjson.js')).ndjson,
  },
  {
    name: 'table',
    summary: 'one event a line in columns',
    commands: ['events'],
    load: async () => (await import('./events-table.js')).eventsTable,
  },
  {
    name: 'json',
    summary: 'one object of all records',
    commands: ['check', 'timeline'],
    load: async () => (await import('./json.js')).json,
  },
  {
    name: 'html',
    summary: 'one self-contained page: zoom, search, findings that lead to their place',
    commands: ['timeline'],
    events: true,
    single: true,
    load: async () => (await import('./html/report.js')).timelineHtml,
  },
  {
    name: 'svg',
    summary: 'the same picture, static, for reports and slides',
    commands: ['timeline'],
    events: true,
    single: true,
    load: async () => (await import('./svg/report.js')).timelineSvg,
  },
  {
    name: 'perfetto',
    summary: 'a trace for Perfetto, with flows from findings to their evidence',
    commands: ['timeline'],
    events: true,
    single: true,
    load: async () => (await import('./perfetto/report.js')).timelinePerfetto,
  },
  {
    name: 'markdown',
    summary: 'a report for an issue or a pull request',
    commands: ['check'],
    load: async () => (await import('./markdown.js')).markdown,
  },
  {
    name: 'json',
    summary: 'one object of all records',
    commands: ['faults'],
    load: async () => (await import('./faults/json.js')).faultsJson,
  },
  {
    name: 'markdown',
    summary: 'tables for an issue or a cover letter',
    commands: ['faults'],
    load: async () => (await import('./faults/markdown.js')).faultsMarkdown,
  },
  {
    name: 'text',
    summary: 'for people, readable at 80 columns',
    commands: ['diff'],
    load: async () => (await import('./diff/text.js')).diffText,
  },
  {
    name: 'markdown',
    summary: 'tables for a cover letter or a pull request',
    commands: ['diff'],
    load: async () => (await import('./diff/markdown.js')).diffMarkdown,
  },
  {
    name: 'json',
    summary: 'one diff record',
    commands: ['diff'],
    load: async () => (await import('./diff/json.js')).diffJson,
  },
  {
    name: 'ndjson',
    summary: 'the diff record on one line',
    commands: ['diff'],
    load: async () => (await import('./ndjson.js')).ndjson,
  },
  {
    name: 'sarif',
    summary: 'SARIF 2.1.0 for code scanning',
    commands: ['check'],
    load: async () => (await import('./sarif.js')).sarif,
  },
  {
    name: 'junit',
    summary: 'JUnit XML: a suite per trace, a case per rule',
    commands: ['check'],
    load: async () => (await import('./junit.js')).junit,
  },
  {
    name: 'github',
    summary: 'annotations of GitHub Actions',
    commands: ['check'],
    load: async () => (await import('./github.js')).github,
  },
  {
    name: 'gcc',
    summary: 'file:line: error: text [rule]',
    commands: ['check'],
    load: async () => (await import('./gcc.js')).gcc,
  },
];

/** The formats of one command, its default first. */
export function formatsOf(command: string): ReportFormat[] {
  return REPORTS.filter((format) => format.commands.includes(command));
}
