import { uniform } from '../random.ts';

/** Sizes of W1's square matrices. */
export const matmulSizes: readonly number[] = [32, 64, 128, 256, 512, 1024];

/** Operands of W1, row-major `[n, n]`. */
export const matmulOperands = (n: number): readonly [Float32Array, Float32Array] => [
  uniform(1, n * n, -1, 1),
  uniform(2, n * n, -1, 1),
];

/** Input of W7: `sum(tanh(1.5 x + 0.5) x - exp(-x x))` and its gradient. */
export const elementwiseInput = (): Float32Array => uniform(3, 1_000_000, -2, 2);

/** Additions in W8's chain. */
export const chainLength: number = 20;

/** Operands of W8: `sum(x + b + b + ... + b)` and the gradients of both. */
export const chainOperands = (): readonly [Float32Array, Float32Array] => [
  uniform(4, 16, -1, 1),
  uniform(5, 16, -1, 1),
];

/** The corners of W1's product, in float64: first and last element. */
export function matmulCorners(n: number): number[] {
  const [a, b] = matmulOperands(n);
  const sums = [0, 0];
  for (let k = 0; k < n; k++) {
    sums[0]! += a[k]! * b[k * n]!;
    sums[1]! += a[(n - 1) * n + k]! * b[k * n + n - 1]!;
  }
  return sums;
}

/** Value and first slope of W7, in float64. */
export function elementwiseResult(): number[] {
  const x = elementwiseInput();
  let sum = 0;
  for (const v of x) sum += Math.tanh(1.5 * v + 0.5) * v - Math.exp(-v * v);
  const v = x[0]!;
  const t = Math.tanh(1.5 * v + 0.5);
  return [sum, 1.5 * (1 - t * t) * v + t + 2 * v * Math.exp(-v * v)];
}

/** Value and slopes of W8. */
export function chainResult(): number[] {
  const [x, b] = chainOperands();
  const sum = (values: Float32Array): number => values.reduce((total, v) => total + v, 0);
  return [sum(x) + chainLength * sum(b), 1, chainLength];
}
