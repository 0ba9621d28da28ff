import type { DType } from '@tikhonov/core';
import { bytesOf } from '../../../kernels/map/elements.ts';
import { type F64, type I32, type Kernel, type Routine, routine } from '../../../loops/index.ts';
import { vector } from './rule.ts';

/** Elements of a program as float64. */
export function readAll(k: Kernel, dtype: DType, from: I32, to: I32, count: I32 | number): void {
  if (dtype === 'float64') k.copy(to, from, k.int(count).mul(8));
  else k.run(widen(k), from, to, k.int(count));
}

/** Float64 elements, rounded to those of a program. */
export function writeAll(k: Kernel, dtype: DType, from: I32, to: I32, count: I32 | number): void {
  if (dtype === 'float64') k.copy(to, from, k.int(count).mul(bytesOf(dtype)));
  else k.run(narrow(k), from, to, k.int(count));
}

const widen: Routine<readonly ['i32', 'i32', 'i32'], null> = /* @__PURE__ */ routine(
  ['i32', 'i32', 'i32'],
  null,
  (k, from, to, count) => {
    const source = k.floats(from, 'float32', { strides: [1] });
    k.for(0, count, (i) => vector(k, to).set(source.get(i), i));
  },
);

const narrow: Routine<readonly ['i32', 'i32', 'i32'], null> = /* @__PURE__ */ routine(
  ['i32', 'i32', 'i32'],
  null,
  (k, from, to, count) => {
    const target = k.floats(to, 'float32', { strides: [1] });
    k.for(0, count, (i) => target.set(vector(k, from).get(i), i));
  },
);

/** Sets elements to 0. */
export const clear = (k: Kernel, at: I32, count: I32 | number): void =>
  k.fill(at, 0, k.int(count).mul(8));

/** Sets elements to NaN. */
export const spoil: Routine<readonly ['i32', 'i32'], null> = /* @__PURE__ */ routine(
  ['i32', 'i32'],
  null,
  (k, at, count) => {
    k.for(0, count, (i) => vector(k, at).set(NaN, i));
  },
);

/** Whether there is a NaN among elements. */
export const hasNaN: Routine<readonly ['i32', 'i32'], 'i32'> = /* @__PURE__ */ routine(
  ['i32', 'i32'],
  'i32',
  (k, at, count) => {
    k.for(0, count, (i) => {
      const value = k.f64(vector(k, at).get(i));
      k.if(value.ne(value), () => k.return(1));
    });
    return k.int(0);
  },
);

/** Whether all elements are finite. */
export const allFinite: Routine<readonly ['i32', 'i32'], 'i32'> = /* @__PURE__ */ routine(
  ['i32', 'i32'],
  'i32',
  (k, at, count) => {
    k.for(0, count, (i) => {
      k.if(vector(k, at).get(i).abs().lt(Infinity).not(), () => k.return(0));
    });
    return k.int(1);
  },
);

/** `2^exponent`, for exponents of normal numbers. */
export const powerOfTwo = (exponent: I32): F64 => exponent.add(1023).toI64().shl(52n).asF64();

/** The largest magnitude of `count` elements, `step` apart; NaN does not count. */
const largestOf: Routine<readonly ['i32', 'i32', 'i32'], 'f64'> = /* @__PURE__ */ routine(
  ['i32', 'i32', 'i32'],
  'f64',
  (k, at, step, count) => {
    const x = k.floats(at, 'float64', { strides: [step] });
    const largest = k.f64(0);
    k.for(0, count, (i) => {
      const value = k.f64(x.get(i).abs());
      k.if(value.gt(largest), () => largest.set(value));
    });
    return largest;
  },
);

/** The power of two next below the largest magnitude of elements `step` apart, or 1 for zeros. */
export const scaleOf: Routine<readonly ['i32', 'i32', 'i32'], 'f64'> = /* @__PURE__ */ routine(
  ['i32', 'i32', 'i32'],
  'f64',
  (k, at, step, count) => {
    const largest = k.f64(k.call(largestOf(k), at, step, count));
    k.if(largest.eq(0), () => k.return(1));
    // The bits of the exponent alone; where they are 0, those of 2^-1022, whose reciprocal is finite.
    const bits = k.i64(largest.bits().and(0x7ff0_0000_0000_0000n));
    k.if(bits.eq(0n), () => bits.set(0x10_0000_0000_0000n));
    return bits.asF64();
  },
);

/** Euclidean length of `count` elements, `step` apart, without over- or underflow. */
export const lengthOf: Routine<readonly ['i32', 'i32', 'i32'], 'f64'> = /* @__PURE__ */ routine(
  ['i32', 'i32', 'i32'],
  'f64',
  (k, at, step, count) => {
    const x = k.floats(at, 'float64', { strides: [step] });
    const largest = k.f64(k.call(largestOf(k), at, step, count));
    k.if(largest.eq(0), () => k.return(0));
    const sum = k.f64(0);
    k.for(0, count, (i) => {
      const share = k.f64(x.get(i).div(largest));
      sum.set(sum.add(share.mul(share)));
    });
    return largest.mul(sum.sqrt());
  },
);

/** `Math.hypot` of two numbers, by the compensated sum that engines take. */
export const hypot: Routine<readonly ['f64', 'f64'], 'f64'> = /* @__PURE__ */ routine(
  ['f64', 'f64'],
  'f64',
  (k, x, y) => {
    const largest = k.f64(x.abs().max(y.abs()));
    k.if(largest.eq(0).orElse(largest.eq(Infinity)), () => k.return(largest));
    const first = k.f64(x.div(largest));
    const sum = k.f64(first.mul(first));
    const second = k.f64(y.div(largest));
    // The first square is summed exactly, so there is nothing to make up for.
    sum.set(sum.add(second.mul(second)));
    return sum.sqrt().mul(largest);
  },
);

/**
 * Sorts the numbers from 0 up by their keys, ascending, equal ones as they were: int32 `order` of
 * `count` elements.
 */
export const sortByKeys: Routine<readonly ['i32', 'i32', 'i32'], null> = /* @__PURE__ */ routine(
  ['i32', 'i32', 'i32'],
  null,
  (k, keys, order, count) => {
    const sorted = k.ints(order, 'int32', { strides: [1] });
    k.for(0, count, (i) => {
      const key = k.f64(vector(k, keys).get(i));
      const at = k.i32(i);
      k.while(
        () =>
          at.gt(0).andThen(
            vector(k, keys)
              .get(sorted.get(at.sub(1)))
              .gt(key),
          ),
        () => {
          sorted.set(sorted.get(at.sub(1)), at);
          at.set(at.sub(1));
        },
      );
      sorted.set(i, at);
    });
  },
);
