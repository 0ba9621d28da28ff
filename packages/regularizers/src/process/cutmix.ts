import { reshape } from '@tikhonov/core';
import { cutmix } from '@tikhonov/data';
import { resolveArguments } from '../arguments.ts';
import type { Argument, Method } from '../method.ts';
import { imageShapeOf } from './on-images.ts';

export { type CutmixOptions, cutmix } from '@tikhonov/data';

const settings = [
  {
    name: 'alpha',
    description: 'of the Beta distribution of the area that is left: 1 is uniform',
    default: 1,
    source: "the paper's",
    min: 0,
  },
] as const satisfies readonly Argument[];

/** Registry entry of CutMix. */
export const cutmixMethod: Method = {
  id: 'cutmix',
  section: '3.1',
  title: 'CutMix',
  family: 'process',
  statement: String.raw`\tilde x = M \odot x_i + (1 - M) \odot x_j, \quad \tilde y = \lambda y_i + (1 - \lambda) y_j, \quad \lambda = \operatorname{mean} M`,
  reference: {
    authors: 'S. Yun, D. Han, S. J. Oh, S. Chun, J. Choe, Y. Yoo',
    title: 'CutMix: Regularization Strategy to Train Strong Classifiers with Localizable Features',
    venue: 'ICCV',
    year: 2019,
    arxiv: '1905.04899',
  },
  arguments: settings,
  notes: [
    'The share of the labels is computed anew from the box that is left after cutting off at the border; the drawn share would be wrong for boxes at the border.',
    "The sides are rounded down to whole pixels. The authors' code takes half of that, rounded down, on either side of the centre, so one pixel less for odd sides.",
    'One box and one random order of partners per batch. Evaluation sees plain rows and labels.',
  ],
  recipe: (plan, values) => {
    const { alpha } = resolveArguments('cutmix', settings, values);
    return {
      ...plan,
      transforms: [
        ...plan.transforms,
        (scope) => {
          const imageShape = imageShapeOf('cutmix', scope);
          const { classes } = scope.task;
          return (batch, { key }) => {
            const images = { ...batch, x: reshape(batch.x, [batch.x.shape[0]!, ...imageShape]) };
            const { lambda: _, ...rows } = cutmix(images, { alpha, classes, key });
            return { ...rows, x: reshape(rows.x, batch.x.shape) };
          };
        },
      ],
    };
  },
};
