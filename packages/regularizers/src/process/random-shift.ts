import { randomShift } from '@tikhonov/data';
import { resolveArguments } from '../arguments.ts';
import type { Argument, Method } from '../method.ts';
import { onImages } from './on-images.ts';

export {
  type RandomCropOptions,
  type RandomShiftOptions,
  randomCrop,
  randomShift,
} from '@tikhonov/data';

const settings = [
  {
    name: 'pixels',
    description: 'most pixels by which an image moves in each direction',
    default: 1,
    source: 'ours, for images of 8 x 8; 4 is usual for images of 32 x 32',
    min: 0,
    integer: true,
  },
] as const satisfies readonly Argument[];

/** Registry entry of random shifts. */
export const randomShiftMethod: Method = {
  id: 'random-shift',
  section: '3.1',
  title: 'Random shifts and crops',
  family: 'process',
  statement: String.raw`x_{cij} \mapsto x_{c, i - a, j - b} \text{ or } 0 \text{ outside}, \quad a, b \sim U\{-p, \ldots, p\}`,
  reference: {
    authors: 'P. Y. Simard, D. Steinkraus, J. C. Platt',
    title: 'Best Practices for Convolutional Neural Networks Applied to Visual Document Analysis',
    venue: 'ICDAR',
    year: 2003,
    doi: '10.1109/ICDAR.2003.1227801',
  },
  arguments: settings,
  notes: [
    'The survey names augmentation without any operation; this is one of those in common use.',
    'A random crop of an image padded by p zeros to its own size is the same as a shift by up to p pixels: randomShift and randomCrop are two interfaces of one mechanism.',
    'Every image of a batch is moved on its own, in training only.',
  ],
  recipe: (plan, values) => {
    const { pixels } = resolveArguments('random-shift', settings, values);
    return {
      ...plan,
      transforms: [
        ...plan.transforms,
        (scope) => {
          const apply = onImages('random-shift', scope);
          return (batch, { key }) => ({
            ...batch,
            x: apply(batch.x, (images) => randomShift(images, { pixels, key })),
          });
        },
      ],
    };
  },
};
