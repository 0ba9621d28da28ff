/**
 * Threefry-2x32 with 20 rounds: maps a 64-bit counter to 64 random bits under a 64-bit key, with
 * integer operations only, so the bits are the same on every platform.
 *
 * @see Salmon, Moraes, Dror & Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011
 */
export function threefry2x32(
  key0: number,
  key1: number,
  counter0: number,
  counter1: number,
  out: Uint32Array,
  at: number,
): void {
  // The parity constant of the Skein hash (revised), as in the paper.
  const key2 = 0x1bd11bda ^ key0 ^ key1;
  let x = (counter0 + key0) | 0;
  let y = (counter1 + key1) | 0;
  for (let block = 0; block < 5; block++) {
    const even = (block & 1) === 0;
    x = (x + y) | 0;
    y = rotate(y, even ? 13 : 17) ^ x;
    x = (x + y) | 0;
    y = rotate(y, even ? 15 : 29) ^ x;
    x = (x + y) | 0;
    y = rotate(y, even ? 26 : 16) ^ x;
    x = (x + y) | 0;
    y = rotate(y, even ? 6 : 24) ^ x;
    const phase = (block + 1) % 3;
    x = (x + (phase === 0 ? key0 : phase === 1 ? key1 : key2)) | 0;
    y = (y + (phase === 0 ? key1 : phase === 1 ? key2 : key0) + block + 1) | 0;
  }
  out[at] = x;
  out[at + 1] = y;
}

const rotate = (x: number, by: number): number => (x << by) | (x >>> (32 - by));
