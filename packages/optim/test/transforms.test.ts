import { describe, expect, test } from '@jest/globals';
import { Cell, type Tensor, tensor } from '@tikhonov/core';
import {
  addWeightDecay,
  chain,
  clipByGlobalNorm,
  clipByValue,
  clipGradsByGlobalNorm,
  globalNorm,
  identity,
  type Named,
  scale,
  scaleByAdam,
  scaleByLearningRate,
  trace,
} from '../src/index.ts';

const float64 = (values: number | number[]): Tensor => tensor(values, { dtype: 'float64' });
const numbers = (named: Named, name = 'w'): number[] => Array.from(named[name]!.data());

describe('chain', () => {
  test('hands the updates on and keeps one state per part', () => {
    const both = chain(trace({ momentum: 0.5 }), scale(2));
    const w = { w: float64([1]) };
    const start = both.init(w);
    const [first, state] = both.update(w, start, w);
    const [second, last] = both.update(w, state, w);
    expect([numbers(first), numbers(second)]).toEqual([[2], [3]]);
    expect(last[0].count.item()).toBe(2);
    expect(numbers(last[0].trace)).toEqual([1.5]);
    expect(last[1]).toEqual([]);
    expect(start[0].count.item()).toBe(0);
  });

  test('an empty chain and identity change nothing', () => {
    const w = { w: float64([1, -2]) };
    expect(chain().update(w, [], w)[0]).toBe(w);
    expect(identity().update(w, [], w)[0]).toBe(w);
  });
});

describe('trace', () => {
  test('dampening spares the first step', () => {
    const step = trace({ momentum: 0.9, dampening: 0.3 });
    const g = { w: float64([1]) };
    const [first, state] = step.update(g, step.init(g), g);
    const [second] = step.update(g, state, g);
    expect(numbers(first)).toEqual([1]);
    expect(numbers(second)).toEqual([0.9 * 1 + (1 - 0.3)]);
  });

  test('a parameter without an update keeps its buffer', () => {
    const step = trace({ momentum: 0.5 });
    const both = { a: float64([1]), b: float64([2]) };
    const [, state] = step.update(both, step.init(both), both);
    const [updates, next] = step.update({ a: float64([1]) }, state, both);
    expect(Object.keys(updates)).toEqual(['a']);
    expect([numbers(next.trace, 'a'), numbers(next.trace, 'b')]).toEqual([[1.5], [2]]);
  });

  test('numbers out of range are named', () => {
    expect(() => trace({ momentum: 1 })).toThrow(
      new RangeError('trace: momentum must be in [0, 1), got 1.'),
    );
    expect(() => trace({ momentum: 0.9, dampening: -1 })).toThrow(RangeError);
    const nesterov = true;
    expect(() => trace({ momentum: 0, nesterov })).toThrow(
      'trace: nesterov needs momentum > 0 and dampening 0, got momentum 0 and dampening 0.',
    );
    expect(() => trace({ momentum: 0.9, dampening: 0.1, nesterov })).toThrow(RangeError);
  });
});

