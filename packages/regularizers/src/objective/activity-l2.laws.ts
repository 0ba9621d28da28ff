import { drawn, type Law, law } from '@tikhonov/check';
import { concat, grad, square, sum, type Tensor, tanh, tensor } from '@tikhonov/core';
import { mlp } from '@tikhonov/nn';
import { activationStep } from '../laws/activation-step.ts';
import { real } from '../laws/draws.ts';
import { recipeLaw } from '../laws/recipe.ts';
import { exactly, near } from '../laws/slack.ts';
import { zeroStrengthLaw } from '../laws/zero-strength.ts';
import { activityL2Method } from './activity-l2.ts';
import { activityL2, activityL2Term } from './activity-penalty.ts';

/** What the L2 penalty of activations promises. */
export const activityL2Laws: readonly Law[] = [
  law({
    id: 'activity-l2/gradient',
    statement: 'The gradient is 2 lambda h / n for n samples, and 0 at h = 0.',
    cases: drawn((draw) => ({
      h: draw.tensor(draw.shape({ minRank: 1, minSize: 1 })),
      lambda: real(draw, 0.1, 2),
    })),
    slack: ({ h, lambda }) =>
      near(
        grad((x: Tensor) => activityL2(x, { lambda }))(h),
        h.mul((2 * lambda) / h.shape[0]!),
        1e-14,
      ),
  }),
  law({
    id: 'activity-l2/mean-over-samples',
    statement:
      'It is a mean over samples of sums over units: the same batch twice has the same penalty, the same units twice have twice the penalty.',
    cases: drawn((draw) => ({
      h: draw.tensor([draw.integer(1, 3), draw.integer(1, 3)]),
      lambda: real(draw, 0.1, 2),
    })),
    slack: ({ h, lambda }) => {
      const one = activityL2(h, { lambda });
      return Math.min(
        near(one, (lambda * sum(square(h)).item()) / h.shape[0]!, 1e-13),
        near(activityL2(concat([h, h]), { lambda }), one, 1e-13),
        near(activityL2(concat([h, h], { axis: 1 }), { lambda }), one.mul(2), 1e-13),
      );
    },
  }),
  law({
    id: 'activity-l2/weighted-samples',
    statement: 'A sample of weight 2 counts twice, one of weight 0 not at all, whatever it holds.',
    cases: drawn((draw) => ({
      h: draw.tensor([2, 3]),
      junk: draw.pick([Number.NaN, Infinity, 7]),
      lambda: real(draw, 0.1, 2),
    })),
    slack: ({ h, junk, lambda }) => {
      const first = h.mul(tensor(Float64Array.of(1, 0), { shape: [2, 1] }));
      const [a, b] = [h, h.mul(0).add(junk)];
      const sampleWeight = tensor(Float64Array.of(2, 1, 0, 0));
      const weighted = activityL2(concat([a, b]), { lambda, sampleWeight });
      const repeated = sum(square(first)).add(sum(square(a)));
      return Math.min(
        near(weighted, repeated.mul(lambda / 3), 1e-13),
        exactly(activityL2(h.mul(0), { lambda }), 0),
      );
    },
  }),
  zeroStrengthLaw('activity-l2', (ws, zero) =>
    ws.map((w) => activityL2(w.reshape([1, -1]), { lambda: zero })).reduce((a, b) => a.add(b)),
  ),
  recipeLaw(activityL2Method, (model, { lambda }, step) =>
    activityL2Term(model, { lambda: lambda! })(step),
  ),
  law({
    id: 'activity-l2/term',
    statement:
      'Of a network it is the sum over the hidden activations, behind their activation function, with the weights of the rows; its input does not count.',
    cases: drawn((draw) => ({
      x: draw.tensor([3, 2]),
      seed: draw.integer(0, 1000),
      lambda: real(draw, 0.1, 2),
      weighted: draw.pick([true, false]),
    })),
    slack: ({ x, seed, lambda, weighted }) => {
      const model = mlp([2, 4, 3, 2], { seed, dtype: 'float64', activation: 'tanh' });
      const given = weighted ? { sampleWeight: tensor(Float64Array.of(1, 2, 0.5)) } : {};
      const first = tanh(model.layers[0]!.forward(x));
      const second = tanh(model.layers[1]!.forward(first));
      const got = activityL2Term(model, { lambda })(activationStep(model, x, { seed, ...given }));
      const options = { lambda, ...given };
      return near(got, activityL2(first, options).add(activityL2(second, options)), 1e-12);
    },
    effort: 0.3,
  }),
];
