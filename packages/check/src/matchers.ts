import { Tensor } from '@tikhonov/core';
import { checkGrads } from './gradients/check-grads.ts';
import type { ArgumentList, ArgumentRecord, CheckedArgs } from './gradients/points.ts';
import { describeReport, positionOf } from './gradients/report.ts';
import type { CheckGradsOptions } from './gradients/settings.ts';
import { toleranceAt } from './slack.ts';

/** What jest's `expect.extend` takes of a matcher's result. */
export interface MatcherResult {
  readonly pass: boolean;
  readonly message: () => string;
}

/** Options of the tensor matchers: `|got - want| <= atol + rtol * |want|` per element. */
export interface CloseOptions {
  /** @defaultValue 1e-6 in float32, 1e-12 in float64, 0 otherwise */
  readonly atol?: number;
  /** @defaultValue as `atol` */
  readonly rtol?: number;
}

/** What a tensor is compared with: another, or nested or typed arrays of its shape. */
export type TensorLikeValues = Tensor | number | readonly unknown[] | ArrayLike<number>;

const defaults = { float32: 1e-6, float64: 1e-12, int32: 0, uint32: 0, bool: 0 } as const;

function expectedValues(expected: unknown, name: string): { shape: number[]; data: number[] } {
  if (expected instanceof Tensor) {
    return { shape: [...expected.shape], data: Array.from(expected.data()) };
  }
  const shape: number[] = [];
  for (let level = expected; ArrayBuffer.isView(level) || Array.isArray(level); ) {
    const list = Array.from(level as ArrayLike<unknown>);
    shape.push(list.length);
    level = list[0];
  }
  const data: number[] = [];
  const visit = (part: unknown, axis: number): void => {
    if (axis < shape.length) {
      const list = Array.from(part as ArrayLike<unknown>);
      if (list.length !== shape[axis]) throw new TypeError(`${name}: ragged expected arrays.`);
      for (const inner of list) visit(inner, axis + 1);
    } else if (typeof part === 'number' || typeof part === 'boolean') data.push(Number(part));
    else throw new TypeError(`${name}: expected a tensor or numbers, got ${typeof part}.`);
  };
  visit(expected, 0);
  return { shape, data };
}

/**
 * Compares element by element. The message names the worst index, both values, error and tolerance,
 * and how many elements differ. NaN equals NaN, infinities equal themselves.
 */
function compare(
  name: string,
  received: unknown,
  expected: unknown,
  options: CloseOptions,
): MatcherResult {
  if (!(received instanceof Tensor)) {
    const kind = received === null ? 'null' : typeof received;
    return { pass: false, message: () => `${name}: received ${kind}, not a Tensor.` };
  }
  const want = expectedValues(expected, name);
  const show = (shape: readonly number[]): string => `[${shape.join(', ')}]`;
  if (show(received.shape) !== show(want.shape)) {
    const shapes = `received shape ${show(received.shape)}, expected ${show(want.shape)}`;
    return { pass: false, message: () => `${name}: ${shapes}.` };
  }
  if (expected instanceof Tensor && expected.dtype !== received.dtype) {
    const dtypes = `received ${received.dtype}, expected ${expected.dtype}`;
    return { pass: false, message: () => `${name}: ${dtypes}.` };
  }
  const { atol = defaults[received.dtype], rtol = atol } = options;
  const got = received.data();
  let [worst, worstAt, wrong] = [-1, 0, 0];
  for (let i = 0; i < got.length; i++) {
    const [a, b] = [got[i]!, want.data[i]!];
    if (a === b || (Number.isNaN(a) && Number.isNaN(b))) continue;
    const error = Math.abs(a - b);
    const limit = toleranceAt({ atol, rtol }, b);
    const severity = error < Infinity ? error / limit : Infinity;
    if (!(severity <= 1)) wrong += 1;
    if (severity > worst) [worst, worstAt] = [severity, i];
  }
  const [a, b] = [got[worstAt], want.data[worstAt]];
  const position = show(positionOf(worstAt, received.shape));
  const limit = toleranceAt({ atol, rtol }, b ?? 0);
  return {
    pass: wrong === 0,
    message: () =>
      wrong === 0
        ? `${name}: all ${got.length} elements of ${show(received.shape)} match, which was not expected.`
        : `${name}: ${wrong} of ${got.length} elements of ${show(received.shape)} differ.\n` +
          `  Worst at ${position}: received ${a}, expected ${b}, error ${Math.abs(a! - b!)}, tolerance ${limit}.`,
  };
}

/** What derivatives are checked at: a list of arguments, or a record that is the only one. */
export type GradientArgs<Args> = ArgumentList<Args> | ArgumentRecord<Args>;

function gradients(
  received: unknown,
  args: CheckedArgs,
  options: CheckGradsOptions,
): MatcherResult {
  if (typeof received !== 'function') {
    const message = (): string =>
      `toHaveCorrectGradients: received ${typeof received}, not a function of tensors.`;
    return { pass: false, message };
  }
  const f = received as () => [];
  const report = checkGrads(f, args as readonly [], options);
  return { pass: report.ok, message: () => describeReport(report, 'toHaveCorrectGradients') };
}

/**
 * Matchers for `expect.extend`: `toBeCloseToTensor(expected, { atol, rtol })`, `toMatchTensor` for
 * equality of every element, and `toHaveCorrectGradients(args, options)` of a function, which is
 * `checkGrads`. Declare them to TypeScript with `interface Matchers<R> extends
 * TensorMatchers<R>` in `declare module 'expect'`.
 */
export const tensorMatchers: {
  readonly toBeCloseToTensor: (
    received: unknown,
    expected: unknown,
    options?: CloseOptions,
  ) => MatcherResult;
  readonly toMatchTensor: (received: unknown, expected: unknown) => MatcherResult;
  readonly toHaveCorrectGradients: (
    received: unknown,
    args: CheckedArgs,
    options?: CheckGradsOptions,
  ) => MatcherResult;
} = {
  toBeCloseToTensor: (received, expected, options = {}) =>
    compare('toBeCloseToTensor', received, expected, options),
  toMatchTensor: (received, expected) =>
    compare('toMatchTensor', received, expected, { atol: 0, rtol: 0 }),
  toHaveCorrectGradients: (received, args, options = {}) => gradients(received, args, options),
};

/** The matchers as they appear on `expect(...)`. */
export interface TensorMatchers<R> {
  /** Every element within `atol + rtol * |expected|`. */
  toBeCloseToTensor(expected: TensorLikeValues, options?: CloseOptions): R;
  /** Every element equal; NaN equals NaN. */
  toMatchTensor(expected: TensorLikeValues): R;
  /** Derivatives of the function agree with central differences at `args`; see `checkGrads`. */
  toHaveCorrectGradients<Args extends GradientArgs<Args>>(
    args: Args,
    options?: CheckGradsOptions,
  ): R;
}
