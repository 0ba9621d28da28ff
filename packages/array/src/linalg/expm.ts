import type { View } from '../view.ts';
import { factorize, substitute } from './lu.ts';
import { countOf, doubles, rounded } from './matrices.ts';

/** Coefficients of the Pade numerator of exp by degree, `(2 q - j)! / (j! (q - j)!)` up to a factor. */
const coefficients = (degree: number): Float64Array => {
  const out = new Float64Array(degree + 1);
  out[0] = 1;
  for (let j = 0; j < degree; j++) {
    out[j + 1] = (out[j]! * (degree - j)) / ((2 * degree - j) * (j + 1));
  }
  return out;
};

/** Largest 1-norm at which each degree has a backward error below 2^-53 (Higham 2005, table 2.3). */
const degrees = [
  [3, 1.495585217958292e-2],
  [5, 2.53939833006323e-1],
  [7, 9.504178996162932e-1],
  [9, 2.097847961257068],
  [13, 5.371920351148152],
] as const;

/**
 * Exponentials of a stack `[...batch, n, n]` by scaling, a Pade approximant, and squaring (Higham, "The
 * scaling and squaring method for the matrix exponential revisited", 2005). NaN where an element is not
 * finite.
 */
export function matrixExpKernel(view: View): View {
  const n = view.shape.at(-1)!;
  const a = doubles(view);
  const out = new Float64Array(a.length);
  const count = countOf(view.shape);
  for (let k = 0; k < count; k++) {
    out.set(exponential(a.slice(k * n * n, (k + 1) * n * n), n), k * n * n);
  }
  return rounded(out, view.shape, view.dtype);
}

/** The exponential of one matrix, which is overwritten. */
function exponential(a: Float64Array, n: number): Float64Array {
  const norm = columnNorm(a, n);
  if (!(norm < Infinity)) return a.fill(NaN);
  const [degree, bound] = degrees.find(([, theta]) => norm <= theta) ?? degrees[4];
  const squarings = norm <= bound ? 0 : Math.ceil(Math.log2(norm / bound));
  // In two steps, because 2^-squarings may underflow where the quotient does not.
  const half = Math.floor(squarings / 2);
  for (let i = 0; i < a.length; i++) a[i] = a[i]! / 2 ** half / 2 ** (squarings - half);
  let result = approximant(a, n, coefficients(degree));
  let spare: Float64Array = new Float64Array(n * n);
  for (let k = 0; k < squarings; k++) {
    multiply(result, result, spare, n);
    [result, spare] = [spare, result];
  }
  return result;
}

/** `(V - U)^-1 (V + U)` with the odd part `U` and the even part `V` of the numerator. */
function approximant(a: Float64Array, n: number, c: Float64Array): Float64Array {
  const size = n * n;
  const squared = new Float64Array(size);
  multiply(a, a, squared, n);
  // Horner in A^2: even = c0 + c2 A^2 + ..., odd = A (c1 + c3 A^2 + ...).
  let even: Float64Array = new Float64Array(size);
  let odd: Float64Array = new Float64Array(size);
  let spare: Float64Array = new Float64Array(size);
  for (let j = c.length - 2; j >= 0; j -= 2) {
    multiply(even, squared, spare, n);
    [even, spare] = [spare, even];
    multiply(odd, squared, spare, n);
    [odd, spare] = [spare, odd];
    for (let i = 0; i < n; i++) {
      even[i * (n + 1)]! += c[j]!;
      odd[i * (n + 1)]! += c[j + 1]!;
    }
  }
  multiply(a, odd, spare, n);
  const denominator = new Float64Array(size);
  const numerator = new Float64Array(size);
  for (let i = 0; i < size; i++) denominator[i] = even[i]! - spare[i]!;
  const order = new Int32Array(n);
  factorize(denominator, 0, n, order);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      const from = order[i]! * n + j;
      numerator[i * n + j] = even[from]! + spare[from]!;
    }
  }
  substitute(denominator, 0, n, numerator, 0, n);
  return numerator;
}

/** Largest column sum of magnitudes. */
function columnNorm(a: Float64Array, n: number): number {
  let norm = 0;
  for (let j = 0; j < n; j++) {
    let sum = 0;
    for (let i = 0; i < n; i++) sum += Math.abs(a[i * n + j]!);
    if (!(sum <= norm)) norm = sum;
  }
  return norm;
}

/** `out = a b`. */
function multiply(a: Float64Array, b: Float64Array, out: Float64Array, n: number): void {
  out.fill(0);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < n; k++) {
      const factor = a[i * n + k]!;
      if (factor === 0) continue;
      for (let j = 0; j < n; j++) out[i * n + j]! += factor * b[k * n + j]!;
    }
  }
}
