import type {
  AnyRecord,
  DiagnosticRecord,
  EventRecord,
  Evidence,
  FindingRecord,
  HeaderRecord,
  SummaryRecord,
  TotalRecord,
  VmaRecord,
  ZapRecord,
} from '../../src/report/records.js';

/** Hand-made records for tests of outputs: the race of the mail, a fault that may have raced, losses. */

export const RULE_IDS = [
  'install-after-zap',
  'zap-missed-unlinked-vma',
  'zap-skipped-vma',
  'partial-zap',
  'access-after-zap',
  'install-zap-overlap',
  'populate-before-rmap',
];

export function header(input: string): HeaderRecord {
  return {
    type: 'header',
    schema: 'zaptrace/1',
    version: '0.1.0',
    input,
    format: 'trace-cmd-report',
    clock: 'mono',
    base: '90.612689',
  };
}

function evidence(input: string, role: string, ms: number, cpu: number, pid: number, text: string): Evidence {
  const ts = (90.612689 + ms / 1e3).toFixed(6);
  const line = 800 + Math.round(ms);
  return { role, ts, t_ns: Math.round(ms * 1e6), cpu, pid, comm: 'zrlab', text, origin: { input, line } };
}

/** The mail's race: remap_pfn_range() in mmap, the zap before the VMA enters the rmap. */
export function missedVma(input: string): FindingRecord {
  return {
    type: 'finding',
    id: 'F1',
    rule: 'zap-missed-unlinked-vma',
    severity: 'error',
    confidence: 'confirmed',
    message:
      'vma2 got 8 pages at 90.621050, before it entered the rmap at 90.743900; zap1 (90.661900-90.662060) could not see it, and its PTEs survived',
    device: 'zaprace',
    vma: 'vma2',
    zap: 'zap1',
    address: '0x7f32675c6000',
    pages: 8,
    ts: '90.662060',
    t_ns: 49_371_000,
    exposed_ns: 82_420_000,
    ended_by: 'unmap',
    fingerprint: 'zap-missed-unlinked-vma:zaprace_mmap:remap_pfn_range:8',
    evidence: [
      evidence(
        input,
        'install',
        8.36,
        1,
        506,
        'remap_pfn_range(vma=0xff276d90d02c7210, addr=0x7f32675c6000, size=0x8000)',
      ),
      evidence(input, 'zap-begin', 49.211, 0, 504, 'unmap_mapping_range(start=0x0, len=0x0)'),
      evidence(input, 'zap-end', 49.371, 0, 504, 'unmap_mapping_range returned'),
      evidence(input, 'rmap-insert', 131.211, 1, 506, 'vma_interval_tree_insert(vma=0xff276d90d02c7210)'),
    ],
  };
}

/** A fault whose install may or may not have come after the zap. */
export function possibleFault(input: string): FindingRecord {
  return {
    type: 'finding',
    id: 'F2',
    rule: 'install-after-zap',
    severity: 'error',
    confidence: 'possible',
    message: 'a fault of vma1 installed 1 page at 90.702100 while zap2 (90.702050-90.702140) ran',
    device: 'zaprace',
    vma: 'vma1',
    zap: 'zap2',
    address: '0x7f32675ce000',
    pages: 1,
    ts: '90.702100',
    t_ns: 89_411_000,
    exposed_ns: null,
    ended_by: 'trace-end',
    fingerprint: 'install-after-zap:zaprace_fault:vmf_insert_pfn',
    evidence: [
      evidence(
        input,
        'install',
        89.411,
        1,
        506,
        'vmf_insert_pfn(vma=0xff276d90d02c78f0, addr=0x7f32675ce000, pfn=0x106c40)',
      ),
      evidence(input, 'zap-begin', 89.361, 0, 504, 'unmap_mapping_range(start=0x0, len=0x0)'),
    ],
    missing: ['when the zap walked this range: a probe on unmap_page_range'],
  };
}

export function latent(input: string): FindingRecord {
  return {
    ...missedVma(input),
    id: 'F3',
    rule: 'populate-before-rmap',
    severity: 'warning',
    message:
      'vma2 had PTEs 122.9 ms before it entered the rmap: a zap in that window would leave them behind',
    zap: null,
    exposed_ns: null,
    ended_by: null,
    fingerprint: 'populate-before-rmap:zaprace_mmap',
  };
}

