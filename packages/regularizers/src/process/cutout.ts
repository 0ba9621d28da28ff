import { cutout } from '@tikhonov/data';
import { resolveArguments } from '../arguments.ts';
import type { Argument, Method } from '../method.ts';
import { onImages } from './on-images.ts';

export {
  type CutoutOptions,
  type CutoutProbabilityOptions,
  cutout,
  cutoutProbability,
} from '@tikhonov/data';

const settings = [
  {
    name: 'size',
    description: 'side of the hidden square in pixels',
    default: 3,
    source: 'ours, for images of 8 x 8; the paper takes 16 of 32 for CIFAR-10',
    min: 0,
    integer: true,
  },
] as const satisfies readonly Argument[];

/** Registry entry of cutout. */
export const cutoutMethod: Method = {
  id: 'cutout',
  section: '3.1',
  title: 'Cutout',
  family: 'process',
  statement: String.raw`x_{cij} \mapsto x_{cij} \cdot [(i, j) \notin Q], \quad Q \text{ a square of side } s \text{ around a uniform pixel}`,
  reference: {
    authors: 'T. DeVries, G. W. Taylor',
    title: 'Improved Regularization of Convolutional Neural Networks with Cutout',
    venue: 'arXiv',
    year: 2017,
    arxiv: '1708.04552',
  },
  arguments: settings,
  notes: [
    'The centre is uniform over all pixels and the square is cut off at the border, so that less than s^2 pixels are hidden on average. Nothing is rescaled.',
    "The authors' code hides floor(s / 2) pixels on either side of the centre, so s - 1 for odd s; here it is s.",
    'The centre is drawn anew for every image, in training only.',
  ],
  recipe: (plan, values) => {
    const { size } = resolveArguments('cutout', settings, values);
    return {
      ...plan,
      transforms: [
        ...plan.transforms,
        (scope) => {
          const apply = onImages('cutout', scope);
          return (batch, { key }) => ({
            ...batch,
            x: apply(batch.x, (images) => cutout(images, { size, key })),
          });
        },
      ],
    };
  },
};
