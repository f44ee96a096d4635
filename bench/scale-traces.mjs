// Traces of correct locking at any size, in the words of trace-cmd report; each a generator of {text, lines}.

const CHUNK = 64 * 1024;
const hex = (n) => `0x${n.toString(16)}`;
/** A pointer of the direct map. */
const pointer = (n) => `0xff11${(0x10_0000_0000 + n * 64).toString(16).padStart(12, '0')}`;
const MAPPING = pointer(0xfffffff);
const ROOT = pointer(0xffffffe);
const VDEV = pointer(0xffffffd);

/** Collects lines, 1 µs apart, into chunks. */
class Writer {
  us = 1_000_000;
  text = 'cpus=4\n';
  lines = 0;

  line(pid, event) {
    const us = this.us++;
    const time = `${Math.floor(us / 1e6)}.${String(us % 1e6).padStart(6, '0')}`;
    this.text += `           qemu-${pid}  [00${pid % 4}] ..... ${time}: ${event}\n`;
    this.lines++;
  }

  *full() {
    if (this.text.length >= CHUNK) yield* this.rest();
  }

  *rest() {
    yield { text: this.text, lines: this.lines };
    this.text = '';
    this.lines = 0;
  }
}

/** mmap of the device: the VMA enters the rmap. */
function map(w, v) {
  w.line(
    v.pid,
    `vfio_pci_core_mmap: (ffffffffc0100000) vdev=${VDEV} vma=${v.vma} vm_start=${hex(v.start)} vm_end=${hex(v.end)} pgoff=${hex(v.pgoff)} mm=${v.mm} mapping=${MAPPING}`,
  );
  w.line(v.pid, 'vfio_pci_core_mmap_ret: (ffffffffa0200000 <- ffffffffc0100000) ret=0x0');
  w.line(
    v.pid,
    `vma_interval_tree_insert: (ffffffffa0300000) vma=${v.vma} root=${ROOT} vm_start=${hex(v.start)} vm_end=${hex(v.end)} pgoff=${hex(v.pgoff)} mm=${v.mm} mapping=${MAPPING}`,
  );
}

const INSERT = { 0: 'vmf_insert_pfn', 9: 'vmf_insert_pfn_pmd', 18: 'vmf_insert_pfn_pud' };

function fault(w, v, address, order = 0) {
  const name = INSERT[order];
  w.line(
    v.pid,
    `${name}: (ffffffffa0400000) vma=${v.vma} addr=${hex(address)} pfn=${hex(0x280000 + address / 4096)} vm_start=${hex(v.start)} vm_end=${hex(v.end)} mm=${v.mm}`,
  );
  w.line(v.pid, `${name}_ret: (ffffffffa0400000 <- ffffffffa0400100) ret=0x100`);
}

/** The memory enable bit is cleared: everything is zapped; then it is set again. */
function* zap(w, vmas) {
  w.line(99, `vfio_basic_config_write: (ffffffffc0110000) vdev=${VDEV} offset=0x4 val=0x101`);
  w.line(
    99,
    `unmap_mapping_range: (ffffffffa0500000) mapping=${MAPPING} holebegin=0x0 holelen=0x60000000000 even_cows=0x1`,
  );
  for (const v of vmas) {
    w.line(
      99,
      `zap_page_range_single: (ffffffffa0600000) vma=${v.vma} addr=${hex(v.start)} size=${hex(v.end - v.start)} mm=${v.mm}`,
    );
    w.line(99, 'zap_page_range_single_ret: (ffffffffa0500000 <- ffffffffa0600000)');
    yield* w.full();
  }
  w.line(99, 'unmap_mapping_range_ret: (ffffffffc0110000 <- ffffffffa0500000)');
  w.line(99, 'vfio_basic_config_write_ret: (ffffffffc0120000 <- ffffffffc0110000) ret=0x2');
  w.line(99, `vfio_basic_config_write: (ffffffffc0110000) vdev=${VDEV} offset=0x4 val=0x103`);
  w.line(99, 'vfio_basic_config_write_ret: (ffffffffc0120000 <- ffffffffc0110000) ret=0x2');
}

