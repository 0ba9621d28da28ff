import type { Law } from '@tikhonov/check';
import { gradientLaw } from './laws/gradients.ts';
import { elasticNetLaws } from './objective/elastic-net.laws.ts';
import { l1Laws } from './objective/l1.laws.ts';
import { l2Laws } from './objective/l2.laws.ts';
import { spectralNormLaws } from './objective/spectral-norm.laws.ts';
import { earlyStoppingLaws } from './process/early-stopping.laws.ts';
import { gradientClippingLaws } from './process/gradient-clipping.laws.ts';
import { labelSmoothingLaws } from './process/label-smoothing.laws.ts';
import { weightDecayLaws } from './process/weight-decay.laws.ts';
import { methods } from './registry.ts';
import { dropoutLaws } from './structure/dropout.laws.ts';

/** The laws of all methods, those about derivatives included. Ids begin with the method's. */
export const laws: readonly Law[] = [
  ...l2Laws,
  ...l1Laws,
  ...elasticNetLaws,
  ...spectralNormLaws,
  ...dropoutLaws,
  ...weightDecayLaws,
  ...labelSmoothingLaws,
  ...gradientClippingLaws,
  ...earlyStoppingLaws,
  ...methods.flatMap(gradientLaw),
];
