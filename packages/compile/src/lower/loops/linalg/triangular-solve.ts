import type { LoopRule } from '../../rule.ts';
import { hasNaN, readAll, spoil, writeAll } from './matrices.ts';
import { subtractRow } from './rows.ts';
import { matrix, sizesOf, stackRule } from './rule.ts';

/** The attributes of the primitive. */
interface TriangularSystem {
  readonly upper: boolean;
  readonly transpose: boolean;
  readonly unitDiagonal: boolean;
}

/** Substitution, forwards or backwards. */
export const triangularSolveRule: LoopRule<TriangularSystem> = /* @__PURE__ */ stackRule(
  (spec) => {
    const [, n] = sizesOf(spec);
    return { x: n * spec.inputs[1]!.layout.shape.at(-1)! };
  },
  (k, { spec, inputs, outputs, parts }) => {
    const [, n] = sizesOf(spec);
    const { layout, dtype } = spec.inputs[1]!;
    const { upper, transpose, unitDiagonal } = spec.attrs;
    const m = layout.shape.at(-1)!;
    const t = k.floats(inputs[0]!, dtype, { strides: transpose ? [1, n] : [n, 1] });
    const x = matrix(k, parts.x, m);
    readAll(k, dtype, inputs[1]!, parts.x, n * m);
    const singular = k.i32(0);
    const forward = upper === transpose;
    const [first, step] = forward ? [0, 1] : [n - 1, -1];
    k.for(
      first,
      forward ? n : -1,
      (i) => {
        const row = x.at(i);
        k.for(
          first,
          i,
          (done) => {
            const factor = k.f64(t.get(i, done));
            k.if(factor.ne(0), () => {
              k.run(subtractRow(k), row.address, x.at(done).address, factor, m);
            });
          },
          step,
        );
        if (unitDiagonal) return;
        const pivot = k.f64(t.get(i, i));
        singular.set(singular.or(pivot.eq(0)));
        k.for(0, m, (j) => row.set(row.get(j).div(pivot), j));
      },
      step,
    );
    k.if(singular.orElse(k.call(hasNaN(k), parts.x, n * m)), () => {
      k.run(spoil(k), parts.x, n * m);
    });
    writeAll(k, dtype, parts.x, outputs[0]!, n * m);
  },
);
