import { expect } from '@jest/globals';
import { Tensor } from '@tikhonov/core';
import { compile } from '../../src/compile.ts';

/** A tree with tensors replaced by what they hold. */
export function plain(tree: unknown): unknown {
  if (tree instanceof Tensor) {
    return { dtype: tree.dtype, shape: [...tree.shape], values: [...tree.data()] };
  }
  if (Array.isArray(tree)) return tree.map(plain);
  if (typeof tree === 'object' && tree !== null) {
    return Object.fromEntries(Object.entries(tree).map(([name, item]) => [name, plain(item)]));
  }
  return tree;
}

/** Whether trees hold the same, numbers up to a share of 1 or of their size, whichever is more. */
export function expectSame(got: unknown, want: unknown, tolerance = 0): void {
  if (tolerance === 0) {
    expect(plain(got)).toEqual(plain(want));
    return;
  }
  const [a, b] = [numbersOf(got), numbersOf(want)];
  expect(a.length).toBe(b.length);
  for (const [i, x] of b.entries()) {
    expect(Math.abs(a[i]! - x)).toBeLessThanOrEqual(tolerance * Math.max(1, Math.abs(x)));
  }
}

function numbersOf(tree: unknown): number[] {
  if (tree instanceof Tensor) return [...tree.data()];
  if (typeof tree !== 'object' || tree === null) return [];
  return Object.values(tree).flatMap(numbersOf);
}

/** Compiles a function without state and compares two calls with the plain one. Returns what it gave. */
export function expectCompiled<A extends readonly unknown[], R>(
  f: (...args: A) => R,
  args: A,
  tolerance = 0,
): R {
  const g = compile(f);
  const want = f(...args);
  expectSame(g(...args), want, tolerance);
  const out = g(...args);
  expectSame(out, want, tolerance);
  expect(g.traces).toBe(1);
  return out;
}

/** What a call throws. */
export function thrownBy(f: () => unknown): Error {
  try {
    f();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('nothing was thrown');
}
