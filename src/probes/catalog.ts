import type { EventDecl } from '../trace/record.js';
import { ProbeBinding, SymbolState } from './binding.js';
import type { FunctionProbe, ProbeMap } from './map.js';

/**
 * Compiler suffixes of cloned functions: `vfio_pci_dev_set_hot_reset.constprop.0`; in default event names the dots are
 * underscores.
 */
const CLONE = /(?:\.(?:constprop|isra|part|cold|llvm)(?:\.\d+)?|_(?:constprop|isra|part|cold|llvm)_\d+)+/;

interface Entry {
  probe: FunctionProbe;
  map: ProbeMap;
}

/**
 * All functions of the maps in force, and the events of one trace bound to them. The probed function decides where
 * the trace tells it; otherwise the event's name, in the forms that recipes and tools give it.
 */
export class ProbeCatalog {
  readonly #entries = new Map<string, Entry>();
  readonly #states = new Map<string, SymbolState>();
  readonly #modules: string[];

  /** Later maps win over earlier ones for the same symbol. */
  constructor(readonly maps: readonly ProbeMap[]) {
    for (const map of maps) {
      for (const probe of map.functions) {
        for (const symbol of probe.symbols) this.#entries.set(symbol, { probe, map });
      }
    }
    this.#modules = maps.flatMap((map) => (map.module === null ? [] : [map.module]));
  }

  /** Functions seen in the trace, by symbol. */
  get states(): ReadonlyMap<string, SymbolState> {
    return this.#states;
  }

  /** Binds an event, or null when no map knows it. */
  bind(decl: EventDecl): ProbeBinding | null {
    const match = this.#match(decl);
    if (match === null) return null;
    const entry = this.#entries.get(match.symbol);
    if (entry === undefined) return null;
    let state = this.#states.get(match.symbol);
    if (state === undefined) {
      state = new SymbolState(match.symbol, entry.probe, entry.map);
      this.#states.set(match.symbol, state);
    }
    return new ProbeBinding(decl, state, match.isReturn);
  }

  /** The function that an event of this name stands for by the names that recipes and tools give, or null. */
  named(name: string): (Entry & { symbol: string; isReturn: boolean }) | null {
    const match = this.#byName(name);
    const entry = match === null ? undefined : this.#entries.get(match.symbol);
    return match === null || entry === undefined ? null : { ...entry, ...match };
  }

  #match(decl: EventDecl): { symbol: string; isReturn: boolean } | null {
    if (decl.shape === 'stack') return null;
    const byShape = decl.shape === 'graph-exit' ? true : decl.shape === 'graph-entry' ? false : decl.isReturn;
    if (decl.symbol !== null) {
      const symbol = decl.symbol.replace(CLONE, '');
      if (this.#entries.has(symbol))
        return { symbol, isReturn: byShape ?? this.#byName(decl.name)?.isReturn ?? false };
    }
    const named = this.#byName(decl.name);
    if (named === null) return null;
    return { symbol: named.symbol, isReturn: byShape ?? named.isReturn };
  }

  /** `f`, `f_ret`, `f__entry`, `f__exit`, `f__return`, `f_1` (perf probe clash), `p_f_0`, `r_module_f_0`, `sys_enter_f`. */
  #byName(name: string): { symbol: string; isReturn: boolean } | null {
    const clean = name.replace(CLONE, '');
    if (this.#entries.has(clean)) return { symbol: clean, isReturn: false };
    const sys = /^sys_(enter|exit)_(\w+)$/.exec(clean);
    if (sys !== null && this.#entries.has(`sys_${sys[2]}`))
      return { symbol: `sys_${sys[2]}`, isReturn: sys[1] === 'exit' };
    const suffixed = /^(\w+?)(__entry|__exit|__return|_ret|_return|_entry|_exit)(?:_\d+)?$/.exec(clean);
    if (suffixed !== null && this.#entries.has(suffixed[1])) {
      return { symbol: suffixed[1], isReturn: !suffixed[2].endsWith('entry') };
    }
    const numbered = /^([pr])_(\w+?)_(?:0x)?[0-9a-f]+$/.exec(clean);
    if (numbered !== null) {
      for (const symbol of [numbered[2], ...this.#modules.map((m) => stripModule(numbered[2], m))]) {
        if (this.#entries.has(symbol)) return { symbol, isReturn: numbered[1] === 'r' };
      }
    }
    const clash = /^(\w+?)_\d+$/.exec(clean);
    if (clash !== null && this.#entries.has(clash[1])) return { symbol: clash[1], isReturn: false };
    return null;
  }
}

/** `vfio_pci_core_vfio_pci_zap_bars` of module vfio_pci_core is `vfio_pci_zap_bars`: kprobe default names glue them. */
const stripModule = (name: string, module: string): string =>
  name.startsWith(`${module}_`) ? name.slice(module.length + 1) : name;