describe('scaleByAdam', () => {
  test('the first step is the sign of the gradient, whatever its scale', () => {
    for (const factor of [1, 1e-3, 1e6]) {
      const step = scaleByAdam({ eps: 0 });
      const g = { w: float64([factor, -3 * factor]) };
      const [updates] = step.update(g, step.init(g), g);
      // Each of m / c1 and sqrt(v / c2) is within a few roundings of |g|.
      for (const [i, sign] of [1, -1].entries()) {
        expect(Math.abs(numbers(updates)[i]! - sign)).toBeLessThan(1e-14);
      }
    }
  });

  test('bias corrections do not lose digits in float32: (1 - 0.999) is computed in float64', () => {
    const step = scaleByAdam({ betas: [0.9, 0.999] });
    const g = { w: tensor([1]) };
    const [updates, state] = step.update(g, step.init(g), g);
    // In float32, 1 - fround(0.999) is off by 5e-5 relative; the roundings that remain are 2^-24 each.
    expect(Math.abs(numbers(updates)[0]! - 1)).toBeLessThan(8 * 2 ** -24);
    expect(updates.w!.dtype).toBe('float32');
    expect(state.count.dtype).toBe('int32');
    expect(state.mu.w!.dtype).toBe('float32');
  });

  test('with eps = 0 an element that never had a gradient does not move', () => {
    const step = scaleByAdam({ eps: 0 });
    const g = { w: float64([0, 1]) };
    const [updates] = step.update(g, step.init(g), g);
    expect(numbers(updates)[0]).toBe(0);
  });

  test('amsgrad never lets the divisor shrink', () => {
    const step = scaleByAdam({ amsgrad: true, betas: [0, 0.5] });
    const w = { w: float64([0]) };
    let state = step.init(w);
    let before = 0;
    for (const g of [4, 0.1, 0.1, 2]) {
      [, state] = step.update({ w: float64([g]) }, state, w);
      expect(numbers(state.nuMax)[0]).toBeGreaterThanOrEqual(before);
      before = numbers(state.nuMax)[0]!;
    }
    expect(numbers(state.nu)[0]).toBeLessThan(before);
  });

  test('numbers out of range are named', () => {
    expect(() => scaleByAdam({ betas: [0.9, 1] })).toThrow(
      new RangeError('scaleByAdam: betas[1] must be in [0, 1), got 1.'),
    );
    expect(() => scaleByAdam({ betas: [-0.1, 0.9] })).toThrow(RangeError);
    expect(() => scaleByAdam({ eps: Number.NaN })).toThrow(RangeError);
  });
});

describe('addWeightDecay', () => {
  const params = { w: float64([2]), b: float64([4]) };
  const grads = { w: float64([1]), b: float64([1]) };

  test('adds its share of the parameters that the mask names', () => {
    const [all] = addWeightDecay(0.5).update(grads, [], params);
    expect([numbers(all), numbers(all, 'b')]).toEqual([[2], [3]]);
    const [some] = addWeightDecay(0.5, (name) => name === 'w').update(grads, [], params);
    expect([numbers(some), numbers(some, 'b')]).toEqual([[2], [1]]);
  });

  test('a strength of 0 adds exactly nothing, also in a cell', () => {
    const infinite = { w: float64([Infinity]), b: float64([0]) };
    const cell = new Cell(float64(0));
    for (const strength of [0, cell]) {
      expect(numbers(addWeightDecay(strength).update(grads, [], infinite)[0])).toEqual([1]);
    }
    cell.write(float64(0.5));
    expect(numbers(addWeightDecay(cell).update(grads, [], params)[0])).toEqual([2]);
    cell.write(float64(-1));
    expect(() => addWeightDecay(cell).update(grads, [], params)).toThrow(
      /weightDecay must be finite and >= 0, its cell holds/,
    );
    expect(() => addWeightDecay(-1)).toThrow(RangeError);
  });
});

describe('scaleByLearningRate', () => {
  test('multiplies by -lr, which a cell can change', () => {
    const lr = new Cell(float64(0.5));
    const step = scaleByLearningRate(lr);
    const g = { w: float64([2]) };
    expect(numbers(step.update(g, [], g)[0])).toEqual([-1]);
    lr.write(float64(0.25));
    expect(numbers(step.update(g, [], g)[0])).toEqual([-0.5]);
    lr.write(float64(Number.NaN));
    expect(() => step.update(g, [], g)).toThrow(RangeError);
    expect(() => scaleByLearningRate(Infinity)).toThrow(
      new RangeError('scaleByLearningRate: lr must be finite and >= 0, got Infinity.'),
    );
    expect(() => scaleByLearningRate(new Cell(float64([1])))).toThrow(/of shape \[\]/);
    expect(() => scale(Number.NaN)).toThrow(RangeError);
  });
});

