import { drawn, type Law, law } from '@tikhonov/check';
import { matmul, random, relu, sigmoid, tensor, transpose } from '@tikhonov/core';
import type { CaseDraw } from '@tikhonov/core/engine';
import { Conv2d, Flatten, Linear, mlp, Sequential } from '@tikhonov/nn';
import { holds, near } from '../laws/slack.ts';
import { type L0Gates, l0GatesOf, withL0Gates } from './l0-gates.ts';
import { hardConcrete } from './l0-hard-concrete.ts';
import { l0Prune } from './l0-prune.ts';
import { l0Report } from './l0-report.ts';

/** A value of `logAlpha` whose gate is closed, in between, or fully open in evaluation. */
const states = [-9, -0.4, 0.3, 9] as const;

/** Draws states of `n` gates. */
export const statesOf = (draw: CaseDraw, n: number): number[] =>
  Array.from({ length: n }, () => draw.pick(states));

/** Puts gates into states. */
export const setStates = (gates: Pick<L0Gates, 'logAlpha'>, values: readonly number[]): void =>
  gates.logAlpha.write(tensor(Float64Array.from(values)));

/** What gates on layers, and layers without the closed ones, promise. */
export const l0GateLaws: readonly Law[] = [
  law({
    id: 'l0/gates-of-layers',
    statement:
      'Gates on the inputs of a linear layer are gates on the columns of its weight; one draw serves the whole batch, unless there is one per sample.',
    cases: drawn((draw) => ({
      seed: draw.integer(0, 1000),
      perExample: draw.pick([true, false]),
      x: draw.tensor([3, 4], { min: 0.5, max: 3 }),
    })),
    slack: ({ seed, perExample, x }) => {
      const layer = withL0Gates(new Linear(4, 2, { seed, dtype: 'float64', bias: false }), {
        seed,
        perExample,
      });
      const gates = l0GatesOf(layer)!.gates();
      const plain = matmul(x, transpose(layer.weight.read().mul(gates)));
      const rng = random.key(seed);
      const { z } = hardConcrete(l0GatesOf(layer)!.logAlpha, {
        key: random.foldIn(rng, 'l0.'),
        sampleShape: perExample ? [3] : [],
      });
      const noisy = matmul(x.mul(z), transpose(layer.weight));
      return Math.min(
        near(layer.forward(x), plain, 1e-13),
        near(layer.forward(x, { training: true, rng }), noisy, 1e-13),
      );
    },
    effort: 0.5,
  }),
  law({
    id: 'l0/pruned-mlp',
    statement:
      'The exported perceptron computes what the gated one does in evaluation, in layers of the sizes that the gates leave.',
    cases: drawn((draw) => ({
      seed: draw.integer(0, 1000),
      inputs: statesOf(draw, 3),
      hidden: statesOf(draw, 4),
      x: draw.tensor([2, 3]),
    })),
    slack: ({ seed, inputs, hidden, x }) => {
      const model = withL0Gates(mlp([3, 4, 2], { seed, dtype: 'float64' }));
      const [first, second] = model.layers.map((layer) => l0GatesOf(layer)!);
      setStates(first!, inputs);
      setStates(second!, hidden);
      const open = (values: number[]): number => values.filter((v) => v > -9).length;
      const small = l0Prune(model);
      const weight = Object.values(small.parameterValues())[0]!;
      return Math.min(
        near(small.forward(x), model.forward(x), 1e-13),
        holds(String(weight.shape) === `${Math.max(1, open(hidden))},${Math.max(1, open(inputs))}`),
        holds(l0Report(model).architecture === `${open(inputs)}-${open(hidden)}`),
      );
    },
    effort: 0.25,
  }),
  law({
    id: 'l0/pruned-convolution',
    statement:
      'A closed filter is taken out with its bias and with what the layers behind it make of it; results stay.',
    cases: drawn((draw) => ({
      seed: draw.integer(0, 1000),
      filters: statesOf(draw, 3),
      second: statesOf(draw, 2),
      features: statesOf(draw, 8),
      shifted: draw.pick([true, false]),
      x: draw.tensor([2, 1, 4, 4]),
    })),
    slack: ({ seed, filters, second, features, shifted, x }) => {
      const at = { seed, dtype: 'float64' } as const;
      const model = withL0Gates(
        new Sequential(
          new Conv2d(1, 3, 2, at),
          // What is 1/2 at 0 keeps a closed filter visible.
          shifted ? sigmoid : relu,
          new Conv2d(3, 2, 2, at),
          relu,
          new Flatten(),
          new Linear(8, 2, at),
        ),
      );
      const gates = [0, 2, 5].map((i) => l0GatesOf(model.layers[i as 0 | 2 | 5])!);
      for (const [i, values] of [filters, second, features].entries()) setStates(gates[i]!, values);
      const small = l0Prune(model, { inputShape: [1, 4, 4] });
      const open = filters.filter((v) => v > -9).length;
      const kept = Object.values(small.parameterValues())[0]!.shape[0];
      return Math.min(
        near(small.forward(x), model.forward(x), 1e-13),
        holds(kept === (shifted ? 3 : Math.max(1, open))),
      );
    },
    effort: 0.25,
  }),
];
