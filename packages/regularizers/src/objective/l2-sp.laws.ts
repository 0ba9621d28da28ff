import { drawn, type Law, law } from '@tikhonov/check';
import { add, full, grad, mul, parameter, type Tensor, tensor, zerosLike } from '@tikhonov/core';
import { Linear, Sequential, weightNorm } from '@tikhonov/nn';
import { parametersOf, real } from '../laws/draws.ts';
import { filterLaw } from '../laws/filter.ts';
import { recipeLaw } from '../laws/recipe.ts';
import { exactly, holds, near } from '../laws/slack.ts';
import { thrown } from '../laws/thrown.ts';
import { runSgd } from '../laws/training.ts';
import { zeroStrengthLaw } from '../laws/zero-strength.ts';
import { l2 } from './l2.ts';
import { l2Sp, l2SpMethod } from './l2-sp.ts';

/** Weights with a starting point, others without, and strengths. */
const tuned = drawn((draw) => {
  const shape = draw.shape();
  return {
    old: draw.tensor(shape),
    start: draw.tensor(shape),
    fresh: draw.tensor(draw.shape()),
    alpha: real(draw, 0, 2),
    beta: real(draw, 0, 2),
  };
});

/** What L2 towards a starting point promises. */
export const l2SpLaws: readonly Law[] = [
  law({
    id: 'l2-sp/value',
    statement:
      'The value is alpha / 2 times the squared distance from the starting point plus beta / 2 times the squares of what has none.',
    cases: tuned,
    slack: ({ old, start, fresh, alpha, beta }) => {
      const w0 = start.data();
      const far = Array.from(old.data(), (x, i) => (x - w0[i]!) ** 2).reduce((a, b) => a + b, 0);
      const size = Array.from(fresh.data(), (x) => x ** 2).reduce((a, b) => a + b, 0);
      const value = l2Sp({ old, fresh }, { alpha, beta, reference: { old: start } });
      return near(value, (alpha * far + beta * size) / 2, 1e-13);
    },
  }),
  law({
    id: 'l2-sp/gradient',
    statement:
      'The gradient is alpha (w - w0), beta w for what is new, and none flows to the starting point.',
    cases: tuned,
    slack: ({ old, start, fresh, alpha, beta }) => {
      const slopes = grad((all: { old: Tensor; start: Tensor; fresh: Tensor }) =>
        l2Sp({ old: all.old, fresh: all.fresh }, { alpha, beta, reference: { old: all.start } }),
      )({ old, start, fresh });
      return Math.min(
        near(slopes.old, old.sub(start).mul(alpha), 1e-14),
        near(slopes.fresh, fresh.mul(beta), 1e-14),
        exactly(slopes.start, zerosLike(start)),
      );
    },
  }),
  law({
    id: 'l2-sp/start-at-zero',
    statement:
      'With 0 as the starting point it is L2 with half the strength; at the starting point it is 0, with gradient 0.',
    cases: drawn((draw) => ({ params: parametersOf(draw), alpha: real(draw, 0, 2) })),
    slack: ({ params, alpha }) => {
      const origin = params.map((w) => zerosLike(w));
      const stay = (ws: readonly Tensor[]): Tensor => l2Sp(ws, { alpha, reference: params });
      return Math.min(
        near(l2Sp(params, { alpha, reference: origin }), l2(params, { lambda: alpha / 2 }), 1e-14),
        exactly(stay(params), 0),
        ...grad(stay)(params).map((slope, i) => exactly(slope, origin[i]!)),
      );
    },
  }),
  law({
    id: 'l2-sp/pulls-back',
    statement:
      'A step of gradient descent on it alone multiplies the distance from the starting point by 1 - lr alpha.',
    cases: drawn((draw) => {
      const shape = draw.shape({ minSize: 1 });
      return {
        w: draw.tensor(shape),
        start: draw.tensor(shape),
        alpha: real(draw, 0, 2),
        lr: real(draw, 0.01, 0.5),
      };
    }),
    slack: ({ w, start, alpha, lr }) => {
      const [after] = runSgd(w, (p) => l2Sp(p, { alpha, reference: start }), 1, { lr });
      return near(after!.sub(start), w.sub(start).mul(1 - lr * alpha), 1e-14);
    },
  }),
  law({
    id: 'l2-sp/snapshot',
    statement: 'A starting point taken before training stays where it was while the weights move.',
    cases: drawn((draw) => ({
      w: draw.tensor([draw.integer(1, 4)]),
      move: draw.tensor([1], { avoid: [0] }),
      alpha: real(draw, 0.1, 2),
    })),
    slack: ({ w, move, alpha }) => {
      const p = parameter(w);
      const reference = p.read();
      p.write(add(p.read(), move));
      const want = (alpha / 2) * w.size * mul(move, move).item();
      return near(l2Sp(p, { alpha, reference }), want, 1e-13);
    },
  }),
  zeroStrengthLaw('l2-sp', (ws, zero) =>
    l2Sp([...ws, ...ws], { alpha: zero, beta: zero, reference: [...ws] }),
  ),
  recipeLaw(
    l2SpMethod,
    // A network of 2, 4, 3 and 3 units has 29 weights, each moved by 2; biases do not count.
    (_model, { alpha }) => tensor((alpha! / 2) * 29 * 4, { dtype: 'float64' }),
    { moved: 2 },
  ),
  filterLaw('l2-sp', (params, options) =>
    l2Sp(params, {
      ...options,
      alpha: 2,
      beta: 3,
      reference: { kept: full([2, 2], 1, { dtype: 'float64' }) },
    }),
  ),
  law({
    id: 'l2-sp/defaults',
    statement:
      'New weights are free unless beta says otherwise; what a weight is computed from is refused as a starting point.',
    cases: drawn((draw) => ({
      w: draw.tensor([2, 2]),
      fresh: draw.tensor([2, 2]),
      alpha: real(draw, 0.1, 2),
    })),
    slack: ({ w, fresh, alpha }) => {
      const layer = (): Linear => new Linear(2, 2, { seed: 0, dtype: 'float64' });
      // The other layer has a starting point, so that not all is new.
      const model = new Sequential(weightNorm(layer()), layer());
      const reference = model.parameterValues();
      return Math.min(
        exactly(l2Sp({ w, fresh }, { alpha, reference: { w } }), 0),
        holds(thrown(() => l2Sp(model, { alpha, reference })) instanceof TypeError),
      );
    },
    effort: 0.1,
  }),
];
