/** xorshift32: the same damage in every run. */
export function random(seed: number): (below: number) => number {
  let x = seed;
  return (below) => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (x >>> 0) % below;
  };
}

const INTERESTING = Buffer.from('\n\n\0 -[](){}=:,"<>|/*%}0x9fa\r\t\xff', 'latin1');

/** Flips, cuts, doubles and moves pieces of a text. */
export function damage(text: Buffer, below: (n: number) => number): Buffer {
  let out = Buffer.from(text);
  for (let n = 1 + below(6); n > 0; n--) {
    const at = below(out.length);
    const length = below(Math.min(300, out.length - at)) + 1;
    switch (below(5)) {
      case 0:
        out[at] = below(256);
        break;
      case 1:
        out[at] = INTERESTING[below(INTERESTING.length)];
        break;
      case 2:
        out = Buffer.concat([out.subarray(0, at), out.subarray(at + length)]);
        break;
      case 3:
        out = Buffer.concat([out.subarray(0, at), out.subarray(at, at + length), out.subarray(at)]);
        break;
      default: {
        const to = below(out.length);
        out = Buffer.concat([out.subarray(0, to), out.subarray(at, at + length), out.subarray(to)]);
      }
    }
    if (out.length < 10) return Buffer.from(text);
  }
  return out;
}
