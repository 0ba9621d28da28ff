import type { DType, Shape, Tensor, TypedArray } from '@tikhonov/core';
import { fromView } from '@tikhonov/core/engine';
import fc from 'fast-check';

/** How the elements of a tensor lie in memory. */
export interface Layout {
  /** Axes from the slowest to the fastest in memory. */
  readonly order: readonly number[];
  /** Distance between neighbours in units of the dense stride, per axis; gaps hold NaN. */
  readonly gaps: readonly number[];
  /** Axes stored backwards. */
  readonly flips: readonly boolean[];
  /** Axes stored once and repeated with stride 0. */
  readonly repeats: readonly boolean[];
  /** Unused elements in front. */
  readonly lead: number;
}

/** The dense row-major layout, to which the others shrink. */
export const denseLayout = (rank: number): Layout => ({
  order: Array.from({ length: rank }, (_, k) => k),
  gaps: new Array<number>(rank).fill(1),
  flips: new Array<boolean>(rank).fill(false),
  repeats: new Array<boolean>(rank).fill(false),
  lead: 0,
});

/** A permutation of `0 .. n - 1` that shrinks to the identity. */
export const permutations = (n: number): fc.Arbitrary<number[]> =>
  fc
    .array(fc.nat({ max: 1_000_000 }), { minLength: n, maxLength: n, size: 'max' })
    .map((ranks) => ranks.map((_, k) => k).sort((a, b) => ranks[a]! - ranks[b]! || a - b));

/** Transposed, strided, flipped and, if asked, broadcast layouts; dense ones half of the time. */
export function layouts(
  rank: number,
  options: { readonly repeats?: boolean } = {},
): fc.Arbitrary<Layout> {
  const perAxis = { minLength: rank, maxLength: rank, size: 'max' } as const;
  const strided = fc.record({
    order: permutations(rank),
    gaps: fc.array(fc.constantFrom(1, 1, 2, 3), perAxis),
    flips: fc.array(fc.boolean(), perAxis),
    repeats: fc.array(
      options.repeats === true ? fc.constantFrom(false, false, false, true) : fc.constant(false),
      perAxis,
    ),
    lead: fc.constantFrom(0, 1, 3),
  });
  return fc.oneof(fc.constant(denseLayout(rank)), strided);
}

/** The shape of what is stored: repeated axes have one element. */
export const storedShape = (shape: Shape, layout: Layout): number[] =>
  shape.map((n, k) => (layout.repeats[k] === true ? Math.min(n, 1) : n));

const storage = {
  float64: Float64Array,
  float32: Float32Array,
  int32: Int32Array,
  uint32: Uint32Array,
  bool: Uint8Array,
} as const;

/**
 * A tensor with the given values (row-major over `storedShape`) in the given layout. Storage between
 * and around the elements is NaN, or a large value that no dtype confuses with data, so that a kernel
 * that reads where it should not is seen.
 */
export function layOut(
  values: readonly number[],
  shape: Shape,
  dtype: DType,
  layout: Layout,
): Tensor {
  const stored = storedShape(shape, layout);
  const stride = new Array<number>(shape.length).fill(0);
  let span = 1;
  for (const k of [...layout.order].reverse()) {
    stride[k] = span * layout.gaps[k]!;
    span *= Math.max(1, stored[k]! * layout.gaps[k]!);
  }
  const data: TypedArray = new storage[dtype](layout.lead + span);
  data.fill(dtype === 'bool' ? 1 : dtype === 'int32' || dtype === 'uint32' ? 0x5eadbeef : NaN);
  let offset = layout.lead;
  for (const [k, n] of stored.entries()) {
    if (layout.flips[k] === true && n > 0) {
      offset += (n - 1) * stride[k]!;
      stride[k] = -stride[k]!;
    }
  }
  const index = new Array<number>(shape.length).fill(0);
  for (const value of values) {
    data[index.reduce((at, i, k) => at + i * stride[k]!, offset)] = value;
    for (let k = shape.length - 1; k >= 0; k--) {
      index[k]! += 1;
      if (index[k]! < stored[k]!) break;
      index[k] = 0;
    }
  }
  const strides = stride.map((s, k) => (layout.repeats[k] === true ? 0 : s));
  return fromView({ dtype, data, shape: [...shape], stride: strides, offset });
}
