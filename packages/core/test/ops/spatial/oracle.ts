import type { Tensor } from '@tikhonov/core';

// Convolutions and pools as their definitions say, one element at a time, on any number of axes.

export interface Plain {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

export interface Steps {
  readonly stride: readonly number[];
  readonly padding: readonly (readonly [number, number])[];
  readonly dilation: readonly number[];
}

export const plain = (x: Tensor): Plain => ({ shape: x.shape, data: Float64Array.from(x.data()) });

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, n) => product * n, 1);

/** All positions of a shape, in row-major order. */
export function* places(shape: readonly number[]): Generator<number[]> {
  for (let flat = 0; flat < sizeOf(shape); flat++) {
    let rest = flat;
    const index = shape.map(() => 0);
    for (let k = shape.length - 1; k >= 0; k--) {
      index[k] = rest % shape[k]!;
      rest = Math.floor(rest / shape[k]!);
    }
    yield index;
  }
}

/** Row-major position, or -1 outside. */
function flatOf(shape: readonly number[], index: readonly number[]): number {
  let flat = 0;
  for (const [k, n] of shape.entries()) {
    if (index[k]! < 0 || index[k]! >= n) return -1;
    flat = flat * n + index[k]!;
  }
  return flat;
}

const read = (x: Plain, index: readonly number[]): number | undefined =>
  x.data[flatOf(x.shape, index)];

const inputPlace = (out: readonly number[], k: readonly number[], steps: Steps): number[] =>
  out.map((i, a) => i * steps.stride[a]! + k[a]! * steps.dilation[a]! - steps.padding[a]![0]);

export function outputSize(
  extent: readonly number[],
  size: readonly number[],
  { stride, padding, dilation }: Steps,
): number[] {
  return extent.map((n, a) => {
    const room = n + padding[a]![0] + padding[a]![1] - dilation[a]! * (size[a]! - 1) - 1;
    return Math.floor(room / stride[a]!) + 1;
  });
}

/** `x` `[N, C, ...]`, `w` `[O, C / groups, ...]`. */
export function naiveConv(x: Plain, w: Plain, steps: Steps, groups: number): Plain {
  const [n, , ...extent] = x.shape as [number, number, ...number[]];
  const [out, into, ...size] = w.shape as [number, number, ...number[]];
  const shape = [n, out, ...outputSize(extent, size, steps)];
  const data = new Float64Array(sizeOf(shape));
  for (const [b, o, ...at] of places(shape) as Iterable<[number, number, ...number[]]>) {
    const group = Math.floor(o / (out / groups));
    let total = 0;
    for (let c = 0; c < into; c++) {
      for (const k of places(size)) {
        const value = read(x, [b, group * into + c, ...inputPlace(at, k, steps)]) ?? 0;
        total += value * read(w, [o, c, ...k])!;
      }
    }
    data[flatOf(shape, [b, o, ...at])] = total;
  }
  return { shape, data };
}

/** `x` `[N, I, ...]`, `w` `[I, O / groups, ...]`: every input is spread over a window of the output. */
export function naiveConvTranspose(
  x: Plain,
  w: Plain,
  steps: Steps,
  groups: number,
  outputPadding: readonly number[],
): Plain {
  const [n, into, ...count] = x.shape as [number, number, ...number[]];
  const [, perGroup, ...size] = w.shape as [number, number, ...number[]];
  const extent = count.map(
    (m, a) =>
      (m - 1) * steps.stride[a]! -
      steps.padding[a]![0] -
      steps.padding[a]![1] +
      steps.dilation[a]! * (size[a]! - 1) +
      outputPadding[a]! +
      1,
  );
  const shape = [n, perGroup * groups, ...extent];
  const data = new Float64Array(sizeOf(shape));
  for (const [b, c, ...at] of places(x.shape) as Iterable<[number, number, ...number[]]>) {
    const group = Math.floor(c / (into / groups));
    for (let o = 0; o < perGroup; o++) {
      for (const k of places(size)) {
        const to = flatOf(shape, [b, group * perGroup + o, ...inputPlace(at, k, steps)]);
        if (to >= 0) data[to]! += read(x, [b, c, ...at])! * read(w, [c, o, ...k])!;
      }
    }
  }
  return { shape, data };
}

/** What each window of a pool holds, and where in the flattened extent; in row-major order. */
export function* poolWindows(
  x: Plain,
  count: readonly number[],
  size: readonly number[],
  steps: Steps,
): Generator<{ values: number[]; places: number[] }> {
  const extent = x.shape.slice(2);
  for (const [b, c, ...at] of places([...x.shape.slice(0, 2), ...count]) as Iterable<
    [number, number, ...number[]]
  >) {
    const values: number[] = [];
    const found: number[] = [];
    for (const k of places(size)) {
      const from = inputPlace(at, k, steps);
      const value = read(x, [b, c, ...from]);
      if (value === undefined || flatOf(extent, from) < 0) continue;
      values.push(value);
      found.push(flatOf(extent, from));
    }
    yield { values, places: found };
  }
}

/** The first maximum, where NaN is the largest. */
export function firstMax(values: readonly number[]): number {
  const nan = values.findIndex(Number.isNaN);
  return nan >= 0 ? nan : values.indexOf(Math.max(...values));
}
