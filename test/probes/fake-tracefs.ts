import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Ordinary files where tracefs would be, and a `uname` that names another kernel: a script cannot tell. */
export class FakeTracefs {
  readonly root = mkdtempSync(join(tmpdir(), 'zaptrace-tracefs-'));
  readonly out = join(this.root, 'out');

  constructor(
    /** `6.1.0-50-amd64` */
    readonly release: string,
    /** As available_filter_functions lists them: `vfio_pci_core_mmap [vfio_pci_core]`. */
    functions: readonly string[],
  ) {
    this.write('available_filter_functions', functions.map((f) => `${f}\n`).join(''));
    this.write('dynamic_events', '');
    const instance = 'instances/zaptrace';
    for (const folder of ['events/zaptrace', 'per_cpu/cpu0', 'options']) {
      mkdirSync(join(this.root, instance, folder), { recursive: true });
    }
    this.write(
      `${instance}/trace`,
      '# tracer: nop\n#\n            task-1 [000] .....  1.000001: x: (x+0x0/0x1)\n',
    );
    this.write(`${instance}/per_cpu/cpu0/stats`, 'entries: 1\noverrun: 0\ndropped events: 0\n');
  }

  write(path: string, text: string): void {
    writeFileSync(join(this.root, path), text);
  }

  read(path: string): string {
    return readFileSync(join(this.root, path), 'utf8');
  }

  has(path: string): boolean {
    return existsSync(join(this.root, path));
  }

  /** Lines that a script wrote to dynamic_events. */
  get defined(): string[] {
    return this.read('dynamic_events').split('\n').filter(Boolean);
  }

  run(
    script: string,
    args: readonly string[],
    shell: readonly string[] = ['sh'],
  ): { code: number | null; stderr: string; stdout: string } {
    const path = join(this.root, 'recipe.sh');
    // a function goes before the command, and before what is built into busybox
    const uname = `uname() { case $1 in -r) echo ${this.release} ;; -m) echo x86_64 ;; *) echo Linux ${this.release} ;; esac; }`;
    writeFileSync(path, `${uname}\n${script}`);
    const { status, stderr, stdout } = spawnSync(shell[0], [...shell.slice(1), path, ...args], {
      encoding: 'utf8',
      env: { PATH: process.env.PATH, TRACEFS: this.root, OUT: this.out },
    });
    return { code: status, stderr, stdout };
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}
