import type { PointerTable } from '../trace/pointers.js';
import type { EventWords } from './event.js';
import { Kind } from './roles.js';

/** `0x…` of a page number (an address or a byte count divided by 4096), exact for 64 bits. */
export function pageHex(page: number): string {
  return page === 0 ? '0x0' : `0x${page.toString(16)}000`;
}

/** VM_FAULT_* bits that drivers return (enum vm_fault_reason). */
const FAULT_BITS: [number, string][] = [
  [0x1, 'OOM'],
  [0x2, 'SIGBUS'],
  [0x100, 'NOPAGE'],
  [0x400, 'RETRY'],
  [0x800, 'FALLBACK'],
];

/** What a driver's fault handler returned last, which is mostly what it returns next. */
let fault = { result: Number.NaN, text: '' };

function faultText(result: number): string {
  if (fault.result !== result) {
    const names = FAULT_BITS.filter(([bit]) => (result & bit) !== 0).map(([, name]) => name);
    fault = { result, text: [`0x${result.toString(16)}`, ...names].join(' ') };
  }
  return fault.text;
}

/** A return value in kernel words: `0x100 NOPAGE`, `0`, `-16`. Null when it was not recorded. */
export function resultText(result: number, how: string | undefined): string | null {
  if (Number.isNaN(result)) return null;
  switch (how) {
    case 'fault':
      return faultText(result);
    case 'errno':
    case 'bool':
      return String(result > 0x7fffffff && result <= 0xffffffff ? result - 0x100000000 : result);
    case 'address':
      return result < 0 ? String(result) : `0x${result.toString(16)}`;
    default:
      return null;
  }
}

/** An event as a call: `vmf_insert_pfn(vma=0x…, addr=0x…, pfn=0x…) = 0x100 NOPAGE`. The same from every format. */
export function describe(event: EventWords, pointers: PointerTable): string {
  const args: string[] = [];
  const pointer = (name: string, id: number): void => {
    if (id !== 0) args.push(`${name}=${pointers.text(id)}`);
  };
  const page = (name: string, value: number): void => {
    if (!Number.isNaN(value)) args.push(`${name}=${pageHex(value)}`);
  };
  pointer('dev', event.device);
  pointer('mapping', event.mapping);
  pointer(event.kind === Kind.Copy ? 'dst' : 'vma', event.vma);
  if (event.other !== 0)
    pointer(event.kind === Kind.Copy ? 'src' : event.kind === Kind.Move ? 'new_vma' : 'prev', event.other);
  if (event.kind === Kind.Zap) {
    page('holebegin', event.page);
    page('holelen', event.pages);
  } else {
    page('addr', event.page);
    page('size', event.pages);
  }
  const linkLike = event.kind === Kind.Link || event.kind === Kind.Mmap || event.kind === Kind.MmapPrepare;
  if (linkLike && !Number.isNaN(event.vmStart))
    args.push(`range=${pageHex(event.vmStart)}-${pageHex(event.vmEnd)}`);
  if (!Number.isNaN(event.order)) args.push(`order=${event.order}`);
  if (!Number.isNaN(event.pfn)) args.push(`pfn=0x${event.pfn.toString(16)}`);
  if (event.kind === Kind.Control) {
    const names = event.binding.probe.args ?? {};
    if (!Number.isNaN(event.x0)) args.push(`${names.x0}=0x${event.x0.toString(16)}`);
    if (!Number.isNaN(event.x1)) args.push(`${names.x1}=0x${event.x1.toString(16)}`);
  }
  const result = event.returned ? resultText(event.result, event.binding.probe.result) : null;
  const text = event.text === '' ? `${event.binding.state.symbol}(${args.join(', ')})` : event.text;
  return result === null ? text : `${text} = ${result}`;
}
