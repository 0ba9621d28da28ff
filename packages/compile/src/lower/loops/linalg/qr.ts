import type { LoopRule } from '../../rule.ts';
import { factorizeQr } from './householder.ts';
import { allFinite, readAll, spoil, writeAll } from './matrices.ts';
import { sizesOf, stackRule } from './rule.ts';

/** Householder's reflections. */
export const qrRule: LoopRule<null> = /* @__PURE__ */ stackRule(
  (spec) => {
    const [m, n] = sizesOf(spec);
    return { a: m * n, q: m * n, r: n * n, work: 2 * n };
  },
  (k, { spec, inputs, outputs, parts: { a, q, r, work } }) => {
    const [m, n] = sizesOf(spec);
    const { dtype } = spec.inputs[0]!;
    readAll(k, dtype, inputs[0]!, a, m * n);
    k.if(
      k.call(allFinite(k), a, m * n),
      () => k.run(factorizeQr(k), a, m, n, q, r, work),
      () => {
        k.run(spoil(k), q, m * n);
        k.run(spoil(k), r, n * n);
      },
    );
    writeAll(k, dtype, q, outputs[0]!, m * n);
    writeAll(k, dtype, r, outputs[1]!, n * n);
  },
);
