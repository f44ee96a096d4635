const CACHE = 1024;

/** Task names by thread id; unknown ones are `<...>`, pid 0 is `<idle>`, as every ftrace tool prints them. */
export class CommTable {
  readonly #names = new Map<number, string>();
  // Direct-mapped cache: a Map look-up per record would cost as much as decoding it.
  readonly #cachedPid = new Int32Array(CACHE).fill(-1);
  readonly #cachedName: string[] = new Array(CACHE).fill('');

  /** `idle` is what the tool calls pid 0: `<idle>`, in perf `swapper`. */
  constructor(readonly idle = '<idle>') {}

  set(pid: number, name: string): void {
    this.#names.set(pid, name);
    this.#cachedPid[pid & (CACHE - 1)] = -1;
  }

  /** A new task inherits its parent's name; one whose parent is unknown has none. */
  inherit(pid: number, parent: number): void {
    const name = parent === 0 ? this.idle : this.#names.get(parent);
    if (name !== undefined) this.#names.set(pid, name);
    else this.#names.delete(pid);
    this.#cachedPid[pid & (CACHE - 1)] = -1;
  }

  get(pid: number): string {
    const slot = pid & (CACHE - 1);
    if (this.#cachedPid[slot] === pid && pid >= 0) return this.#cachedName[slot];
    const name = pid === 0 ? this.idle : (this.#names.get(pid) ?? '<...>');
    this.#cachedPid[slot] = pid;
    this.#cachedName[slot] = name;
    return name;
  }

  /**
   * Reads the text of tracefs' saved_cmdlines, `pid comm` a line; the last line of a pid wins. The comm is
   * everything after the first blank: it may hold blanks itself.
   *
   *     1432 CPU 0/KVM
   */
  addSaved(text: string): void {
    for (let start = 0; start < text.length; ) {
      let end = text.indexOf('\n', start);
      if (end < 0) end = text.length;
      const blank = text.indexOf(' ', start);
      if (blank > start && blank < end) {
        const pid = Number(text.slice(start, blank));
        if (Number.isInteger(pid)) this.set(pid, text.slice(blank + 1, end));
      }
      start = end + 1;
    }
  }
}
