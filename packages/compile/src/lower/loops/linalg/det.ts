import { log as logOf } from '../../../math/log.ts';
import type { LoopRule } from '../../rule.ts';
import { longProduct, multiplyBy, numberOf } from './long-product.ts';
import { factorize } from './lu.ts';
import { hasNaN, readAll } from './matrices.ts';
import { matrix, sizesOf, stackRule } from './rule.ts';

/** The product of the pivots, with the sign of their exchanges. */
export const detRule: LoopRule<null> = /* @__PURE__ */ stackRule(
  (spec) => {
    const [, n] = sizesOf(spec);
    return { lu: n * n, order: n };
  },
  (k, { spec, inputs, outputs, parts: { lu, order } }) => {
    const [, n] = sizesOf(spec);
    const { dtype } = spec.inputs[0]!;
    readAll(k, dtype, inputs[0]!, lu, n * n);
    const sign = k.f64(k.call(factorize(k), lu, n, order));
    const out = k.floats(outputs[0]!, dtype, { strides: [] });
    k.if(
      sign.ne(0),
      () => {
        const product = longProduct(k);
        k.for(0, n, (i) => multiplyBy(k, product, matrix(k, lu, n).get(i, i)));
        out.set(k.call(numberOf(k), product.mantissa, product.power, sign));
      },
      () => {
        out.set(k.call(hasNaN(k), lu, n * n).select(k.number(NaN), 0));
      },
    );
  },
);

/** The sign, and the logarithms of the pivots added up. */
export const slogdetRule: LoopRule<null> = /* @__PURE__ */ stackRule(
  (spec) => {
    const [, n] = sizesOf(spec);
    return { lu: n * n, order: n };
  },
  (k, { spec, inputs, outputs, parts: { lu, order } }) => {
    const [, n] = sizesOf(spec);
    const { dtype } = spec.inputs[0]!;
    readAll(k, dtype, inputs[0]!, lu, n * n);
    const sign = k.f64(k.call(factorize(k), lu, n, order));
    const log = k.f64(0);
    k.if(
      sign.ne(0),
      () => {
        k.for(0, n, (i) => {
          const pivot = k.f64(matrix(k, lu, n).get(i, i));
          // No pivot is 0 here, and one that is NaN is its own sign.
          sign.set(sign.mul(pivot.eq(pivot).select(k.number(1).copySign(pivot), pivot)));
          log.set(log.add(k.math(logOf, pivot.abs())));
        });
      },
      () => {
        log.set(-Infinity);
        k.if(k.call(hasNaN(k), lu, n * n), () => {
          sign.set(NaN);
          log.set(NaN);
        });
      },
    );
    k.floats(outputs[0]!, dtype, { strides: [] }).set(sign);
    k.floats(outputs[1]!, dtype, { strides: [] }).set(log);
  },
);
