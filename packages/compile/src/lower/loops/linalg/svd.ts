import { type Routine, routine } from '../../../loops/index.ts';
import type { LoopRule, LoopSpec } from '../../rule.ts';
import { normalize } from './complete.ts';
import { factorizeQr } from './householder.ts';
import { needsFlip, orthogonalize } from './jacobi.ts';
import {
  allFinite,
  clear,
  lengthOf,
  readAll,
  scaleOf,
  sortByKeys,
  spoil,
  writeAll,
} from './matrices.ts';
import { matrix, sizesOf, stackRule, vector } from './rule.ts';

/** How many float64 elements `decompose` needs to work with. */
const workFor = (m: number, n: number): number => {
  const [tall, size] = [Math.max(m, n), Math.min(m, n)];
  return 2 * tall * size + 3 * size * size + 5 * size;
};

/**
 * Reduced singular value decomposition of the `m` by `n` matrix `x`; NaN throughout where an element is not
 * finite. One-sided Jacobi rotations of the triangular factor.
 */
const decompose: Routine<readonly ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32'], null> =
  /* @__PURE__ */ routine(
    ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32'],
    null,
    (k, from, m, n, toU, toS, toVh, work) => {
      const wide = k.i32(n.gt(m));
      const tall = k.i32(wide.select(n, m));
      const size = k.i32(wide.select(m, n));
      k.if(k.call(allFinite(k), from, m.mul(n)).not(), () => {
        k.run(spoil(k), toU, m.mul(size));
        k.run(spoil(k), toS, size);
        k.run(spoil(k), toVh, size.mul(n));
        k.return();
      });
      let at = work;
      const part = (count: typeof m): typeof m => {
        const start = at;
        at = k.i32(start.add(count.mul(8)));
        return start;
      };
      const [long, square] = [k.i32(tall.mul(size)), k.i32(size.mul(size))];
      const a = matrix(k, part(long), size);
      const q = matrix(k, part(long), size);
      const r = matrix(k, part(square), size);
      const w = matrix(k, part(square), size);
      const v = matrix(k, part(square), size);
      const lengths = vector(k, part(size));
      const keys = vector(k, part(size));
      const order = k.ints(part(size), 'int32', { strides: [1] });

      // Near 1, by a power of two, and transposed if wide.
      const scale = k.f64(k.call(scaleOf(k), from, 1, m.mul(n)));
      const x = k.floats(from, 'float64', {
        strides: [k.i32(wide.select(k.int(1), n)), k.i32(wide.select(n, 1))],
      });
      k.for(0, tall, (i) => k.for(0, size, (j) => a.set(x.get(i, j).div(scale), i, j)));
      const factor = k.i32(a.address);
      k.if(tall.gt(size), () => {
        k.run(factorizeQr(k), a.address, tall, size, q.address, r.address, at);
        factor.set(r.address);
      });
      // Columns are stored as rows, so that rotations touch adjacent elements.
      const columns = k.floats(factor, 'float64', { strides: [1, size] });
      clear(k, v.address, square);
      k.for(0, size, (j) => {
        v.set(1, j, j);
        k.for(0, size, (i) => w.set(columns.get(j, i), j, i));
      });
      k.run(orthogonalize(k), w.address, v.address, size);
      k.for(0, size, (j) => {
        const length = k.f64(k.call(lengthOf(k), w.at(j).address, 1, size));
        lengths.set(length, j);
        keys.set(length.neg(), j);
      });
      k.run(sortByKeys(k), keys.address, order.address, size);
      k.run(normalize(k), w.address, size, lengths.address, order.address);

      const [u, vh] = [matrix(k, toU, size), matrix(k, toVh, n)];
      k.for(0, size, (j) => {
        const row = k.i32(order.get(j));
        vector(k, toS).set(lengths.get(row).mul(scale), j);
        // The long vectors belong to the side of the longer axis.
        const [inU, inVh] = [u.at(0, j).address, vh.at(j).address];
        const longs = k.floats(k.i32(wide.select(inVh, inU)), 'float64', {
          strides: [k.i32(wide.select(k.int(1), size))],
        });
        const shorts = k.floats(k.i32(wide.select(inU, inVh)), 'float64', {
          strides: [k.i32(wide.select(size, 1))],
        });
        const [left, right] = [w.at(row), v.at(row)];
        k.for(0, size, (i) => shorts.set(right.get(i), i));
        k.for(0, tall, (i) => {
          const sum = k.f64(0);
          k.if(
            tall.eq(size),
            () => sum.set(left.get(i)),
            () => k.for(0, size, (l) => sum.set(sum.add(q.get(i, l).mul(left.get(l))))),
          );
          longs.set(sum, i);
        });
        k.if(k.call(needsFlip(k), inU, size, m), () => {
          k.for(0, m, (i) => u.set(u.get(i, j).neg(), i, j));
          k.for(0, n, (i) => vh.set(vh.get(j, i).neg(), j, i));
        });
      });
    },
  );

type Part = 'x' | 'u' | 's' | 'vh' | 'work';

const partsOf = (spec: LoopSpec<unknown>): Record<Part, number> => {
  const [m, n] = sizesOf(spec);
  const size = Math.min(m, n);
  return { x: m * n, u: m * size, s: size, vh: size * n, work: workFor(m, n) };
};

/** One-sided rotations, as the eager kernel makes them. */
export const svdRule: LoopRule<null> = /* @__PURE__ */ stackRule(
  partsOf,
  (k, { spec, inputs, outputs, parts: { x, u, s, vh, work } }) => {
    const [m, n] = sizesOf(spec);
    const size = Math.min(m, n);
    const { dtype } = spec.inputs[0]!;
    readAll(k, dtype, inputs[0]!, x, m * n);
    k.run(decompose(k), x, m, n, u, s, vh, work);
    writeAll(k, dtype, u, outputs[0]!, m * size);
    writeAll(k, dtype, s, outputs[1]!, size);
    writeAll(k, dtype, vh, outputs[2]!, size * n);
  },
);

/** Moore-Penrose inverses; singular values up to `rcond` times the largest count as 0. */
export const pinvRule: LoopRule<{ readonly rcond: number }> = /* @__PURE__ */ stackRule<
  { readonly rcond: number },
  Part | 'out'
>(
  (spec) => {
    const [m, n] = sizesOf(spec);
    return { ...partsOf(spec), out: n * m };
  },
  (k, { spec, inputs, outputs, parts }) => {
    const [m, n] = sizesOf(spec);
    const size = Math.min(m, n);
    const { dtype } = spec.inputs[0]!;
    readAll(k, dtype, inputs[0]!, parts.x, m * n);
    k.run(decompose(k), parts.x, m, n, parts.u, parts.s, parts.vh, parts.work);
    clear(k, parts.out, n * m);
    const [u, s, vh] = [matrix(k, parts.u, size), vector(k, parts.s), matrix(k, parts.vh, n)];
    if (size > 0) {
      const cut = k.f64(k.number(spec.attrs.rcond).mul(s.get(0)));
      k.for(0, size, (l, values) => {
        const value = k.f64(s.get(l));
        k.if(value.le(cut), () => values.continue());
        k.for(0, n, (i) => {
          const factor = k.f64(vh.get(l, i).div(value));
          const row = matrix(k, parts.out, m).at(i);
          k.for(0, m, (j) => row.set(row.get(j).add(factor.mul(u.get(j, l))), j));
        });
      });
    }
    writeAll(k, dtype, parts.out, outputs[0]!, n * m);
  },
);
