import type { Scene } from './scene.js';

/** A line of the picture. `index` is that of its device, VMA or CPU in the scene. */
export interface Lane {
  readonly kind: 'device' | 'vma' | 'title' | 'cpu';
  readonly index: number;
  readonly y: number;
  readonly height: number;
  readonly label: string;
  readonly note: string;
}

/** Lanes from top to bottom: each device with its VMAs below it, then the CPUs. */
export function layoutLanes(scene: Scene): { lanes: Lane[]; height: number } {
  const lanes: Lane[] = [];
  let y = 4;
  const add = (kind: Lane['kind'], index: number, height: number, label: string, note: string) => {
    lanes.push({ kind, index, y, height, label, note });
    y += height;
  };
  scene.data.devices.forEach((device, d) => {
    add(
      'device',
      d,
      24,
      device.name ?? 'unknown device',
      device.vmas.length === 1 ? '1 VMA' : `${device.vmas.length} VMAs`,
    );
    for (const v of device.vmas) {
      const vma = scene.data.vmas[v];
      add('vma', v, 20, vma.id, rangeText(vma.start, vma.end) || vma.pointer);
    }
    y += 8;
  });
  if (scene.cpus.length > 0) {
    add('title', 0, 20, 'CPUs', '');
    scene.cpus.forEach(({ cpu }, i) => {
      add('cpu', i, 16, `CPU ${cpu}`, '');
    });
  }
  return { lanes, height: y + 4 };
}

/** `7f3e6c155000+8`. */
export function rangeText(start: string | null, end: string | null): string {
  if (start === null || end === null) return '';
  return `${start.slice(2)}+${(BigInt(end) - BigInt(start)) / 4096n}`;
}
