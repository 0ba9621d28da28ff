import { uniform } from '../random.ts';

/** Sizes of W1's square matrices. */
export const matmulSizes: readonly number[] = [32, 64, 128, 256, 512, 1024];

/** W1's products: `nn` is A B, `tn` is A^T B, `nt` is A B^T. */
export type MatmulForm = 'nn' | 'tn' | 'nt';

/** W1's products by the first part of a workload's id. */
export const matmulForms: Readonly<Record<string, MatmulForm>> = {
  W1: 'nn',
  'W1-tn': 'tn',
  'W1-nt': 'nt',
};

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

/** Corners of W1's product, in float64: the first element, the last of the first row, and the last. */
export function matmulCorners(n: number, form: MatmulForm): number[] {
  const [a, b] = matmulOperands(n);
  const left = (i: number, k: number): number => (form === 'tn' ? a[k * n + i]! : a[i * n + k]!);
  const right = (k: number, j: number): number => (form === 'nt' ? b[j * n + k]! : b[k * n + j]!);
  const element = (i: number, j: number): number => {
    let sum = 0;
    for (let k = 0; k < n; k++) sum += left(i, k) * right(k, j);
    return sum;
  };
  return [element(0, 0), element(0, n - 1), element(n - 1, n - 1)];
}

/** Of a product's elements, those that `matmulCorners` gives. */
export const cornersOf = (n: number, data: ArrayLike<number>): number[] => [
  data[0]!,
  data[n - 1]!,
  data[n * n - 1]!,
];

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
