import { expect, test } from '@jest/globals';
import { compile } from '@tikhonov/compile';
import { grad, ones, random, sum, type Tensor, tensor, zeros } from '@tikhonov/core';
import { ShakeShake, shakeShake } from '../../src/index.ts';

const x = ones([2, 3]);

test('refuses what it cannot use, and says what to do', () => {
  expect(() => shakeShake(x, ones([3, 2]))).toThrow(
    'shakeShake: the branches must have the same shape, got [2, 3] and [3, 2].',
  );
  expect(() => shakeShake(x, x, { training: true })).toThrow(
    /^shakeShake: training needs a random key, got neither rng nor alpha\./,
  );
  expect(() => shakeShake(x, x, { level: 'pixel' as 'image' })).toThrow(
    new TypeError(`shakeShake: level must be 'image' or 'batch', got "pixel".`),
  );
  const alpha = tensor([0.5, 2]);
  expect(() => shakeShake(x, x, { training: true, alpha, beta: alpha })).toThrow(
    /^shakeShake: alpha must be in \[0, 1\], got Tensor/,
  );
  expect(() => shakeShake(x, x, { training: true, alpha: ones([2, 1]) })).toThrow(
    /alpha must have shape \[2\], got \[2, 1\]/,
  );
  expect(() => shakeShake(tensor(1), tensor(1), { training: true, rng: random.key(0) })).toThrow(
    /^shakeShake: the branches must have samples along axis 0, got shape \[\]\.\n {2}Or pass level/,
  );
  expect(() => shakeShake(x.astype('int32'), x)).toThrow(
    /^shakeShake: branch1 must be floating, got int32\./,
  );
  expect(() => new ShakeShake(relu as never, 1 as never)).toThrow(TypeError);
});

const relu = (y: Tensor): Tensor => y;

test('compiled, the same key gives the same mixture and the same gradient', () => {
  const step = (f1: Tensor, count: Tensor): Tensor => {
    const rng = random.foldIn(random.key(0), count);
    const value = (f: Tensor): Tensor => shakeShake(f, zeros([2, 3]), { training: true, rng });
    return value(f1).add(grad((f: Tensor) => sum(value(f)))(f1).mul(10));
  };
  const compiled = compile(step);
  for (const i of [0, 1]) {
    const count = tensor(i, { dtype: 'int32' });
    expect(compiled(x, count).toArray()).toEqual(step(x, count).toArray());
  }
});

test('empty batches pass', () => {
  const empty = tensor([], { shape: [0, 2] });
  expect(shakeShake(empty, empty, { training: true, rng: random.key(0) }).shape).toEqual([0, 2]);
});
