import type { Claim, Rule } from './rule.js';

/** FNV-1a, 64 bits as two halves: short, stable, and not meant to be secret. */
function hash(text: string): string {
  let a = 0x811c9dc5;
  let b = 0xc9dc5118;
  for (let i = 0; i < text.length; i++) {
    a = Math.imul(a ^ text.charCodeAt(i), 0x01000193);
    b = Math.imul(b ^ text.charCodeAt(text.length - 1 - i), 0x01000193);
  }
  return (a >>> 0).toString(16).padStart(8, '0') + (b >>> 0).toString(16).padStart(8, '0');
}

/** What is the same in every occurrence of one bug: rule, driver, what installed and how, what zapped and why. */
export function fingerprintOf(rule: Rule, claim: Claim): string {
  const { vma, zap, run } = claim;
  return hash(
    [
      rule.id,
      vma.device?.map?.name ?? '',
      run?.symbol.symbol ?? '',
      run?.how ?? '',
      run?.order ?? '',
      zap?.cause ?? '',
      zap?.mark?.text.split('(')[0] ?? '',
    ].join('\0'),
  );
}
