import { describe, expect, test } from '@jest/globals';
import { Cell, DTypeError, grad, ones, random, ShapeError, tensor, zeros } from '@tikhonov/core';
import { Dropout, dropout } from '../src/index.ts';

const rng = random.key(5);

const float64 = (values: number[]): ReturnType<typeof tensor> =>
  tensor(values, { dtype: 'float64' });

describe('statistics', () => {
  test.each([0.1, 0.5, 0.9])('the number of kept elements is binomial for p = %p', (p) => {
    const n = 40_000;
    const y = dropout(ones([n], { dtype: 'float64' }), { p, training: true, rng });
    const kept = y.data().filter((value) => value !== 0);
    const z = (kept.length - n * (1 - p)) / Math.sqrt(n * p * (1 - p));
    expect(Math.abs(z)).toBeLessThanOrEqual(6.5);
    expect(kept.every((value) => value === 1 / (1 - p))).toBe(true);
  });

  test('masks of two keys are independent', () => {
    const n = 40_000;
    const mask = (key: number): number[] =>
      Array.from(
        dropout(ones([n]), { training: true, rng: random.foldIn(rng, key) }).data(),
        (y) => y - 1,
      );
    const [a, b] = [mask(0), mask(1)];
    const correlation = a.reduce((total, x, i) => total + x * b[i]!, 0) / n;
    expect(Math.abs(correlation) * Math.sqrt(n)).toBeLessThanOrEqual(6.2);
  });
});

describe('masks', () => {
  test('the same key gives the same mask in any dtype, another key another', () => {
    const f = (key: typeof rng, dtype: 'float32' | 'float64'): number[] =>
      Array.from(dropout(ones([64], { dtype }), { training: true, rng: key }).data());
    expect(f(rng, 'float64')).toEqual(f(rng, 'float32'));
    expect(f(random.key(6), 'float32')).not.toEqual(f(rng, 'float32'));
  });

  test('the mask is the one of random.bernoulli: true means dropped', () => {
    const dropped = random.bernoulli(rng, [64], 0.3).data();
    const y = dropout(ones([64]), { p: 0.3, training: true, rng }).data();
    expect(Array.from(y, (value) => Number(value === 0))).toEqual(Array.from(dropped));
  });

  test('a noise shape shares decisions along axes of size 1', () => {
    const y = dropout(ones([4, 50, 8]), { training: true, rng, noiseShape: [null, 1, 8] });
    const data = y.data();
    const at = (n: number, t: number, c: number): number => data[(n * 50 + t) * 8 + c]!;
    for (let n = 0; n < 4; n++) {
      for (let t = 1; t < 50; t++) {
        for (let c = 0; c < 8; c++) expect(at(n, t, c)).toBe(at(n, 0, c));
      }
    }
    expect(new Set(Array.from({ length: 32 }, (_, i) => at(i >> 3, 0, i & 7))).size).toBe(2);
  });

  test('a given mask must have the noise shape and hold 0 and 1', () => {
    const x = ones([2, 3]);
    const mask = tensor([[1, 0, 1]]);
    expect(() => dropout(x, { training: true, mask })).toThrow(ShapeError);
    expect(dropout(x, { training: true, mask, noiseShape: [1, null] }).toArray()).toEqual([
      [2, 0, 2],
      [2, 0, 2],
    ]);
    const bad = tensor([
      [1, 0, 2],
      [1, 1, 1],
    ]);
    expect(() => dropout(x, { training: true, mask: bad })).toThrow(
      /the mask must hold 0 \(drop\) and 1 \(keep\)/,
    );
  });
});

