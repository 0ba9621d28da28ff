import { describe, expect, test } from '@jest/globals';
import { ones, random, relu, ShapeError, tensor, zeros } from '@tikhonov/core';
import { Dropout, Identity, Linear, ReLU, Residual, Sequential } from '../src/index.ts';

describe('Residual', () => {
  test('adds its body to its input', () => {
    const body = new Linear(3, 3, { seed: 0 });
    const x = random.normal(random.key(0), [4, 3]);
    expect(new Residual(body).forward(x).data()).toEqual(x.add(body.forward(x)).data());
    expect(new Residual(relu).forward(tensor([-1, 2])).toArray()).toEqual([-1, 4]);
  });

  test('projects where shapes change, under names of its own', () => {
    const [body, projection] = [new Linear(3, 2, { seed: 0 }), new Linear(3, 2, { seed: 1 })];
    const block = new Residual(new Sequential(body, new ReLU()), { projection });
    const x = random.normal(random.key(0), [4, 3]);
    expect(block.forward(x).data()).toEqual(
      projection
        .forward(x)
        .add(relu(body.forward(x)))
        .data(),
    );
    expect(Object.keys(block.stateDict())).toEqual([
      'body.0.weight',
      'body.0.bias',
      'projection.weight',
      'projection.bias',
    ]);
  });

  test('body and projection draw on their own', () => {
    const block = new Residual(new Dropout(), { projection: new Dropout() });
    const y = block.forward(ones([400]), { training: true, rng: random.key(0) }).data();
    // 2 + 2, one of them, or none: were the masks the same, no 2 would be there.
    expect(new Set(y)).toEqual(new Set([0, 2, 4]));
  });

  test('says what does not fit', () => {
    const x = zeros([4, 3]);
    expect(() => new Residual(new Linear(3, 2, { seed: 0 })).forward(x)).toThrow(
      new ShapeError(
        'Residual: the body turns [4, 3] into [4, 2], which cannot be added.\n  Pass { projection } with a layer that does so too.',
      ),
    );
    const projection = new Linear(3, 1, { seed: 0 });
    expect(() => new Residual(new Linear(3, 2, { seed: 0 }), { projection }).forward(x)).toThrow(
      'Residual: the body gives [4, 2], the projection [4, 1].',
    );
    expect(() => new Residual('relu' as never)).toThrow(
      new TypeError('Residual: body is string, not a Module or a function of a tensor.'),
    );
    expect(() => new Residual(relu, { projection: 3 as never })).toThrow(
      'Residual: projection is number',
    );
    expect(() => new Residual(relu, { shortcut: relu } as never)).toThrow(
      'Residual: unknown option "shortcut".',
    );
  });
});

test('Identity is the identity', () => {
  const x = tensor([1, 2]);
  expect(new Identity().forward(x)).toBe(x);
  expect(Object.keys(new Identity().stateDict())).toEqual([]);
});
