import type { Parameter, Tensor } from '@tikhonov/core';
import { Conv2d, Linear } from '@tikhonov/nn';
import { configure } from '../configure.ts';
import type { TrainingPlan } from '../method.ts';

/** A layer whose weight may be computed from other parameters. */
export type WeightedLayer = (Linear | Conv2d) & {
  readonly parametrizations?: Readonly<Record<string, { readonly companion: Parameter | null }>>;
};

/** The layers with weights of a small network with a convolution, a hidden and a last linear layer. */
export const layersWithWeights = (
  plan: TrainingPlan,
  key: Tensor,
  seed: number,
  hidden: readonly number[] = [5],
): readonly WeightedLayer[] =>
  configure(plan, {
    task: { classes: 3, features: 16, imageShape: [1, 4, 4], rows: 9 },
    network: { kind: 'cnn', channels: [2], hidden },
    lr: 0.01,
    seed,
    key,
  })
    .model.modules()
    .filter((part) => part instanceof Linear || part instanceof Conv2d);
