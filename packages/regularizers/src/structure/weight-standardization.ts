import { standardizedWeight, weightStandardization } from '@tikhonov/nn';
import { resolveArguments } from '../arguments.ts';
import type { Argument, Method } from '../method.ts';
import { seen } from './reparametrized.ts';

export {
  type StandardizeWeightOptions,
  standardizedWeight,
  type WeightStandardizationOptions,
  weightStandardization,
} from '@tikhonov/nn';

const settings = [
  {
    name: 'eps',
    description: 'added to the variance of a unit',
    default: 1e-5,
    source: "the authors' code",
    min: 0,
    open: 'min',
  },
] as const satisfies readonly Argument[];

/** Registry entry of weight standardization. */
export const weightStandardizationMethod: Method = {
  id: 'weight-standardization',
  section: 'relative',
  title: 'Weight standardization',
  family: 'structure',
  statement: String.raw`\hat W_{ij} = \frac{W_{ij} - \bar W_i}{\sqrt{\mathrm{Var}_j W_{ij} + \epsilon}} \text{ for each output unit } i`,
  reference: {
    authors: 'S. Qiao, H. Wang, C. Liu, W. Shen, A. Yuille',
    title: 'Micro-Batch Training with Batch-Channel Normalization and Weight Standardization',
    venue: 'arXiv',
    year: 2019,
    arxiv: '1903.10520',
  },
  arguments: settings,
  notes: [
    'The variance is biased, divided by the number of weights of the unit, and eps is under the root.',
    'The paper uses it in front of a group norm, which takes back the size of the outputs. The recipe has no norm and takes it back by scaled: true, which makes the variance 1 / n (Brock, De & Smith 2021, arXiv 2101.08692).',
  ],
  recipe: (plan, values) => {
    const options = resolveArguments('weight-standardization', settings, values);
    return {
      ...plan,
      models: [
        ...plan.models,
        (model) => weightStandardization(model, { ...options, scaled: true }),
      ],
    };
  },
  gradientCases: (draw) => ({
    f: (w) => seen(standardizedWeight(w!, { eps: 0.1 })),
    args: [draw.tensor([draw.integer(1, 3), draw.integer(2, 3)])],
  }),
};
