import type { NdArray } from 'ndarray';
import ops from 'ndarray-ops';
import { toNdarray } from './ndarray.ts';
import { emptyView, sizeOf, type View } from './view.ts';

// Importing this file generates code (ndarray-ops compiles its loops with `new Function`), so it is
// behind a subpath of its own. Measured against this package's loops it is not faster, so nothing is
// registered: see docs/array.md. It remains an independent implementation of the same kernels.

type Unary = (out: NdArray, x: NdArray) => unknown;
type Binary = (out: NdArray, x: NdArray, y: NdArray) => unknown;

const unary =
  (name: string, run: Unary) =>
  (x: View): View => {
    requireKind(name, x);
    const out = emptyView(x.shape, x.dtype);
    if (sizeOf(x.shape) > 0) run(toNdarray(out), toNdarray(x));
    return out;
  };

const binary =
  (name: string, run: Binary) =>
  (x: View, y: View): View => {
    requireKind(name, x);
    // ndarray-ops does not broadcast, and says only that shapes differ.
    if (String(x.shape) !== String(y.shape) || x.dtype !== y.dtype) {
      throw new TypeError(
        `ndarray-ops ${name}: needs equal shapes and dtypes, got ${x.dtype} [${x.shape.join(', ')}] and ` +
          `${y.dtype} [${y.shape.join(', ')}].\n  Broadcast with broadcastView first.`,
      );
    }
    const out = emptyView(x.shape, x.dtype);
    if (sizeOf(x.shape) > 0) run(toNdarray(out), toNdarray(x), toNdarray(y));
    return out;
  };

const reduction =
  (name: string, run: (x: NdArray) => number, empty: number) =>
  (x: View): number => {
    requireKind(name, x);
    return sizeOf(x.shape) === 0 ? empty : run(toNdarray(x));
  };

function requireKind(name: string, x: View): void {
  if (x.dtype === 'bool') {
    throw new TypeError(
      `ndarray-ops ${name}: bool views have no arithmetic. Copy them with copyAs.`,
    );
  }
}

type Kernel1 = (x: View) => View;
type Kernel2 = (x: View, y: View) => View;
type Reduction = (x: View) => number;

/** Elementwise `x + y` on equal shapes. */
export const add: Kernel2 = binary('add', (out, x, y) => ops.add(out, x, y));
/** Elementwise `x - y`. */
export const sub: Kernel2 = binary('sub', (out, x, y) => ops.sub(out, x, y));
/** Elementwise `x * y`; integers are multiplied as doubles and then wrapped. */
export const mul: Kernel2 = binary('mul', (out, x, y) => ops.mul(out, x, y));
/** Elementwise `x / y`. */
export const div: Kernel2 = binary('div', (out, x, y) => ops.div(out, x, y));
/** Elementwise larger value. */
export const maximum: Kernel2 = binary('maximum', (out, x, y) => ops.max(out, x, y));
/** Elementwise smaller value. */
export const minimum: Kernel2 = binary('minimum', (out, x, y) => ops.min(out, x, y));
/** Elementwise `-x`. */
export const neg: Kernel1 = unary('neg', (out, x) => ops.neg(out, x));
/** Elementwise `|x|`. */
export const abs: Kernel1 = unary('abs', (out, x) => ops.abs(out, x));
/** Elementwise `e^x`. */
export const exp: Kernel1 = unary('exp', (out, x) => ops.exp(out, x));
/** Elementwise natural logarithm. */
export const log: Kernel1 = unary('log', (out, x) => ops.log(out, x));
/** Elementwise square root. */
export const sqrt: Kernel1 = unary('sqrt', (out, x) => ops.sqrt(out, x));
/** Elementwise floor. */
export const floor: Kernel1 = unary('floor', (out, x) => ops.floor(out, x));
/** A dense copy. */
export const copy: Kernel1 = unary('copy', (out, x) => ops.assign(out, x));
/** Sum of all elements, in float64. */
export const sum: Reduction = reduction('sum', (x) => ops.sum(x), 0);
/** Largest element; -Infinity for none. */
export const max: Reduction = reduction('max', (x) => ops.sup(x), Number.NEGATIVE_INFINITY);
/** Smallest element; Infinity for none. */
export const min: Reduction = reduction('min', (x) => ops.inf(x), Number.POSITIVE_INFINITY);
/** Euclidean norm of all elements, without protection against overflow. */
export const norm: Reduction = reduction('norm', (x) => ops.norm2(x), 0);