function unmap(w, v) {
  w.line(
    v.pid,
    `vma_interval_tree_remove: (ffffffffa0310000) vma=${v.vma} root=${ROOT} vm_start=${hex(v.start)} vm_end=${hex(v.end)} mm=${v.mm}`,
  );
}

const vmaOf = (n, processes, pages = 4, slot = n) => ({
  pid: 100 + (n % processes),
  vma: pointer(slot),
  mm: pointer(0x8000000 + (n % processes)),
  start: 0x7f00_0000_0000 + n * 0x10000,
  end: 0x7f00_0000_0000 + n * 0x10000 + pages * 4096,
  pgoff: n * 16,
});

/** `count` VMAs that live at once, two pages each, and one zap of all. */
export function* manyVmas(count, processes) {
  const w = new Writer();
  const vmas = Array.from({ length: count }, (_, n) => vmaOf(n, processes));
  for (const v of vmas) {
    map(w, v);
    fault(w, v, v.start);
    fault(w, v, v.start + 4096);
    yield* w.full();
  }
  yield* zap(w, vmas);
  for (const v of vmas) {
    unmap(w, v);
    yield* w.full();
  }
  yield* w.rest();
}

/** A process maps the device `count` times, forks, and exits: what it takes out of the rmap comes in one row. */
export function* exiting(count) {
  const w = new Writer();
  const vmas = Array.from({ length: count }, (_, n) => vmaOf(n, 1));
  for (const v of vmas) {
    map(w, v);
    yield* w.full();
  }
  for (const [n, v] of vmas.entries()) {
    w.line(
      v.pid,
      `vma_interval_tree_insert_after: (ffffffffa0300000) vma=${pointer(0x4000000 + n)} prev=${v.vma} root=${ROOT} vm_start=${hex(v.start)} vm_end=${hex(v.end)} pgoff=${hex(v.pgoff)} mm=${pointer(0x9000000)} mapping=${MAPPING}`,
    );
    yield* w.full();
  }
  for (const v of vmas) {
    unmap(w, v);
    yield* w.full();
  }
  yield* w.rest();
}

/** `count` zaps, each after a fault in every VMA. */
export function* manyZaps(count, vmas) {
  const w = new Writer();
  const all = Array.from({ length: vmas }, (_, n) => vmaOf(n, 8));
  for (const v of all) map(w, v);
  for (let i = 0; i < count; i++) {
    for (const v of all) fault(w, v, v.start);
    yield* zap(w, all);
  }
  yield* w.rest();
}

/** One VMA of 2^28 pages (1 TiB): in turn an entry of 1 GiB, of 2 MiB and of 4 KiB, `count` in all, then a zap. */
export function* wide(count) {
  const w = new Writer();
  const v = { ...vmaOf(0, 1), start: 0x7000_0000_0000, end: 0x7000_0000_0000 + 2 ** 40 };
  map(w, v);
  const GIB = 2 ** 30;
  for (let i = 0; i < count; i++) {
    // 300 places of 1 GiB; 2 MiB entries from 300 GiB on, 4 KiB ones from 600 GiB on.
    if (i % 3 === 0 && i < 900) fault(w, v, v.start + (i / 3) * GIB, 18);
    else if (i % 3 === 1) fault(w, v, v.start + 300 * GIB + i * 2 ** 21, 9);
    else fault(w, v, v.start + 700 * GIB + i * 4096, 0);
    yield* w.full();
  }
  yield* zap(w, [v]);
  yield* w.rest();
}

/** So many bytes: VMAs come, fault, are zapped and go, always 16 of them, at new and old addresses. */
export function* long(size) {
  const w = new Writer();
  let written = 0;
  for (let n = 0; written < size; n += 16) {
    const vmas = Array.from({ length: 16 }, (_, i) => vmaOf((n + i) % 1_000_000, 64, 4, (n + i) % 4_096));
    for (const v of vmas) {
      map(w, v);
      fault(w, v, v.start);
    }
    yield* zap(w, vmas);
    for (const v of vmas) unmap(w, v);
    for (const chunk of w.full()) {
      written += chunk.text.length;
      yield chunk;
    }
  }
  yield* w.rest();
}
