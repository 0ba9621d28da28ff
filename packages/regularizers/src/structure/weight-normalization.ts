import { weightNorm } from '@tikhonov/nn';
import { resolveArguments } from '../arguments.ts';
import type { Argument, Method } from '../method.ts';
import { normalizedWeightOf } from './reparametrized.ts';

export { normalizedWeight, type WeightNormOptions, weightNorm } from '@tikhonov/nn';

const settings = [] as const satisfies readonly Argument[];

/** Registry entry of weight normalization. */
export const weightNormalizationMethod: Method = {
  id: 'weight-normalization',
  section: 'relative',
  title: 'Weight normalization',
  family: 'structure',
  statement: String.raw`W_i = g_i \frac{v_i}{\lVert v_i \rVert_2} \text{ for each output unit } i, \quad g \text{ and } v \text{ are trained}`,
  reference: {
    authors: 'T. Salimans, D. P. Kingma',
    title:
      'Weight Normalization: A Simple Reparameterization to Accelerate Training of Deep Neural Networks',
    venue: 'NIPS',
    year: 2016,
    arxiv: '1602.07868',
  },
  arguments: settings,
  notes: [
    'The initialization from the statistics of a batch, which the paper recommends, is not part of it: lengths begin as those of the weights, so that the layer computes the same as before.',
    'A unit whose weights are all 0 has no direction; it is refused.',
    'It must be the first of several reparametrizations of a weight; its recipe puts it in front of the others whatever the order of the recipes is.',
    'Weight decay acts on g and v, as on all parameters of rank 2: of v it changes only the size of the steps, not what the layer computes.',
  ],
  recipe: (plan, values) => {
    resolveArguments('weight-normalization', settings, values);
    // In front of other reparametrizations, which act on what its lengths and directions give.
    return { ...plan, models: [(model) => weightNorm(model), ...plan.models] };
  },
  gradientCases: (draw) => {
    const [out, rest] = [draw.integer(1, 3), draw.integer(1, 3)];
    return {
      f: (v, g) => normalizedWeightOf(v!, g!),
      args: [draw.tensor([out, rest], { avoid: [0], min: 0.3, max: 3 }), draw.tensor([out, 1])],
    };
  },
};
