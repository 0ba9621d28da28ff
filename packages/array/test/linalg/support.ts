import { type View, viewOf } from '@tikhonov/array';
import { source } from '../support.ts';

/** A matrix as rows of numbers. */
export type Matrix = readonly (readonly number[])[];

/** The view of a matrix in float64. */
export const viewOfMatrix = (rows: Matrix, columns: number = rows[0]?.length ?? 0): View =>
  viewOf(Float64Array.from(rows.flat()), [rows.length, columns], 'float64');

/** The matrix that a contiguous view holds. */
export function matrixOf(view: View): number[][] {
  const [m, n] = view.shape as [number, number];
  return Array.from({ length: m }, (_, i) => Array.from(view.data.slice(i * n, (i + 1) * n)));
}

export const product = (a: Matrix, b: Matrix, columns: number = b[0]?.length ?? 0): number[][] =>
  a.map((row) =>
    Array.from({ length: columns }, (_, j) => row.reduce((sum, x, k) => sum + x * b[k]![j]!, 0)),
  );

export const turned = (a: Matrix, columns: number = a[0]?.length ?? 0): number[][] =>
  Array.from({ length: columns }, (_, j) => a.map((row) => row[j]!));

export const scaled = (a: Matrix, factor: number): number[][] =>
  a.map((row) => row.map((x) => x * factor));

/** Largest magnitude. */
export const largest = (a: Matrix): number =>
  a.flat().reduce((most, x) => (Number.isNaN(x) ? Infinity : Math.max(most, Math.abs(x))), 0);

/** Largest difference, relative to the largest magnitude of `want` (scaled first: nothing overflows). */
export function gap(got: Matrix, want: Matrix): number {
  const size = largest(want) || 1;
  const differences = got.map((row, i) => row.map((x, j) => x / size - want[i]![j]! / size));
  return largest(differences);
}

/** How far the columns are from orthonormal. */
export function skewness(columns: Matrix, count: number): number {
  const gram = product(turned(columns, count), columns, count);
  return largest(gram.map((row, i) => row.map((x, j) => x - (i === j ? 1 : 0))));
}

/** Pseudo-random values in [-1, 1]. */
export function noiseMatrix(m: number, n: number, seed: number): number[][] {
  const next = source(seed);
  return Array.from({ length: m }, () =>
    Array.from({ length: n }, () => (2 * next()) / 2147483647 - 1),
  );
}

/** Matrices that factorizations find hard, by name. */
export function hard(m: number, n: number): Readonly<Record<string, number[][]>> {
  const random = noiseMatrix(m, n, 10 * m + n);
  const make = (f: (i: number, j: number) => number): number[][] =>
    Array.from({ length: m }, (_, i) => Array.from({ length: n }, (_, j) => f(i, j)));
  return {
    random,
    zeros: make(() => 0),
    ones: make(() => 1),
    identity: make((i, j) => (i === j ? 1 : 0)),
    'repeated values': make((i, j) => (i === j ? 2 : 0) + 1),
    'rank 1': make((i, j) => random[i]![0]! * random[0]![j]!),
    'rank 2': make((i, j) => random[i]![0]! * random[0]![j]! + (i % 3) * (j % 2)),
    Hilbert: make((i, j) => 1 / (1 + i + j)),
    'graded columns': make((i, j) => random[i]![j]! * 10 ** (-20 * j)),
    'graded rows': make((i, j) => random[i]![j]! * 10 ** (-20 * i)),
    'graded both ways': make((i, j) => random[i]![j]! * 10 ** (-12 * (i + j))),
    tiny: scaled(random, 1e-150),
    huge: scaled(random, 1e150),
    'near overflow': scaled(random, 1e307),
    subnormal: scaled(random, 1e-310),
    'one subnormal': make((i, j) => (i === 0 && j === 0 ? 5e-324 : 0)),
    'tiny beside huge': make((i, j) => random[i]![j]! * (j % 2 === 0 ? 1e-150 : 1e150)),
    'nearly diagonal': make((i, j) => (i === j ? i + 1 : 1e-200)),
    'clustered values': make((i, j) => (i === j ? 1 + i * 1e-15 : 1e-16)),
  };
}

/** `2^-53`. */
export const rounding: number = 2 ** -53;