describe('edges', () => {
  test('a rate that is none is named, with what it is', () => {
    const cases: readonly (readonly [unknown, string])[] = [
      ['0.5', 'string'],
      [(step: number) => step, 'function'],
      [null, 'null'],
    ];
    for (const [given, kind] of cases) {
      const p = given as number;
      const message = `p: expected a Tensor, a Cell or a number, got ${kind}.`;
      expect(() => dropout(ones([1]), { p })).toThrow(`dropout: ${message}`);
      expect(() => new Dropout({ p })).toThrow(`Dropout: ${message}`);
    }
  });

  test('p = 0 keeps every bit, p = 1 gives zeros with zero gradient', () => {
    const x = float64([0.1, -0, Infinity]);
    const same = dropout(x, { p: 0, training: true, rng }).data();
    expect(Array.from(same)).toEqual([0.1, -0, Infinity]);
    const f = (z: typeof x): typeof x => dropout(z, { p: 1, training: true, rng });
    expect(f(float64([1, Number.NaN, Infinity])).toArray()).toEqual([0, 0, 0]);
    expect(grad((z: typeof x) => f(z).sum())(x).toArray()).toEqual([0, 0, 0]);
    const mask = float64([1, 1, 1]);
    expect(dropout(x, { p: 1, training: true, mask }).toArray()).toEqual([0, 0, 0]);
  });

  test('a dropped NaN becomes 0 and gets gradient 0; a kept one stays', () => {
    const x = float64([Number.NaN, Number.NaN]);
    const mask = tensor([0, 1]);
    const f = (z: typeof x): typeof x => dropout(z, { training: true, mask });
    expect(f(x).toArray()).toEqual([0, Number.NaN]);
    expect(grad((z: typeof x) => f(z).sum())(x).toArray()).toEqual([0, 2]);
  });

  test('evaluation is the identity, or (1 - p) x in classic mode', () => {
    const x = float64([1, -2]);
    expect(dropout(x, { p: 0.25 })).toBe(x);
    expect(dropout(x, { p: 0.25, mode: 'classic' }).toArray()).toEqual([0.75, -1.5]);
    const infinite = float64([Infinity]);
    expect(dropout(infinite, { p: 1, mode: 'classic' }).toArray()).toEqual([0]);
  });

  test('an empty tensor passes', () => {
    expect(dropout(zeros([0, 3]), { training: true, rng }).shape).toEqual([0, 3]);
  });
});

describe('an annealed p', () => {
  test.each([0, 0.3, 1])('in a cell it acts as the number %p', (p) => {
    const x = random.normal(random.key(1), [64], { dtype: 'float64' });
    const cell = new Cell(tensor(p, { dtype: 'float64' }));
    for (const mode of ['inverted', 'classic'] as const) {
      for (const training of [true, false]) {
        const options = { mode, training, rng };
        const f = (z: typeof x): typeof x => dropout(z, { ...options, p: cell });
        const want = dropout(x, { ...options, p });
        expect(f(x).data()).toEqual(want.data());
        const slope = grad((z: typeof x) => f(z).sum())(x);
        const wanted = grad((z: typeof x) => dropout(z, { ...options, p }).sum())(x);
        expect(slope.data()).toEqual(wanted.data());
      }
    }
  });

  test('is read at each call, is part of the state of the layer, and is checked', () => {
    const p = new Cell(tensor(0, { dtype: 'float64' }));
    const layer = new Dropout({ p });
    const context = { training: true, rng };
    expect(
      layer
        .forward(ones([64]), context)
        .min()
        .item(),
    ).toBe(1);
    p.write(tensor(0.5, { dtype: 'float64' }));
    expect(
      layer
        .forward(ones([64]), context)
        .min()
        .item(),
    ).toBe(0);
    expect(Object.keys(layer.namedCells())).toEqual(['p']);
    p.write(tensor(1.5, { dtype: 'float64' }));
    expect(() => layer.forward(ones([64]), context)).toThrow(/p must be in \[0, 1\], got .*1\.5/);
    expect(() => dropout(ones([2]), { p: tensor([0.5, 0.5]), training: true, rng })).toThrow(
      ShapeError,
    );
  });
});

describe('errors', () => {
  test.each([-0.1, 1.1, Number.NaN, Infinity])('p = %p is out of range', (p) => {
    const error = new RangeError(`dropout: p must be in [0, 1], got ${p}.`);
    expect(() => dropout(ones([2]), { p })).toThrow(error);
    expect(() => new Dropout({ p })).toThrow(RangeError);
  });

  test('training without a key or a mask says what to pass', () => {
    expect(() => new Dropout().forward(ones([2]), { training: true })).toThrow(
      new TypeError(
        'dropout: training needs a random key, got neither rng nor mask.\n' +
          '  Call model.forward(x, { training: true, rng }) with rng = random.foldIn(random.key(seed), step), or leave training off.',
      ),
    );
  });

  test('integers, unknown modes and misfitting noise shapes are refused', () => {
    const x = tensor([1], { dtype: 'int32' });
    expect(() => dropout(x, { training: true, rng })).toThrow(DTypeError);
    const mode = 'scaled' as 'classic';
    expect(() => dropout(ones([2]), { mode })).toThrow(TypeError);
    expect(() => dropout(ones([2, 3]), { noiseShape: [2] })).toThrow(ShapeError);
    expect(() => dropout(ones([2, 3]), { noiseShape: [2, 2] })).toThrow(
      'dropout: noiseShape [2, 2] does not fit x [2, 3].',
    );
  });
});
