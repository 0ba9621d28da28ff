import { expect, test } from '@jest/globals';
import { random, type Tensor } from '@tikhonov/core';
import { addGradientNoise, gradientNoise, type Named } from '../src/index.ts';
import { float64, numbers } from './values.ts';

const zero = { w: float64([0, 0]) };
const first = (options: Parameters<typeof addGradientNoise>[0], grads: Named = zero): Tensor => {
  const noise = addGradientNoise(options);
  return noise.update(grads, noise.init(grads), grads)[0].w!;
};

test('a seed is its key', () => {
  expect(numbers(first({ seed: 3 }))).toEqual(numbers(first({ key: random.key(3) })));
  expect(numbers(first({ seed: 3 }))).not.toEqual(numbers(first({ seed: 4 })));
});

test('neither or both of them are refused', () => {
  expect(() => addGradientNoise({ eta: 1 })).toThrow(
    'addGradientNoise: needs either a seed or a key.',
  );
  expect(() => addGradientNoise({ seed: 0, key: random.key(0) })).toThrow('either a seed or a key');
});

test('is of the dtype of the gradients', () => {
  expect(first({ seed: 0 }, { w: float64([0]).astype('float32') }).dtype).toBe('float32');
});

test('given noise must be there for every gradient', () => {
  const options = { noise: {}, count: float64(0).astype('int32') };
  expect(() => gradientNoise(zero, options)).toThrow('there is no entry for "w"');
});
