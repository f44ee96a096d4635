import type { AnyRecord } from '../../src/report/records.js';
import type { ReportContext, ReportFactory } from '../../src/report/report.js';
import { createStyle } from '../../src/report/style.js';
import { RULES } from '../../src/rules/index.js';

export const CONTEXT: ReportContext = {
  version: '0.1.0',
  rules: RULES,
  style: createStyle(false),
  unicode: true,
  width: 80,
  limit: 20,
  quiet: false,
  follow: false,
};

/** What a report makes of records. */
export function render(
  factory: ReportFactory,
  records: readonly AnyRecord[],
  context: Partial<ReportContext> = {},
): string {
  let text = '';
  const report = factory({ write: (part) => (text += part) }, { ...CONTEXT, ...context });
  for (const record of records) report.write(record);
  report.end();
  return text;
}
