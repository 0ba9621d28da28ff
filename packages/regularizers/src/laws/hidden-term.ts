import { drawn, type Law, law } from '@tikhonov/check';
import { sigmoid, type Tensor, tanh } from '@tikhonov/core';
import { type Module, mlp } from '@tikhonov/nn';
import type { StepTerm } from '@tikhonov/train';
import { activationStep } from './activation-step.ts';
import { real } from './draws.ts';
import { near } from './slack.ts';

/** A penalty of activations and the term that it is of a network, both with the options that a user gives. */
export interface HiddenTerm {
  readonly activation: 'tanh' | 'sigmoid';
  readonly penalty: (
    h: Tensor,
    options: { readonly lambda: number; readonly sampleWeight: Tensor },
  ) => Tensor;
  readonly term: (model: Module, options: { readonly lambda: number }) => StepTerm;
}

/** The law that the term of a network is the penalty of what its hidden layer gives. */
export const hiddenTermLaw = (id: string, { activation, penalty, term }: HiddenTerm): Law =>
  law({
    id: `${id}/term`,
    statement:
      'Of a network it is the sum over the hidden activations, with the options and the weights of the rows; positions count as units.',
    cases: drawn((draw) => ({
      x: draw.tensor([3, 2]),
      seed: draw.integer(0, 1000),
      lambda: real(draw, 0.1, 2),
      sampleWeight: draw.tensor([3], { min: 0.5, max: 2 }),
    })),
    slack: ({ x, seed, lambda, sampleWeight }) => {
      const model = mlp([2, 4, 2], { seed, dtype: 'float64', activation });
      const h = { tanh, sigmoid }[activation](model.layers[0]!.forward(x));
      const options = { lambda, sampleWeight };
      const want = penalty(h, options);
      const step = activationStep(model, x, { seed, sampleWeight });
      return Math.min(
        near(term(model, { lambda })(step), want, 1e-12),
        near(penalty(h.reshape([3, 2, 2]), options), want, 1e-12),
      );
    },
    effort: 0.2,
  });
