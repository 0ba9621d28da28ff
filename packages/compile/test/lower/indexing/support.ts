import { expect } from '@jest/globals';
import type { DType } from '@tikhonov/core';
import {
  type AnyPrimitive,
  type Aval,
  erase,
  type Primitive,
  type View,
} from '@tikhonov/core/engine';
import { indexingRules } from '../../../src/lower/loops/indexing/index.ts';
import { denseView, elementsOf, runRule, thrown } from '../harness.ts';

/** Dtypes with elements that are numbers. */
export const numeric: readonly DType[] = ['float64', 'float32', 'int32', 'uint32'];

/** The view in another dtype, in the same layout; floats become whole numbers in integers, and any sign. */
export function inDtype(view: View, dtype: DType): View {
  const { data } = denseView(
    Array.from(view.data, (x) => (dtype === 'bool' ? Number(x > 0) : x)),
    [view.data.length],
    dtype,
  );
  return { ...view, dtype, data };
}

function eager(primitive: AnyPrimitive, inputs: readonly View[], attrs: unknown): View[] | null {
  if (primitive.kind !== 'single') throw new Error('a primitive with one output');
  try {
    return [primitive.forward(inputs, attrs)];
  } catch {
    return null;
  }
}

/** Runs the eager kernel and the compiled one on views: both throw, or give the same bits. */
export function expectSame<N extends number, Attrs>(
  primitive: Primitive<N, Attrs>,
  inputs: readonly View[],
  attrs: Attrs,
): void {
  expectSameOf(erase(primitive), inputs, attrs);
}

/** As `expectSame`, for what the registry holds. */
export function expectSameOf(
  primitive: AnyPrimitive,
  inputs: readonly View[],
  attrs: unknown,
): void {
  const rule = indexingRules.get(primitive.name)!;
  if (primitive.kind !== 'single') throw new Error('a primitive with one output');
  const outputs: Aval[] = [primitive.infer(inputs, attrs)];
  const wanted = eager(primitive, inputs, attrs);
  const got = runRule(rule, inputs, outputs, attrs);
  if (got === thrown || wanted === null) {
    expect(got === thrown).toBe(wanted === null);
    return;
  }
  const [left, right] = [elementsOf(got[0]!), elementsOf(wanted[0]!)];
  const bad = left.findIndex((x, i) => !Object.is(x, right[i]));
  if (bad >= 0 || left.length !== right.length) {
    const seen = `element ${bad}: ${left[bad]} instead of ${right[bad]}`;
    throw new Error(`${primitive.name}: ${seen}; ${show(inputs)} ${JSON.stringify(attrs)}`);
  }
}

const show = (inputs: readonly View[]): string =>
  inputs
    .map(
      ({ dtype, shape, stride, offset }) =>
        `${dtype} [${shape}] strides [${stride}] from ${offset}`,
    )
    .join('; ');

/** A seeded source of numbers that need all bits of their dtype. */
export function numbers(seed: number): (count: number) => number[] {
  let state = seed;
  const next = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  return (count) =>
    Array.from(
      { length: count },
      () => ((next() - 0.5) / (1 + next())) * 10 ** Math.floor(next() * 8),
    );
}

/** A dense view on numbers that need all bits. */
export const randomView = (shape: readonly number[], dtype: DType, seed = 1): View =>
  denseView(numbers(seed)(shape.reduce((a, b) => a * b, 1)), shape, dtype);

/** The view with its axes in another order. */
export const permuted = (view: View, order: readonly number[]): View => ({
  ...view,
  shape: order.map((k) => view.shape[k]!),
  stride: order.map((k) => view.stride[k]!),
});

/** The view read backwards along all axes. */
export const flipped = (view: View): View => ({
  ...view,
  stride: view.stride.map((s) => -s),
  offset: view.stride.reduce((at, s, k) => at + s * Math.max(0, view.shape[k]! - 1), view.offset),
});

/** The view with other strides along some axes of size 1: repeated. */
export const repeated = (view: View, shape: readonly number[]): View => ({
  ...view,
  shape,
  stride: shape.map((n, k) => (view.shape[k] === n ? view.stride[k]! : 0)),
});