export function vma(id: string, start: string, end: string, over: Partial<VmaRecord> = {}): VmaRecord {
  return {
    type: 'vma',
    id,
    pointer: '0xff276d90d02c7210',
    mm: '0xff276d90c1f4b180',
    pid: 506,
    comm: 'zrlab',
    start,
    end,
    pgoff: '0x8',
    device: 'zaprace',
    mapping: '0xff276d90c1ca62e0',
    created_ns: 8_249_000,
    linked_ns: 131_211_000,
    removed_ns: 134_515_000,
    installs: 1,
    pages_installed: 8,
    pages_present: 8,
    blocked_faults: 0,
    zap_visits: 0,
    orders: { '0': 8, '9': 0, '18': 0 },
    epochs: [
      { state: 'populated', start_ns: 8_360_000, end_ns: 49_371_000, pages: 8 },
      { state: 'stray', start_ns: 49_371_000, end_ns: 131_791_000, pages: 8 },
      { state: 'empty', start_ns: 131_791_000, end_ns: null, pages: 0 },
    ],
    ...over,
  };
}

export function zap(id: string, startMs: number, over: Partial<ZapRecord> = {}): ZapRecord {
  return {
    type: 'zap',
    id,
    cause: 'zaprace_zap',
    device: 'zaprace',
    mapping: '0xff276d90c1ca62e0',
    start_ns: startMs * 1e6,
    end_ns: startMs * 1e6 + 160_000,
    unblocked_ns: null,
    pid: 504,
    comm: 'zrlab',
    cpu: 0,
    vmas: ['vma1'],
    pages_cleared: 1,
    ...over,
  };
}

export function lost(input: string): DiagnosticRecord {
  return {
    type: 'diagnostic',
    code: 'events-lost',
    severity: 'warning',
    message: 'CPU 0 lost 157 events between two records',
    count: 1,
    origin: { input, line: 812 },
  };
}

export function summary(input: string, over: Partial<SummaryRecord> = {}): SummaryRecord {
  return {
    type: 'summary',
    input,
    verdict: 'clean',
    reasons: [],
    coverage: Object.fromEntries(RULE_IDS.map((id) => [id, 'checked'])),
    advice: {},
    counts: {
      records: 2747,
      events: 1402,
      lost: 0,
      unparsed: 0,
      vmas: 2,
      zaps: 2,
      installs: 9,
      findings: { error: 0, warning: 0, note: 0 },
    },
    ...over,
  };
}

export function event(input: string, over: Partial<EventRecord> = {}): EventRecord {
  return {
    type: 'event',
    kind: 'install',
    name: 'vmf_insert_pfn',
    ts: '17.603025',
    t_ns: 4_787_000,
    end_ns: 5_018_000,
    cpu: 1,
    pid: 244,
    comm: 'zrlab',
    symbol: 'vmf_insert_pfn',
    device: 'zaprace',
    vma: 'vma1',
    address: '0x7f3e6c162000',
    pages: 1,
    order: 0,
    pfn: '0x1704fc',
    result: '0x100 NOPAGE',
    origin: { input, line: 77 },
    ...over,
  };
}

const COUNTS = summary('').counts;

export function violationTrace(input = 'race.txt'): AnyRecord[] {
  return [
    header(input),
    missedVma(input),
    possibleFault(input),
    latent(input),
    vma('vma1', '0x7f32675ce000', '0x7f32675d2000', { zap_visits: 2, blocked_faults: 1, pages_present: 0 }),
    vma('vma2', '0x7f32675c6000', '0x7f32675ce000'),
    zap('zap1', 49.211),
    zap('zap2', 89.361),
    summary(input, {
      verdict: 'violation',
      reasons: ['1 confirmed error', '1 possible error that the evidence cannot settle'],
      coverage: { ...summary(input).coverage, 'access-after-zap': 'unavailable' },
      advice: { 'access-after-zap': 'write trace_marker lines around accesses' },
      counts: { ...COUNTS, findings: { error: 2, warning: 1, note: 0 } },
    }),
  ];
}

export function cleanTrace(input = 'clean.txt'): AnyRecord[] {
  return [header(input), summary(input)];
}

export function inconclusiveTrace(input = 'lossy.txt'): AnyRecord[] {
  return [
    header(input),
    lost(input),
    summary(input, {
      verdict: 'inconclusive',
      reasons: ['157 events were lost while the device was blocked'],
      coverage: Object.fromEntries(RULE_IDS.map((id) => [id, 'partial'])),
      advice: { 'partial-zap': 'record with a larger buffer (trace-cmd record -b 65536)' },
      counts: { ...COUNTS, lost: 157 },
    }),
  ];
}

export function total(over: Partial<TotalRecord> = {}): TotalRecord {
  return {
    type: 'total',
    verdict: 'violation',
    traces: 4,
    verdicts: { clean: 1, inconclusive: 1, violation: 1 },
    failed: [{ input: 'gone.txt', message: 'gone.txt: no such file' }],
    ...over,
  };
}