describe('norms and clipping', () => {
  test('norms neither overflow nor underflow', () => {
    for (const size of [1e-300, 1e300]) {
      for (const [normType, factor] of [
        [1, 4],
        [2, 2],
        [3, 4 ** (1 / 3)],
        [Infinity, 1],
      ] as const) {
        const named = { a: float64([size, -size]), b: float64([[size, size]] as never) };
        const n = globalNorm(named, { normType }).item();
        expect(Math.abs(n / (factor * size) - 1)).toBeLessThan(1e-14);
      }
    }
    // In float32 the squares would be infinite.
    expect(globalNorm({ a: tensor([1e30, 1e30]) }).item() / Math.fround(1e30)).toBeCloseTo(
      Math.SQRT2,
      14,
    );
  });

  test('norms of nothing and of zeros are 0', () => {
    for (const normType of [0.5, 1, 2, Infinity]) {
      expect(globalNorm({}, { normType }).item()).toBe(0);
      expect(globalNorm({ a: float64([]) }, { normType }).item()).toBe(0);
      expect(globalNorm({ a: float64([0, 0]) }, { normType }).item()).toBe(0);
    }
  });

  test('below the bound no bit changes; above it the length is the bound', () => {
    const g = { a: float64([0.1, -0]), b: float64([0.3]) };
    const { grads } = clipGradsByGlobalNorm(g, 1);
    expect(numbers(grads, 'a')).toEqual([0.1, -0]);
    const { grads: small, totalNorm } = clipGradsByGlobalNorm(g, 0.01);
    expect(totalNorm.item()).toBeCloseTo(Math.sqrt(0.1), 15);
    expect(Math.abs(globalNorm(small).item() / 0.01 - 1)).toBeLessThan(1e-15);
    expect(numbers(small, 'a')[0]! / numbers(small, 'b')[0]!).toBeCloseTo(1 / 3, 14);
    const zero = { a: float64([0]) };
    expect(numbers(clipGradsByGlobalNorm(zero, 1).grads, 'a')).toEqual([0]);
  });

  test('clipping twice changes nothing with eps = 0, and something with that of PyTorch', () => {
    const g = { w: float64([3, 4]) };
    const twice = (eps: number): number[] => {
      const once = clipGradsByGlobalNorm(g, 1, { eps }).grads;
      const again = clipGradsByGlobalNorm(once, 1, { eps }).grads;
      return numbers(again).map((x, i) => x - numbers(once)[i]!);
    };
    expect(twice(0).every((d) => Math.abs(d) < 2e-16)).toBe(true);
    expect(twice(1e-6).some((d) => Math.abs(d) > 1e-8)).toBe(true);
  });

  test.each([Number.NaN, Infinity])('a gradient of %p throws and is named', (bad) => {
    const g = { fine: float64([1]), 'layers.0.weight': float64([1, bad]), late: float64([bad]) };
    for (const normType of [1, 2, 3, Infinity]) {
      const call = (): unknown => clipGradsByGlobalNorm(g, 1, { normType });
      expect(call).toThrow(RangeError);
      expect(call).toThrow(/the gradient of "layers\.0\.weight" is not finite/);
    }
    const step = clipByGlobalNorm(1);
    expect(() => step.update(g, step.init(g), g)).toThrow(RangeError);
    const { totalNorm } = clipGradsByGlobalNorm(g, 1, { errorIfNonfinite: false });
    expect(Number.isFinite(totalNorm.item())).toBe(false);
  });

  test('clipping by value limits elements and keeps NaN visible', () => {
    const g = { w: float64([-3, 0.5, 3, Number.NaN]) };
    expect(numbers(clipByValue(1).update(g, [], g)[0])).toEqual([-1, 0.5, 1, Number.NaN]);
  });

  test('bounds out of range are named', () => {
    for (const bad of [0, -1, Number.NaN]) {
      expect(() => clipByGlobalNorm(bad)).toThrow(
        new RangeError(`clipByGlobalNorm: maxNorm must be > 0, got ${bad}.`),
      );
      expect(() => clipGradsByGlobalNorm({}, bad)).toThrow(RangeError);
      expect(() => clipByValue(bad)).toThrow(RangeError);
      expect(() => globalNorm({}, { normType: bad })).toThrow(RangeError);
    }
  });
});
