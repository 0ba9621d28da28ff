import { add, matmul, reshape, select, tensor } from '@tikhonov/core';
import { crossEntropy, mse } from '@tikhonov/nn';
import { cutmix, gaussianNoise, l2, mixup } from '@tikhonov/regularizers';
import { choose, type Methods } from './adapter.ts';

/** Data augmentation. */
export const augmentation: Methods = {
  data_augmentation: (args) => {
    const augment = choose({ 'gaussian-noise': gaussianNoise }, args.variant);
    const [clean, y, w] = [args.tensor('x'), args.tensor('y'), args.tensor('w')];
    const sigma = args.number('sigma');
    const x = augment(clean, { sigma, noise: args.tensor('eps') });
    return {
      x,
      loss: mse(matmul(x, w), y),
      expectedLoss: add(mse(matmul(clean, w), y), l2(w, { lambda: sigma ** 2 })),
    };
  },
  mixup: (args) => {
    const rows = { x: args.tensor('x'), y: args.integers('y') };
    const mixed = mixup(rows, {
      lambda: args.number('lambda'),
      classes: args.number('numClasses'),
      permutation: args.integers('permutation'),
    });
    const logits = matmul(reshape(mixed.x, [mixed.x.shape[0]!, -1]), args.tensor('W').transpose());
    return { x: mixed.x, targets: mixed.y, loss: crossEntropy(logits, mixed.y) };
  },
  cutmix: (args) => {
    const rows = { x: args.tensor('x'), y: args.integers('y') };
    const { box } = args.options<{ box: readonly number[] }>('box');
    const { x, y, lambda } = cutmix(rows, {
      box: tensor(Int32Array.from(box)),
      classes: args.number('numClasses'),
      permutation: args.integers('permutation'),
    });
    return { x, targets: y, lambda: select(lambda, 0) };
  },
};
