import type {
  AnyRecord,
  DiagnosticRecord,
  Evidence,
  FindingRecord,
  Origin,
  SummaryRecord,
} from './records.js';
import type { Output, Report, ReportContext, RuleInfo } from './report.js';
import { safeJson } from './sanitize.js';
import { failureText, level, mainEvidence } from './text.js';

/**
 * SARIF 2.1.0 (OASIS standard, 2020-03-27): one run, one result per finding. The evidence is there twice: as related
 * locations in order of time, and as a code flow with one thread flow per task and an execution order across them.
 */
export function sarif(out: Output, context: ReportContext): Report {
  const results: object[] = [];
  const notifications: object[] = [];
  const traces: object[] = [];
  const rules = new Rules(context.rules);
  let failed = 0;
  const write = (record: AnyRecord) => {
    if (record.type === 'finding') results.push(result(record, rules));
    else if (record.type === 'diagnostic') notifications.push(diagnostic(record));
    else if (record.type === 'summary') {
      traces.push({
        input: record.input,
        verdict: record.verdict,
        reasons: record.reasons,
        coverage: record.coverage,
      });
      notifications.push(...doubts(record));
    } else if (record.type === 'total') {
      failed = record.failed.length;
      notifications.push(
        ...record.failed.map((f) => notification('error', failureText(f), { input: f.input })),
      );
    }
  };
  return {
    write,
    end: () => {
      const run = {
        tool: { driver: { name: 'zaptrace', version: context.version, rules: rules.descriptors() } },
        invocations: [{ executionSuccessful: failed === 0, toolExecutionNotifications: notifications }],
        results,
        properties: { traces },
      };
      out.write(`${safeJson({ $schema: SCHEMA_URI, version: '2.1.0', runs: [run] }, 2)}\n`);
    },
  };
}

const SCHEMA_URI = 'https://json.schemastore.org/sarif-2.1.0.json';

/** The rules of the run; one that the catalogue lacks is added with its id alone. */
class Rules {
  readonly #list: { id: string; info: RuleInfo | null }[];

  constructor(known: readonly RuleInfo[]) {
    this.#list = known.map((info) => ({ id: info.id, info }));
  }

  index(id: string): number {
    const index = this.#list.findIndex((rule) => rule.id === id);
    return index >= 0 ? index : this.#list.push({ id, info: null }) - 1;
  }

  descriptors(): object[] {
    return this.#list.map(({ id, info }) =>
      info === null
        ? { id }
        : {
            id,
            shortDescription: { text: info.title },
            fullDescription: { text: info.proves },
            help: { text: info.remedy },
            defaultConfiguration: { level: info.severity },
          },
    );
  }
}

function result(f: FindingRecord, rules: Rules): object {
  const main = mainEvidence(f);
  const doubt = f.missing?.map((missing) => ` To settle it: ${missing}.`).join('') ?? '';
  const { id, severity, confidence, device, vma, zap, address, pages, ts, exposed_ns, ended_by } = f;
  return {
    ruleId: f.rule,
    ruleIndex: rules.index(f.rule),
    level: level(f),
    message: { text: `${f.confidence === 'possible' ? 'Possible: ' : ''}${f.message}.${doubt}` },
    locations: main === null ? [] : [location(main.origin)],
    relatedLocations: f.evidence.map((e, i) => ({
      id: i,
      ...location(e.origin),
      message: { text: step(e) },
    })),
    ...(f.evidence.length === 0 ? {} : { codeFlows: [codeFlow(f)] }),
    partialFingerprints: { 'zaptrace/v1': f.fingerprint },
    ...baseline(f),
    properties: { id, severity, confidence, device, vma, zap, address, pages, ts, exposed_ns, ended_by },
  };
}

/** A finding that the baseline has is unchanged and suppressed; without a baseline SARIF says nothing of it. */
function baseline({ known }: FindingRecord): object {
  if (known === undefined) return {};
  if (!known) return { baselineState: 'new' };
  return {
    baselineState: 'unchanged',
    suppressions: [{ kind: 'external', justification: 'in the baseline' }],
  };
}

function codeFlow(f: FindingRecord): object {
  const order = [...f.evidence].sort((a, b) => a.t_ns - b.t_ns);
  const tasks = [...new Set(f.evidence.map(task))];
  return {
    message: { text: f.message },
    threadFlows: tasks.map((id) => ({
      id,
      locations: order.flatMap((e, i) =>
        task(e) === id
          ? [
              {
                executionOrder: i + 1,
                kinds: [e.role],
                location: { ...location(e.origin), message: { text: step(e) } },
              },
            ]
          : [],
      ),
    })),
  };
}

const task = (e: Evidence) => `${e.comm}-${e.pid}`;
const step = (e: Evidence) => `${e.ts} CPU ${e.cpu} ${task(e)} ${e.role}: ${e.text}`;

function location({ input, line, offset }: Origin): object {
  const region =
    line !== undefined ? { startLine: line } : offset !== undefined ? { byteOffset: offset } : undefined;
  return { physicalLocation: { artifactLocation: { uri: uri(input) }, ...(region ? { region } : {}) } };
}

/** Path → URI reference: relative paths stay relative, so that they resolve in the user's checkout. */
function uri(input: string): string {
  if (input === '-') return 'stdin';
  // Through UTF-8, which a lone surrogate of a strange file name does not survive: encodeURIComponent would throw.
  const path = Buffer.from(input).toString().split('/').map(encodeURIComponent).join('/');
  return input.startsWith('/') ? `file://${path}` : path;
}

function diagnostic(d: DiagnosticRecord): object {
  return {
    ...notification(d.severity, d.count > 1 ? `${d.message} (${d.count} times)` : d.message, d.origin),
    descriptor: { id: d.code },
  };
}

function doubts(summary: SummaryRecord): object[] {
  if (summary.verdict !== 'inconclusive') return [];
  return summary.reasons.map((reason) =>
    notification('warning', `${summary.input}: inconclusive: ${reason}`, { input: summary.input }),
  );
}

function notification(levelName: 'error' | 'warning' | 'note', text: string, origin: Origin | null): object {
  return {
    level: levelName,
    message: { text },
    ...(origin === null ? {} : { locations: [location(origin)] }),
  };
}
