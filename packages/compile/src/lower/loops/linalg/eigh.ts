import { type Routine, routine } from '../../../loops/index.ts';
import type { LoopRule } from '../../rule.ts';
import { diagonalize, needsFlip } from './jacobi.ts';
import { allFinite, clear, readAll, scaleOf, sortByKeys, spoil, writeAll } from './matrices.ts';
import { matrix, sizesOf, stackRule, vector } from './rule.ts';

/**
 * Eigenvalues and, as columns of `out`, eigenvectors of the symmetric part of `a`, all finite. `work` has room
 * for `2 n^2 + 2 n` elements.
 */
const decompose: Routine<readonly ['i32', 'i32', 'i32', 'i32', 'i32'], null> =
  /* @__PURE__ */ routine(
    ['i32', 'i32', 'i32', 'i32', 'i32'],
    null,
    (k, from, n, toValues, toVectors, work) => {
      const size = k.i32(n.mul(n));
      const next = k.i32(work.add(size.mul(8)));
      const [a, s, v] = [matrix(k, from, n), matrix(k, work, n), matrix(k, next, n)];
      const keys = vector(k, next.add(size.mul(8)));
      const order = k.ints(keys.address.add(n.mul(8)), 'int32', { strides: [1] });
      const scale = k.f64(k.call(scaleOf(k), from, 1, size));
      clear(k, next, size);
      k.for(0, n, (i) => {
        v.set(1, i, i);
        k.for(0, n, (j) => {
          const half = a.get(i, j).div(scale).div(2);
          s.set(half.add(a.get(j, i).div(scale).div(2)), i, j);
        });
      });
      k.run(diagonalize(k), work, next, n);
      k.for(0, n, (i) => keys.set(s.get(i, i), i));
      k.run(sortByKeys(k), keys.address, order.address, n);
      const [values, vectors] = [vector(k, toValues), matrix(k, toVectors, n)];
      k.for(0, n, (j) => {
        const at = k.i32(order.get(j));
        const row = v.at(at);
        values.set(keys.get(at).mul(scale), j);
        const flip = k.i32(k.call(needsFlip(k), row.address, 1, n));
        const sign = k.f64(flip.select(k.number(-1), 1));
        k.for(0, n, (i) => vectors.set(sign.mul(row.get(i)), i, j));
      });
    },
  );

/** Jacobi's rotations, in the order in which the eager kernel makes them. */
export const eighRule: LoopRule<null> = /* @__PURE__ */ stackRule(
  (spec) => {
    const [, n] = sizesOf(spec);
    return { a: n * n, values: n, vectors: n * n, work: 2 * n * n + 2 * n };
  },
  (k, { spec, inputs, outputs, parts: { a, values, vectors, work } }) => {
    const [, n] = sizesOf(spec);
    const { dtype } = spec.inputs[0]!;
    readAll(k, dtype, inputs[0]!, a, n * n);
    k.if(
      k.call(allFinite(k), a, n * n),
      () => k.run(decompose(k), a, n, values, vectors, work),
      () => {
        k.run(spoil(k), values, n);
        k.run(spoil(k), vectors, n * n);
      },
    );
    writeAll(k, dtype, values, outputs[0]!, n);
    writeAll(k, dtype, vectors, outputs[1]!, n * n);
  },
);
