import { expect, test } from '@jest/globals';
import { compile } from '@tikhonov/compile';
import { ones, random, type Tensor, tensor } from '@tikhonov/core';
import { Linear, smallResNet } from '@tikhonov/nn';
import { DropPath, dropPath, findMethod, plainPlan } from '../../src/index.ts';

test('refuses what it cannot use, and says what to do', () => {
  const x = ones([2, 3]);
  expect(() => dropPath(x, { p: 1.1 })).toThrow(
    new RangeError(
      'dropPath: p must be in [0, 1], got 1.1.\n  It is a probability: 0.2 is 20 percent.',
    ),
  );
  expect(() => dropPath(x, { training: true })).toThrow(
    /^dropPath: training needs a random key, got neither rng nor mask\./,
  );
  expect(() => dropPath(tensor(1), { training: true, rng: random.key(0) })).toThrow(
    'dropPath: x must have samples along axis 0, got shape [].',
  );
  expect(() => dropPath(x, { training: true, mask: ones([2, 3]) })).toThrow(
    /^dropPath: mask must have shape \[2\], got \[2, 3\]\./,
  );
  expect(() => dropPath(x.astype('int32'))).toThrow(/^dropPath: x must be floating, got int32\./);
  expect(() => new DropPath({ p: -0.1 })).toThrow(RangeError);
  expect(new DropPath({ p: 0.1 }).describe()).toBe('DropPath(0.1)');
});

test('compiled, the same key drops the same samples; empty batches pass', () => {
  const apply = (x: Tensor, seed: Tensor): Tensor =>
    dropPath(x, { p: 0.5, training: true, rng: random.foldIn(random.key(0), seed) });
  const compiled = compile(apply);
  for (const i of [0, 1, 2]) {
    const count = tensor(i, { dtype: 'int32' });
    expect(compiled(ones([9, 2]), count).toArray()).toEqual(apply(ones([9, 2]), count).toArray());
  }
  const empty = tensor([], { shape: [0, 2] });
  expect(apply(empty, tensor(0, { dtype: 'int32' })).shape).toEqual([0, 2]);
});

test('a block that another method replaced is refused by name', () => {
  const first = findMethod('stochastic-depth').recipe(plainPlan, {});
  const [, change] = findMethod('drop-path').recipe(first, {}).parts;
  const task = { classes: 2, features: 4, imageShape: [1, 2, 2], rows: 1 } as const;
  expect(() =>
    smallResNet({
      inputShape: [1, 2, 2],
      classes: 2,
      seed: 0,
      change: (part, place) => {
        const other = place.kind === 'block' ? new Linear(1, 1, { seed: 0 }) : part;
        return change!(other, place, { key: place.key, task });
      },
    }),
  ).toThrow(
    /^drop-path: block 0 is no Residual any more: another method has replaced it\.\n {2}Apply/,
  );
});
