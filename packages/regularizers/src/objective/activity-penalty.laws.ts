import { drawn, type Law, law } from '@tikhonov/check';
import { concat, sum, type Tensor, tanh, tensor, valueAndGrad } from '@tikhonov/core';
import { type Activations, type Module, mlp } from '@tikhonov/nn';
import type { StepTerm } from '@tikhonov/train';
import { activationStep } from '../laws/activation-step.ts';
import { real } from '../laws/draws.ts';
import { exactly, near } from '../laws/slack.ts';
import { zeroStrengthLaw } from '../laws/zero-strength.ts';
import type { ActivityOptions, ActivityTermOptions } from './activity-penalty.ts';

/** A penalty of activations, and of what its elements are the sum. */
export interface ActivityPenalty {
  readonly id: string;
  readonly size: (h: Tensor) => Tensor;
  readonly penalty: (h: Tensor, options: ActivityOptions) => Tensor;
  readonly term: (model: Module, options: ActivityTermOptions) => StepTerm;
}

/** What every penalty of activations promises. */
export const activityLaws = ({ id, size, penalty, term }: ActivityPenalty): readonly Law[] => [
  law({
    id: `${id}/mean-over-samples`,
    statement:
      'It is a mean over samples of sums over units: the same batch twice has the same penalty, the same units twice have twice the penalty.',
    cases: drawn((draw) => ({
      h: draw.tensor([draw.integer(1, 3), draw.integer(1, 3)]),
      lambda: real(draw, 0.1, 2),
    })),
    slack: ({ h, lambda }) => {
      const one = penalty(h, { lambda });
      return Math.min(
        near(one, (lambda * sum(size(h)).item()) / h.shape[0]!, 1e-13),
        near(penalty(concat([h, h]), { lambda }), one, 1e-13),
        near(penalty(concat([h, h], { axis: 1 }), { lambda }), one.mul(2), 1e-13),
      );
    },
  }),
  law({
    id: `${id}/weighted-samples`,
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
      const weighted = penalty(concat([a, b]), { lambda, sampleWeight });
      const repeated = sum(size(first)).add(sum(size(a)));
      return Math.min(
        near(weighted, repeated.mul(lambda / 3), 1e-13),
        exactly(penalty(h.mul(0), { lambda }), 0),
      );
    },
  }),
  zeroStrengthLaw(id, (ws, zero) =>
    ws.map((w) => penalty(w.reshape([1, -1]), { lambda: zero })).reduce((a, b) => a.add(b)),
  ),
  law({
    id: `${id}/term`,
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
      const got = term(model, { lambda })(activationStep(model, x, { seed, ...given }));
      const options = { lambda, ...given };
      return near(got, penalty(first, options).add(penalty(second, options)), 1e-12);
    },
    effort: 0.3,
  }),
  law({
    id: `${id}/selection`,
    statement: 'What select chooses counts and nothing else, and gradients flow into it.',
    cases: drawn((draw) => ({ x: draw.tensor([3, 2]), seed: draw.integer(0, 1000) })),
    slack: ({ x, seed }) => {
      const model = mlp([2, 4, 3], { seed, dtype: 'float64', activation: 'tanh' });
      const step = () => activationStep(model, x, { seed });
      const select = (seen: Activations): Tensor[] => [seen['layers.1']!.output];
      const first = model.layers[0]!.weight;
      const slopes = [
        () => term(model, { lambda: 1 })(step()),
        () => penalty(tanh(model.layers[0]!.forward(x)), { lambda: 1 }),
      ].map((f) => valueAndGrad(f, { createGraph: false })({ first })[1].first);
      return Math.min(
        near(
          term(model, { lambda: 1, select })(step()),
          penalty(model.forward(x), { lambda: 1 }),
          1e-12,
        ),
        near(slopes[0]!, slopes[1]!, 1e-12),
      );
    },
    effort: 0.2,
  }),
];
