import { type Routine, routine } from '../../../loops/index.ts';
import type { LoopRule } from '../../rule.ts';
import { clear, readAll, spoil, writeAll } from './matrices.ts';
import { matrix, sizesOf, stackRule } from './rule.ts';

/** Lower factor of the symmetric part of `a` in `l`, which is 0 before. Whether `a` is positive definite. */
const factor: Routine<readonly ['i32', 'i32', 'i32'], 'i32'> = /* @__PURE__ */ routine(
  ['i32', 'i32', 'i32'],
  'i32',
  (k, from, to, n) => {
    const a = matrix(k, from, n);
    const l = matrix(k, to, n);
    k.for(0, n, (i) => {
      const row = l.at(i);
      k.for(0, i.add(1), (j) => {
        const other = l.at(j);
        const sum = k.f64(a.get(i, j).div(2).add(a.get(j, i).div(2)));
        k.for(0, j, (c) => sum.set(sum.sub(row.get(c).mul(other.get(c)))));
        k.if(
          i.eq(j),
          () => {
            k.if(sum.gt(0).and(sum.lt(Infinity)).not(), () => k.return(0));
            row.set(sum.sqrt(), i);
          },
          () => row.set(sum.div(other.get(j)), j),
        );
      });
    });
    return k.int(1);
  },
);

/** As the eager factorisation, row by row. */
export const choleskyRule: LoopRule<null> = /* @__PURE__ */ stackRule(
  (spec) => {
    const [, n] = sizesOf(spec);
    return { a: n * n, l: n * n };
  },
  (k, { spec, inputs, outputs, parts: { a, l } }) => {
    const [, n] = sizesOf(spec);
    const { dtype } = spec.inputs[0]!;
    readAll(k, dtype, inputs[0]!, a, n * n);
    clear(k, l, n * n);
    k.if(k.call(factor(k), a, l, n).not(), () => k.run(spoil(k), l, n * n));
    writeAll(k, dtype, l, outputs[0]!, n * n);
  },
);
