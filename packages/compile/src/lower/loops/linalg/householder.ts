import { type Routine, routine } from '../../../loops/index.ts';
import { clear, hypot, lengthOf, scaleOf } from './matrices.ts';
import { matrix, vector } from './rule.ts';

/**
 * Applies the reflection whose vector lies below `diagonal` (its first element is 1) to the column that starts
 * at `top`; both have `below` more elements, `step` apart.
 */
const apply: Routine<readonly ['i32', 'i32', 'i32', 'f64', 'i32'], null> = /* @__PURE__ */ routine(
  ['i32', 'i32', 'i32', 'f64', 'i32'],
  null,
  (k, diagonal, below, step, scale, top) => {
    const v = k.floats(diagonal, 'float64', { strides: [step] });
    const x = k.floats(top, 'float64', { strides: [step] });
    const dot = k.f64(x.get(0));
    const end = k.i32(below.add(1));
    k.for(1, end, (i) => dot.set(dot.add(v.get(i).mul(x.get(i)))));
    dot.set(dot.mul(scale));
    x.set(x.get(0).sub(dot), 0);
    k.for(1, end, (i) => x.set(x.get(i).sub(dot.mul(v.get(i))), i));
  },
);

/**
 * Reduced QR of the `m` by `n` matrix `a`, `m >= n`, all finite, which is overwritten. `work` has room for
 * `2 n` elements.
 */
export const factorizeQr: Routine<readonly ['i32', 'i32', 'i32', 'i32', 'i32', 'i32'], null> =
  /* @__PURE__ */ routine(
    ['i32', 'i32', 'i32', 'i32', 'i32', 'i32'],
    null,
    (k, from, m, n, toQ, toR, work) => {
      const a = matrix(k, from, n);
      const q = matrix(k, toQ, n);
      const r = matrix(k, toR, n);
      const scales = vector(k, work);
      const sizes = vector(k, k.i32(work.add(n.mul(8))));
      // Columns near 1, by powers of two: Q is that of the matrix itself, and nothing under- or overflows.
      k.for(0, n, (j) => {
        const size = k.f64(k.call(scaleOf(k), a.at(0, j).address, n, m));
        sizes.set(size, j);
        k.for(0, m, (i) => a.set(a.get(i, j).div(size), i, j));
      });
      k.for(0, n, (j, columns) => {
        const diagonal = a.at(j, j);
        const below = k.i32(m.sub(j).sub(1));
        const rest = k.f64(k.call(lengthOf(k), a.at(j.add(1), j).address, n, below));
        k.if(rest.eq(0), () => {
          scales.set(0, j);
          columns.continue();
        });
        const x = k.f64(a.get(j, j));
        const length = k.f64(k.call(hypot(k), x, rest));
        // The sign that adds magnitudes, so nothing cancels.
        k.if(x.gt(0), () => length.set(length.neg()));
        const scale = k.f64(length.sub(x).div(length));
        scales.set(scale, j);
        const first = k.f64(x.sub(length));
        k.for(j.add(1), m, (i) => a.set(a.get(i, j).div(first), i, j));
        a.set(length, j, j);
        k.for(j.add(1), n, (c) => {
          k.run(apply(k), diagonal.address, below, n, scale, a.at(j, c).address);
        });
      });
      // The first columns of the product of the reflections.
      clear(k, toQ, m.mul(n));
      k.for(
        n.sub(1),
        -1,
        (j, columns) => {
          q.set(1, j, j);
          const scale = k.f64(scales.get(j));
          k.if(scale.eq(0), () => columns.continue());
          const diagonal = a.at(j, j);
          const below = k.i32(m.sub(j).sub(1));
          k.for(j, n, (c) => {
            k.run(apply(k), diagonal.address, below, n, scale, q.at(j, c).address);
          });
        },
        -1,
      );
      clear(k, toR, n.mul(n));
      k.for(0, n, (i) => {
        const flip = k.i32(a.get(i, i).lt(0));
        k.for(i, n, (j) => {
          const value = k.f64(a.get(i, j).mul(sizes.get(j)));
          r.set(flip.select(value.neg(), value), i, j);
        });
        k.if(flip, () => k.for(0, m, (row) => q.set(q.get(row, i).neg(), row, i)));
      });
    },
  );
