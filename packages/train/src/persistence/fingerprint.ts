import { slice, type Tensor } from '@tikhonov/core';
import type { Dataset } from '@tikhonov/data';

/** Elements that are copied at a time. */
const atOnce = 1 << 20;

/**
 * A number that follows from every bit of a data set's inputs, targets and weights, in their order, as text:
 * for telling data apart, not for keeping anyone from forging them.
 */
export function fingerprint({ x, y, sampleWeight }: Dataset): string {
  let hash = 0x811c9dc5;
  for (const tensor of [x, y, ...(sampleWeight === undefined ? [] : [sampleWeight])]) {
    hash = mixed(hash, tensor.size);
    for (const word of wordsOf(tensor)) hash = mixed(hash, word);
  }
  return (hash >>> 0).toString(16).padStart(8, '0');
}

/** One round of Murmur3: FNV alone never lets high bits act on low ones. */
function mixed(hash: number, word: number): number {
  const k = Math.imul(word, 0xcc9e2d51);
  const h = hash ^ Math.imul((k << 15) | (k >>> 17), 0x1b873593);
  return (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0;
}

/** The elements of a tensor as 32-bit words, some rows at a time. */
function* wordsOf(tensor: Tensor): Generator<number, void, undefined> {
  const rows = tensor.shape[0]!;
  const step = Math.max(1, Math.floor((atOnce * rows) / Math.max(1, tensor.size)));
  for (let start = 0; start < rows; start += step) {
    const data = slice(tensor, [{ start, stop: Math.min(rows, start + step) }]).data();
    if (data.BYTES_PER_ELEMENT === 1) yield* data;
    else yield* new Int32Array(data.buffer, data.byteOffset, data.byteLength / 4);
  }
}
