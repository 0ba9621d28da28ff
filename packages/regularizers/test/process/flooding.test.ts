import { describe, expect, test } from '@jest/globals';
import { Cell, grad, parameter, random, ShapeError, tensor } from '@tikhonov/core';
import { configure, findMethod, flooding, plainPlan } from '../../src/index.ts';

describe('flooding', () => {
  test('keeps the dtype of the loss, whatever that of the level', () => {
    const level = new Cell(tensor(0.5, { dtype: 'float64' }));
    const flooded = flooding(tensor(0.25), { floodLevel: level });
    expect([flooded.dtype, flooded.item()]).toEqual(['float32', 0.75]);
  });

  test('reads a level from a cell at every call', () => {
    const level = new Cell(tensor(0));
    expect(flooding(0.25, { floodLevel: level }).item()).toBe(0.25);
    level.write(tensor(1));
    expect(flooding(0.25, { floodLevel: level }).item()).toBe(1.75);
  });

  test('passes on what is not a number', () => {
    expect(flooding(Number.NaN, { floodLevel: 1 }).item()).toBeNaN();
    expect(flooding(Infinity, { floodLevel: 1 }).item()).toBe(Infinity);
  });

  test('takes negative levels only if they are allowed', () => {
    expect(() => flooding(1, { floodLevel: -1 })).toThrow(
      'flooding: floodLevel must be finite and >= 0, got -1.',
    );
    expect(flooding(-3, { floodLevel: -1, allowNegative: true }).item()).toBe(1);
    expect(() => flooding(1, { floodLevel: -Infinity, allowNegative: true })).toThrow(
      'flooding: floodLevel must be finite, got -Infinity.',
    );
    const cell = new Cell(tensor(-1));
    expect(() => flooding(1, { floodLevel: cell })).toThrow(RangeError);
    expect(flooding(-3, { floodLevel: cell, allowNegative: true }).item()).toBe(1);
  });

  test('refuses losses that are not reduced or not floating', () => {
    expect(() => flooding(tensor([1, 2]), { floodLevel: 0 })).toThrow(ShapeError);
    expect(() => flooding(tensor([1, 2]), { floodLevel: 0 })).toThrow(
      /^flooding: the loss must be a scalar, got shape \[2\]\.\n {2}Reduce it with mean\(\) first/,
    );
    expect(() => flooding(tensor(1, { dtype: 'int32' }), { floodLevel: 0 })).toThrow(
      /^flooding: the loss must be floating, got int32\./,
    );
  });

  test('leaves penalties above the water: they are added to the flooded loss', () => {
    const plan = ['flooding', 'l2'].reduce(
      (before, id) => findMethod(id).recipe(before, {}),
      plainPlan,
    );
    const { options } = configure(plan, {
      task: { classes: 2, features: 3, imageShape: null, rows: 4 },
      hidden: [],
      lr: 0.1,
      seed: 0,
      key: random.key(0),
    });
    const logits = parameter(tensor([[10, 0]]));
    const y = tensor([0], { dtype: 'int32' });
    // Far below the level: descent would lower the margin now.
    const slope = grad(() => options.loss(logits.read(), y))({ logits }).logits!;
    expect(slope.toArray()).toEqual([[expect.any(Number), expect.any(Number)]]);
    expect(slope.data()[0]).toBeGreaterThan(0);
    expect(options.penalties.length).toBe(1);
  });
});
