/**
 * Floats uniform in `[low, high)` from a hash of seed and index, so that a peer in any language can
 * make the same numbers: 24 bits each, exact in float32 before they are scaled.
 */
export function uniform(seed: number, count: number, low: number, high: number): Float32Array {
  const out = new Float32Array(count);
  for (let i = 0; i < count; i++) out[i] = low + (high - low) * unit(seed, i);
  return out;
}

/** The number in `[0, 1)` of an index: a 32-bit finaliser of multiplications and shifts. */
export function unit(seed: number, index: number): number {
  let h = (Math.imul(seed, 0x9e3779b1) + index) | 0;
  h = Math.imul(h ^ (h >>> 16), 0x21f0aaad);
  h = Math.imul(h ^ (h >>> 15), 0x735a2d97);
  return ((h ^ (h >>> 15)) >>> 8) / 2 ** 24;
}
