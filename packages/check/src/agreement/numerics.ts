import type { DType } from '@tikhonov/core';

/** How far results of a primitive may lie apart where it is carried out in different ways. */
export type Numerics =
  /** Not at all: moves, selections, integers, portable draws. */
  | { readonly kind: 'exact' }
  /**
   * Not at all for the same operands: IEEE 754's own operations. Operands that differ at all may be rounded
   * to either side, even where the derivative is 0.
   */
  | { readonly kind: 'rounded' }
  /** By some units in the last place of the result. */
  | { readonly kind: 'function'; readonly ulps: number }
  /** By the rounding of a sum's terms, which may be added in any order. */
  | { readonly kind: 'sum' }
  /** By as much as if the inputs had been rounded: the backward error of a stable algorithm. */
  | { readonly kind: 'matrix' };

const exact = [
  ...['abs', 'argmax', 'argsort', 'broadcastTo', 'check', 'concat', 'equal', 'flip', 'floor'],
  ...['floorDivide', 'foldIn', 'gather', 'less', 'lessEqual', 'logGammaDraw', 'logicalAnd'],
  ...['logicalNot', 'max', 'maximum', 'minimum', 'neg', 'normalFromBits', 'notEqual', 'pad'],
  ...['permutation', 'permute', 'poissonDraw', 'randomBits', 'reshape', 'round', 'sign', 'slice'],
  ...['truncatedDraw', 'where', 'windows'],
];

const rounded = [
  ...['add', 'astype', 'axpby', 'div', 'mul', 'portableExp', 'portableLog', 'remainder', 'sqrt'],
  'sub',
];

/** Largest errors of both ways together, in units in the last place; those of eager kernels are below 2. */
const functions: Readonly<Record<string, number>> = {
  acos: 4,
  acosh: 5,
  asin: 5,
  asinh: 5,
  atan: 5,
  atan2: 5,
  atanh: 5,
  cos: 4,
  cosh: 4,
  erf: 4,
  erfc: 8,
  erfinv: 8,
  exp: 4,
  expm1: 5,
  log: 3,
  log10: 3,
  log1p: 4,
  log2: 3,
  pow: 4,
  sigmoid: 4,
  sin: 4,
  sinh: 4,
  softplus: 5,
  tanh: 5,
};

const sums = ['cumsum', 'matmul', 'norm', 'scatterAdd', 'sum', 'sumWindows'];

const matrices = [
  ...['cholesky', 'cofactor', 'det', 'eigh', 'inverse', 'matrixExp', 'pinv', 'qr', 'slogdet'],
  ...['solve', 'svd', 'triangularSolve'],
];

const table: ReadonlyMap<string, Numerics> = new Map<string, Numerics>([
  ...exact.map((name) => [name, { kind: 'exact' }] as const),
  ...rounded.map((name) => [name, { kind: 'rounded' }] as const),
  ...Object.entries(functions).map(([name, ulps]) => [name, { kind: 'function', ulps }] as const),
  ...sums.map((name) => [name, { kind: 'sum' }] as const),
  ...matrices.map((name) => [name, { kind: 'matrix' }] as const),
]);

/**
 * What may differ between two ways to carry out a primitive, by its name.
 *
 * @throws RangeError for a primitive that nothing is known of
 */
export function numericsOf(name: string): Numerics {
  const known = table.get(name);
  if (known !== undefined) return known;
  throw new RangeError(
    `numericsOf: nothing is known of the primitive "${name}".\n  Add it to packages/check/src/agreement/numerics.ts.`,
  );
}

/** Half the distance between 1 and the next number: the largest relative error of one rounding. */
export const roundingUnit = (dtype: DType): number => (dtype === 'float32' ? 2 ** -24 : 2 ** -53);

// Where tests run in contexts of their own, every use of a global costs a search.
const { max } = Math;

const [bits, number] = (() => {
  const value = new Float64Array(1);
  return [new Uint32Array(value.buffer), value] as const;
})();
/** Where a number has its exponent. */
const high = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1 ? 1 : 0;

/** Powers of two from that of the smallest number on. */
const smallest = -1074;
const powers = Float64Array.from({ length: 1024 - smallest }, (_, k) => 2 ** (k + smallest));

/** The distance between a number and the next in magnitude. */
export function ulp(x: number, dtype: DType): number {
  number[0] = x;
  // Those of zeros and subnormal numbers are below that of the least normal one.
  const exponent = ((bits[high]! >>> 20) & 0x7ff) - 1023;
  if (exponent === 1024) return 0;
  const isFloat32 = dtype === 'float32';
  return powers[max(exponent, isFloat32 ? -126 : -1022) - (isFloat32 ? 23 : 52) - smallest]!;
}
