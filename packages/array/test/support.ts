import { allocate, type DType, type Shape, sizeOf, type View } from '@tikhonov/array';

/** A pseudo-random number source from a seed: integers below 2^31. */
export function source(seed: number): () => number {
  let state = (seed * 7919 + 12345) % 2147483647;
  return () => {
    state = (state * 48271) % 2147483647;
    return state;
  };
}

/** The element at an index, by the definition of a view. */
export const at = (view: View, index: readonly number[]): number =>
  view.data[index.reduce((o, i, k) => o + i * view.stride[k]!, view.offset)]!;

/** Every index of a shape in row-major order, by counting. */
export function* indices(shape: Shape): Generator<number[]> {
  const total = sizeOf(shape);
  for (let flat = 0; flat < total; flat++) {
    const index: number[] = [];
    let rest = flat;
    for (let k = shape.length - 1; k >= 0; k--) {
      index.unshift(rest % shape[k]!);
      rest = Math.floor(rest / shape[k]!);
    }
    yield index;
  }
}

/** The elements in row-major order, one by one. */
export const elements = (view: View): number[] =>
  Array.from(indices(view.shape), (index) => at(view, index));

/** A random strided view whose unused storage holds NaN (or a marker where there is none). */
export function randomView(
  next: () => number,
  shape: Shape,
  options: { dtype?: DType; positive?: boolean; repeat?: boolean } = {},
): View {
  const { dtype = 'float64', positive = false, repeat = true } = options;
  const order = shape.map((_, k) => k).sort(() => (next() % 2 === 0 ? 1 : -1));
  const stride = shape.map(() => 0);
  let span = 1;
  for (const k of order) {
    const gap = 1 + (next() % 3);
    stride[k] = span * gap;
    span *= Math.max(1, shape[k]! * gap);
  }
  const lead = next() % 4;
  const data = allocate(dtype, lead + span);
  const floating = dtype === 'float64' || dtype === 'float32';
  data.fill(floating ? Number.NaN : 77);
  let offset = lead;
  for (const [k, n] of shape.entries()) {
    if (next() % 2 === 0 && n > 0) {
      offset += (n - 1) * stride[k]!;
      stride[k] = -stride[k]!;
    }
    if (repeat && n > 1 && next() % 5 === 0) stride[k] = 0;
  }
  for (const index of indices(shape)) {
    const u = next() / 2147483647;
    const value = floating ? (positive ? 0.1 + 3 * u : 6 * u - 3) : next() % 100;
    data[index.reduce((o, i, k) => o + i * stride[k]!, offset)] =
      dtype === 'bool' ? value % 2 : value;
  }
  return { dtype, data, shape, stride, offset };
}

/** A random shape of rank 0 to 4 with sizes 0 to 4. */
export const randomShape = (next: () => number, minRank = 0): number[] =>
  Array.from(
    { length: minRank + (next() % (5 - minRank)) },
    () => [1, 2, 3, 4, 0][next() % 9] ?? 3,
  );
