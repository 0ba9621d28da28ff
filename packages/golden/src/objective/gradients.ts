import { type Tensor, tensor, unbind } from '@tikhonov/core';
import {
  type AdaptiveClipOptions,
  type ClipByGlobalNormOptions,
  centralizeGradients,
  clipAdaptively,
  clipByValue,
  clipGradsByGlobalNorm,
  globalNorm,
  gradientNoise,
  type Named,
  type NoiseStrength,
  softClip,
  type Transform,
} from '@tikhonov/optim';
import type { Methods } from './adapter.ts';

/** What a transform without state makes of gradients. */
const apply = (transform: Transform, grads: Named, params: Named = grads): Named =>
  transform.update(grads, transform.init(params), params)[0];

const list = (named: Named): readonly Tensor[] => Object.values(named);

/** What changes gradients before an optimizer has them. */
export const gradients: Methods = {
  clip_by_value: (args) => ({
    grads: list(apply(clipByValue(args.number('clipValue')), args.named('grads'))),
  }),
  clip_by_global_norm: (args) => {
    const options = args.options<ClipByGlobalNormOptions>('normType', 'eps');
    const { grads, totalNorm } = clipGradsByGlobalNorm(
      args.named('grads'),
      args.number('maxNorm'),
      options,
    );
    return { grads: list(grads), totalNorm };
  },
  clip_soft: (args) => {
    const grads = args.named('grads');
    return {
      grads: list(apply(softClip(args.number('gamma')), grads)),
      totalNorm: globalNorm(grads),
    };
  },
  adaptive_grad_clip: (args) => {
    const clip = clipAdaptively(args.options<AdaptiveClipOptions>('clipping', 'eps'));
    return { grad: apply(clip, { w: args.tensor('grad') }, { w: args.tensor('w') }).w! };
  },
  grad_centralization: (args) => ({
    grad: apply(centralizeGradients(), { w: args.tensor('grad') }).w!,
  }),
  grad_noise: (args) => {
    const strength = args.options<NoiseStrength>('eta', 'gamma');
    const noise = unbind(args.tensor('normal'));
    return {
      grads: unbind(args.tensor('grads')).map((w, t) => {
        const count = tensor(t, { dtype: 'int32' });
        return gradientNoise({ w }, { noise: { w: noise[t]! }, count, ...strength }).w!;
      }),
    };
  },
};
