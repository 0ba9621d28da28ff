import { bytesOf } from '../../../kernels/map/elements.ts';
import { type Routine, routine } from '../../../loops/index.ts';
import type { LoopRule } from '../../rule.ts';
import { factorize, substitute } from './lu.ts';
import { clear, hasNaN, readAll, spoil, writeAll } from './matrices.ts';
import { matrix, sizesOf, stackRule } from './rule.ts';

/** Solves from factors whose `sign` is given: the solution of a singular matrix, and any with a NaN, is NaN. */
const solveFactored: Routine<readonly ['i32', 'i32', 'i32', 'i32', 'f64'], null> =
  /* @__PURE__ */ routine(['i32', 'i32', 'i32', 'i32', 'f64'], null, (k, lu, n, x, m, sign) => {
    const size = k.i32(n.mul(m));
    k.if(sign.ne(0), () => {
      k.run(substitute(k), lu, n, x, m);
      k.if(k.call(hasNaN(k), x, size).not(), () => k.return());
    });
    k.run(spoil(k), x, size);
  });

/** By the factorisation with pivots. */
export const solveRule: LoopRule<null> = /* @__PURE__ */ stackRule(
  (spec) => {
    const [, n] = sizesOf(spec);
    return { lu: n * n, x: n * spec.inputs[1]!.layout.shape.at(-1)!, order: n };
  },
  (k, { spec, inputs, outputs, parts: { lu, x, order } }) => {
    const [, n] = sizesOf(spec);
    const { layout, dtype } = spec.inputs[1]!;
    const m = layout.shape.at(-1)!;
    readAll(k, dtype, inputs[0]!, lu, n * n);
    const sign = k.f64(k.call(factorize(k), lu, n, order));
    const rows = k.ints(order, 'int32', { strides: [1] });
    k.for(0, n, (i) => {
      const from = k.i32(inputs[1]!.add(rows.get(i).mul(m * bytesOf(dtype))));
      readAll(k, dtype, from, matrix(k, x, m).at(i).address, m);
    });
    k.run(solveFactored(k), lu, n, x, m, sign);
    writeAll(k, dtype, x, outputs[0]!, n * m);
  },
);

/** The solution for the unit matrix. */
export const inverseRule: LoopRule<null> = /* @__PURE__ */ stackRule(
  (spec) => {
    const [, n] = sizesOf(spec);
    return { lu: n * n, x: n * n, order: n };
  },
  (k, { spec, inputs, outputs, parts: { lu, x, order } }) => {
    const [, n] = sizesOf(spec);
    const { dtype } = spec.inputs[0]!;
    readAll(k, dtype, inputs[0]!, lu, n * n);
    const sign = k.f64(k.call(factorize(k), lu, n, order));
    clear(k, x, n * n);
    const rows = k.ints(order, 'int32', { strides: [1] });
    k.for(0, n, (i) => matrix(k, x, n).set(1, i, rows.get(i)));
    k.run(solveFactored(k), lu, n, x, n, sign);
    writeAll(k, dtype, x, outputs[0]!, n * n);
  },
);
