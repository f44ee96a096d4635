import type { Lane } from './lanes.js';
import type { Scene } from './scene.js';

/** Lanes that a search finds: an id, an address inside a VMA, a pointer, a pid, a task or its name, a finding. */
export function searchLanes(scene: Scene, lanes: readonly Lane[], text: string): number[] {
  const wanted = text.trim().toLowerCase();
  if (wanted === '') return [];
  const found: number[] = [];
  const hex = /^(0x)?[0-9a-f]{5,16}$/.test(wanted)
    ? BigInt(wanted.startsWith('0x') ? wanted : `0x${wanted}`)
    : null;
  const finding = scene.data.findings.find((f) => f.id.toLowerCase() === wanted);
  lanes.forEach((lane, i) => {
    if (lane.kind === 'cpu') {
      if (lane.label.toLowerCase() === wanted) found.push(i);
      return;
    }
    if (lane.kind === 'device' && lane.label.toLowerCase().includes(wanted)) found.push(i);
    if (lane.kind !== 'vma') return;
    const vma = scene.data.vmas[lane.index];
    const inside =
      hex !== null &&
      vma.start !== null &&
      vma.end !== null &&
      hex >= BigInt(vma.start) &&
      hex < BigInt(vma.end);
    const named =
      vma.id === wanted ||
      vma.pointer.toLowerCase() === wanted ||
      vma.task.toLowerCase().includes(wanted) ||
      `${vma.start}-${vma.end}`.includes(wanted);
    if (inside || named || finding?.vma === lane.index) found.push(i);
  });
  return found;
}
