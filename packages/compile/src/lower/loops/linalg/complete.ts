import {
  type F64,
  type FloatElements,
  type I32,
  type Kernel,
  type Routine,
  routine,
} from '../../../loops/index.ts';
import { clear, lengthOf } from './matrices.ts';
import { matrix } from './rule.ts';

/** Below this share of the largest singular value, squares underflow. */
const negligible = 2 ** -500;

const divideBy = (k: Kernel, row: FloatElements, n: I32, length: F64): void =>
  k.for(0, n, (i) => row.set(row.get(i).div(length), i));

/**
 * Makes row `order[done]` of `w` a unit vector orthogonal to those that come before it in the order: what is
 * left of the axis nearest to it.
 */
const complete: Routine<readonly ['i32', 'i32', 'i32', 'i32'], null> = /* @__PURE__ */ routine(
  ['i32', 'i32', 'i32', 'i32'],
  null,
  (k, rows, n, from, done) => {
    const w = matrix(k, rows, n);
    const order = k.ints(from, 'int32', { strides: [1] });
    const axis = k.i32(0);
    const least = k.f64(Infinity);
    k.for(0, n, (i) => {
      const used = k.f64(0);
      k.for(0, done, (other) => {
        const x = k.f64(w.get(order.get(other), i));
        used.set(used.add(x.mul(x)));
      });
      k.if(used.lt(least), () => {
        axis.set(i);
        least.set(used);
      });
    });
    const row = w.at(order.get(done));
    clear(k, row.address, n);
    row.set(1, axis);
    // Twice is enough (Kahan; Parlett).
    k.for(0, 2, () => {
      k.for(0, done, (at) => {
        const other = w.at(order.get(at));
        const dot = k.f64(0);
        k.for(0, n, (i) => dot.set(dot.add(row.get(i).mul(other.get(i)))));
        k.for(0, n, (i) => row.set(row.get(i).sub(dot.mul(other.get(i))), i));
      });
    });
    const length = k.f64(k.call(lengthOf(k), row.address, 1, n));
    divideBy(k, row, n, length);
  },
);

/**
 * Rows of length 1, of which `lengths` are the lengths and int32 `order` tells the order; those that are
 * nothing but rounding become orthogonal to the rest.
 */
export const normalize: Routine<readonly ['i32', 'i32', 'i32', 'i32'], null> =
  /* @__PURE__ */ routine(['i32', 'i32', 'i32', 'i32'], null, (k, rows, n, lengthsAt, from) => {
    const w = matrix(k, rows, n);
    const lengths = k.floats(lengthsAt, 'float64', { strides: [1] });
    const order = k.ints(from, 'int32', { strides: [1] });
    k.for(0, n, (done) => {
      const j = k.i32(order.get(done));
      const length = k.f64(lengths.get(j));
      k.if(
        length.gt(k.number(negligible).mul(lengths.get(order.get(0)))),
        () => divideBy(k, w.at(j), n, length),
        () => k.run(complete(k), rows, n, from, done),
      );
    });
  });
