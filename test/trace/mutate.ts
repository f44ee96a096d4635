/** Values that lengths, counts and offsets break on. */
const HOSTILE = [
  0n,
  1n,
  3n,
  4n,
  0xffn,
  0xffffn,
  0x7fffffffn,
  0x80000000n,
  0xffffffffn,
  1n << 32n,
  1n << 53n,
  (1n << 63n) - 1n,
  (1n << 64n) - 1n,
];

/**
 * One damaged copy of `data`: flipped bits, hostile numbers, cut or repeated pieces, zeroed ranges. Most files have
 * their structure in front, so half of the damage goes to the first 4 KiB.
 */
export function mutate(data: Uint8Array, random: (n: number) => number): Buffer {
  let copy: Buffer = Buffer.from(data);
  const place = () => (random(2) === 0 ? random(Math.min(4096, copy.length)) : random(copy.length));
  for (let i = 1 + random(4); i > 0 && copy.length > 16; i--) {
    const at = place();
    const length = 1 + random(random(2) === 0 ? 16 : 4096);
    switch (random(8)) {
      case 0:
      case 1:
        copy[at] ^= 1 << random(8);
        break;
      case 2:
        copy[at] = random(256);
        break;
      case 3:
      case 4: {
        const value = HOSTILE[random(HOSTILE.length)];
        if (at + 8 > copy.length) break;
        if (random(2) === 0) copy.writeBigUInt64LE(value, at - (at % 4));
        else copy.writeUInt32LE(Number(value & 0xffffffffn), at - (at % 4));
        break;
      }
      case 5:
        copy.fill(random(2) === 0 ? 0 : 0xff, at, Math.min(copy.length, at + length));
        break;
      case 6:
        copy =
          random(3) === 0
            ? copy.subarray(0, at)
            : Buffer.concat([copy.subarray(0, at), copy.subarray(at + length)]);
        break;
      default:
        copy = Buffer.concat([copy.subarray(0, at), copy.subarray(at, at + length), copy.subarray(at)]);
    }
  }
  return copy;
}
