import { existsSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Analysis } from '../analysis.js';
import { ProbeCatalog } from '../probes/catalog.js';
import type { ProbeMap } from '../probes/map.js';
import { kernelsOf, type Level } from '../probes/recipe/definition.js';
import { type Kernels, kernelsText, parseVersion, SINCE, versionText } from '../probes/recipe/kernel.js';
import {
  type DefinedEvent,
  type ProfileEntry,
  parseDefinition,
  parseProfile,
  sideFile,
} from '../probes/recipe/parse.js';
import { CORE, mapsFor, select } from '../probes/recipe/select.js';
import type { RecordingRecord } from '../report/probes.js';
import type { Observed } from '../rules/coverage.js';
import { RULES } from '../rules/index.js';
import { potential } from '../rules/potential.js';
import { judgeRecording, kernelsOfSymbols, type ProbeFacts } from '../rules/recording.js';
import { openSource } from '../trace/open.js';
import { openTrace } from '../trace/registry.js';
import type { ByteSource } from '../trace/source.js';
import { UsageError } from './errors.js';

export interface RecordingOptions {
  readonly maps: readonly ProbeMap[];
  /** Drivers that the user names; empty: those whose functions occur. */
  readonly drivers: readonly string[];
  readonly level: Level;
  /** Kernels that the user names; null: what the trace or the symbols tell. */
  readonly kernels: Kernels | null;
}

/** Everything read of a recording, before it is judged. */
class Recording {
  readonly inputs: RecordingRecord['inputs'] = [];
  readonly remarks: string[] = [];
  readonly defined: DefinedEvent[] = [];
  readonly profile: ProfileEntry[] = [];
  catalog: ProbeCatalog;
  observed: Observed | null = null;
  release: string | null = null;

  constructor(readonly maps: readonly ProbeMap[]) {
    this.catalog = new ProbeCatalog(maps);
  }

  async read(path: string): Promise<void> {
    const source = await openSource(path);
    try {
      const kind = kindOf(path, Buffer.from(source.head).toString('latin1'));
      this.inputs.push({ path, kind: kind ?? 'trace' });
      if (kind === null) await this.#trace(source);
      else this.#side(kind, await text(source));
    } finally {
      await source.close();
    }
  }

  async #trace(source: ByteSource): Promise<void> {
    if (this.observed !== null) throw new UsageError(`'${source.name}' is a second trace: one at a time`);
    const reader = await openTrace(source);
    const analysis = new Analysis({
      info: reader.info,
      maps: this.maps,
      rules: RULES,
      rulesChosen: false,
      keepEpochs: false,
      finding: () => false,
    });
    await reader.read(analysis);
    analysis.finish(false);
    this.observed = analysis.observed();
    this.catalog = analysis.catalog;
    this.release = reader.info.release;
  }

  #side(kind: 'definitions' | 'profile', content: string): void {
    const lines = content.split('\n').filter((line) => line.trim() !== '');
    let unread = 0;
    for (const line of lines) {
      if (kind === 'definitions') {
        const event = parseDefinition(line);
        if (event === null) unread++;
        else this.defined.push(event);
      } else {
        const entry = parseProfile(line);
        if (entry === null) unread++;
        else this.profile.push(entry);
      }
    }
    if (unread > 0) this.remarks.push(`${unread} lines of the ${kind} are of other probes, or no such lines`);
  }
}

/** By its first line; an empty one (no kprobes: an empty profile) by its name. */
function kindOf(path: string, head: string): 'definitions' | 'profile' | null {
  if (head.trim() !== '') return sideFile(head);
  const name = basename(path);
  if (name.includes('profile')) return 'profile';
  return /(dynamic|kprobe)_events/.test(name) ? 'definitions' : null;
}

/** A directory stands for what a recording script has put there: one trace, and what lies beside it. */
function partsOf(path: string): string[] {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) return [path];
  const there = (name: string): boolean => existsSync(join(path, name));
  const trace = ['trace.dat', 'trace.txt', 'perf.data'].filter(there).slice(0, 1);
  const parts = [...trace, ...['dynamic_events', 'kprobe_profile'].filter(there)];
  if (parts.length === 0)
    throw new UsageError(
      `no recording in the directory '${path}': expected trace.dat, trace.txt, dynamic_events`,
    );
  return parts.map((name) => join(path, name));
}

async function text(source: ByteSource): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of source.chunks()) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
}

