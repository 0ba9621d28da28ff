import { randomFlip } from '@tikhonov/data';
import { resolveArguments } from '../arguments.ts';
import type { Argument, Method } from '../method.ts';
import { onImages } from './on-images.ts';

export { type RandomFlipOptions, randomFlip } from '@tikhonov/data';

const settings = [
  {
    name: 'p',
    description: 'probability that an image is mirrored left to right',
    default: 0.5,
    source: 'common practice',
    min: 0,
    max: 1,
  },
] as const satisfies readonly Argument[];

/** Registry entry of random flips. */
export const randomFlipMethod: Method = {
  id: 'random-flip',
  section: '3.1',
  title: 'Random flips',
  family: 'process',
  statement: String.raw`x_{cij} \mapsto x_{c, i, W - 1 - j} \text{ with probability } p`,
  reference: {
    authors: 'A. Krizhevsky, I. Sutskever, G. E. Hinton',
    title: 'ImageNet Classification with Deep Convolutional Neural Networks',
    venue: 'NeurIPS',
    year: 2012,
    doi: '10.1145/3065386',
  },
  arguments: settings,
  notes: [
    'The survey names augmentation without any operation; this is one of those in common use.',
    'An augmentation should keep the class. Digits have a left and a right: on them flips help against wrong labels, as any disturbance does, but a shift helps more.',
    'Every image of a batch is flipped or not on its own, in training only.',
  ],
  recipe: (plan, values) => {
    const { p } = resolveArguments('random-flip', settings, values);
    return {
      ...plan,
      transforms: [
        ...plan.transforms,
        (scope) => {
          const apply = onImages('random-flip', scope);
          return (batch, { key }) => ({
            ...batch,
            x: apply(batch.x, (images) => randomFlip(images, { p, key })),
          });
        },
      ],
    };
  },
};
