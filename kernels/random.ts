/**
 * Seeded pseudo-random numbers: the same stream on every machine. xoshiro128** (Blackman & Vigna 2018) seeded by
 * splitmix32, in 32-bit integer arithmetic, which JavaScript does exactly.
 */

/** Hashes a label into a seed (FNV-1a, 32 bit), so that streams of different labels are independent. */
export function labelSeed(seed: number, label: string): number {
  let hash = (0x811c9dc5 ^ seed) >>> 0;
  for (let i = 0; i < label.length; i++) hash = Math.imul(hash ^ label.charCodeAt(i), 0x01000193) >>> 0;
  return hash;
}

/** A generator of numbers in [0, 1) with 32 random bits each. */
export function randomStream(seed: number): () => number {
  let z = seed | 0;
  const splitmix = (): number => {
    z = (z + 0x9e3779b9) | 0;
    let t = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    t = Math.imul(t ^ (t >>> 15), 0x735a2d97);
    return (t ^ (t >>> 15)) | 0;
  };
  let a = splitmix();
  let b = splitmix();
  let c = splitmix();
  let d = splitmix();
  return () => {
    const five = Math.imul(b, 5);
    const result = Math.imul((five << 7) | (five >>> 25), 9) >>> 0;
    const t = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= t;
    d = (d << 11) | (d >>> 21);
    return result / 4294967296;
  };
}

/** A uniform integer in [low, high], both included. */
export function integerIn(random: () => number, low: number, high: number): number {
  return low + Math.floor(random() * (high - low + 1));
}

/** The numbers 0 to count - 1 in random order (Fisher & Yates; Knuth, volume 2, algorithm P). */
export function randomOrder(count: number, random: () => number): number[] {
  const order = Array.from({ length: count }, (_, i) => i);
  for (let last = count - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [order[last], order[other]] = [order[other] as number, order[last] as number];
  }
  return order;
}