/** Reads a trace and what lies beside it, in any order, and tells what the recording can decide. */
export async function checkRecording(
  paths: readonly string[],
  options: RecordingOptions,
): Promise<RecordingRecord> {
  const recording = new Recording(options.maps);
  for (const path of paths.flatMap(partsOf)) await recording.read(path);
  const unknown = bindSideFiles(recording);
  if (unknown > 0) recording.remarks.push(`${unknown} probes are of functions that no probe map knows`);
  const states = [...recording.catalog.states.values()];
  const observed = recording.observed ?? potential(states);
  const kernels = options.kernels ?? kernelsIn(recording);
  const drivers = options.drivers.length > 0 ? [...options.drivers] : driversIn(recording);
  const { definitions } = select(mapsFor(drivers, options.maps), options.level, kernels);
  // Definitions show what could fire; which of several functions a kernel really calls, only a trace does.
  const complete = recording.observed === null && kernels.from === kernels.to;
  const report = judgeRecording(RULES, observed, facts(recording), definitions, kernels, complete);
  if (report.lines.length > 0 && kernels.from < SINCE.btfMembers && kernels.to >= SINCE.btfMembers) {
    const since = versionText(SINCE.btfMembers);
    recording.remarks.push(
      `the kernel is not known: the lines to add are for ${since} and newer, --kernel gives others`,
    );
  }
  return {
    type: 'recording',
    inputs: recording.inputs,
    kernel: recording.release ?? kernelsText(kernels),
    drivers,
    rules: [...report.rules].map((r) => ({ ...r, advice: [...r.advice] })),
    probes: report.probes.map((p) => ({
      symbol: p.state.symbol,
      role: p.state.probe.role,
      driver: p.state.map.name,
      entries: p.entries,
      returns: p.returns,
      lost: p.lost,
      notes: [...p.notes],
    })),
    lines: [...report.lines],
    remarks: recording.remarks,
  };
}

/** Definitions and profile tell of functions that the trace has no record of. Gives how many nobody knows. */
function bindSideFiles({ catalog, defined, profile }: Recording): number {
  let unknown = 0;
  for (const { decl } of defined) if (catalog.bind(decl) === null) unknown++;
  if (defined.length > 0) return unknown;
  // A profile has names only; what the probes fetch is taken to be what the recipe fetches.
  for (const { event } of profile) {
    const bare = {
      name: event,
      system: null,
      symbol: null,
      isReturn: null,
      shape: 'probe',
      fields: [],
    } as const;
    const binding = catalog.bind(bare);
    if (binding === null) unknown++;
    else if (binding.isReturn) binding.state.returnCarries = ALL;
    else binding.state.entryCarries = ALL;
  }
  return unknown;
}

const ALL = 0x7fffffff;

function facts(recording: Recording): ProbeFacts[] {
  const { catalog, observed, profile, defined } = recording;
  const counted = new Map<string, { entry: ProfileEntry | null; leave: ProfileEntry | null }>();
  for (const entry of profile) {
    const decl = defined.find((d) => d.decl.name === entry.event)?.decl;
    const binding = catalog.bind(
      decl ?? { name: entry.event, system: null, symbol: null, isReturn: null, shape: 'probe', fields: [] },
    );
    if (binding === null) continue;
    const both = counted.get(binding.state.symbol) ?? { entry: null, leave: null };
    if (binding.isReturn) both.leave = entry;
    else both.entry = entry;
    counted.set(binding.state.symbol, both);
  }
  const order = recording.maps.flatMap((map) => map.functions);
  const states = [...catalog.states.values()].sort((a, b) => order.indexOf(a.probe) - order.indexOf(b.probe));
  return states.map((state) => {
    const profiled = counted.get(state.symbol);
    const traced = observed !== null;
    return {
      state,
      entries: state.entryCarries < 0 ? null : traced ? state.entries : (profiled?.entry?.hits ?? null),
      returns: state.returnCarries < 0 ? null : traced ? state.returns : (profiled?.leave?.hits ?? null),
      lost: Math.max(profiled?.leave?.missed ?? 0, traced ? state.missedReturns : 0),
    };
  });
}

function kernelsIn({ release, catalog }: Recording): Kernels {
  const version = release === null ? null : parseVersion(release);
  if (version !== null) return { from: version, to: version };
  const seen = [...catalog.states.values()].filter((s) => s.entryCarries >= 0 || s.returnCarries >= 0);
  return kernelsOfSymbols(seen.map((s) => kernelsOf(s.probe, s.symbol)));
}

/** Drivers of which a function occurs; vfio-pci when there is none. */
function driversIn({ catalog }: Recording): string[] {
  const names = new Set([...catalog.states.values()].map((state) => state.map.name));
  names.delete(CORE);
  return names.size > 0 ? [...names] : ['vfio-pci'];
}
