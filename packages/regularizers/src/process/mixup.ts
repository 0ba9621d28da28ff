import { random, tensor } from '@tikhonov/core';
import { mixup } from '@tikhonov/data';
import { crossEntropy } from '@tikhonov/nn';
import { resolveArguments } from '../arguments.ts';
import type { Argument, Method } from '../method.ts';

export { type MixableRows, type MixedRows, type MixupOptions, mixup } from '@tikhonov/data';

const settings = [
  {
    name: 'alpha',
    description: 'of the Beta distribution of the shares: near 0 hardly any mixing, 1 uniform',
    default: 0.4,
    source: 'the largest of the range 0.1 to 0.4 that the paper recommends for ImageNet',
    min: 0,
  },
] as const satisfies readonly Argument[];

/** Registry entry of mixup. */
export const mixupMethod: Method = {
  id: 'mixup',
  section: '3.1',
  title: 'Mixup',
  family: 'process',
  statement: String.raw`\tilde x = \lambda x_i + (1 - \lambda) x_j, \quad \tilde y = \lambda y_i + (1 - \lambda) y_j, \quad \lambda \sim \operatorname{Beta}(\alpha, \alpha)`,
  reference: {
    authors: 'H. Zhang, M. Cisse, Y. N. Dauphin, D. Lopez-Paz',
    title: 'mixup: Beyond Empirical Risk Minimization',
    venue: 'ICLR',
    year: 2018,
    arxiv: '1710.09412',
  },
  arguments: settings,
  notes: [
    "One share is drawn for a batch and partners are a random order of it, as in the authors' code; with one share the paper's two sums of cross entropies are the cross entropy with mixed targets.",
    'Labels become rows of probabilities. Evaluation sees plain rows and labels.',
    'Rows of weight 0, which fill a batch, are mixed with none; other weights are mixed as the targets are.',
  ],
  recipe: (plan, values) => {
    const { alpha } = resolveArguments('mixup', settings, values);
    return {
      ...plan,
      transforms: [
        ...plan.transforms,
        ({ task }) =>
          (batch, { key }) => {
            const { lambda: _, ...rows } = mixup(batch, { alpha, classes: task.classes, key });
            return rows;
          },
      ],
    };
  },
  gradientCases: (draw) => {
    const [n, classes] = [draw.integer(1, 3), draw.integer(2, 3)];
    const y = draw.integers([n], 0, classes - 1);
    const permutation = random.permutation(random.key(draw.integer(0, 1000)), n);
    const lambda = tensor(draw.pick([0, 0.3, 1]), { dtype: 'float64' });
    return {
      f: (x) => {
        const mixed = mixup({ x: x!, y }, { classes, lambda, permutation });
        return crossEntropy(mixed.x, mixed.y);
      },
      args: [draw.tensor([n, classes])],
    };
  },
};
