import { type Shape, type Tensor, tensor } from '@tikhonov/core';

/** A mask and how probable it is. */
export interface WeighedMask {
  /** 1 keeps, 0 drops; float64. */
  readonly mask: Tensor;
  readonly probability: number;
}

/** All masks of a shape, with their probabilities if each element is dropped with probability `p`. */
export function allMasks(shape: Shape, p: number): readonly WeighedMask[] {
  const n = shape.reduce((product, size) => product * size, 1);
  return Array.from({ length: 2 ** n }, (_, code) => {
    const bits = Float64Array.from({ length: n }, (_bit, i) => (code >> i) & 1);
    const kept = bits.reduce((a, b) => a + b, 0);
    return { mask: tensor(bits).reshape(shape), probability: (1 - p) ** kept * p ** (n - kept) };
  });
}
