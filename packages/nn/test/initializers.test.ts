import { describe, expect, test } from '@jest/globals';
import { random, ShapeError } from '@tikhonov/core';
import { type Initializer, init as inits } from '../src/index.ts';
import { constantInit, uniformInit } from '../src/initializers.ts';

const { fans, kaimingNormal, kaimingUniform, torchLinear, xavierNormal, xavierUniform } = inits;

const [out, into] = [60, 400];
const n = out * into;

// Each with the standard deviation that its formula gives for [60, 400].
const deviations: readonly (readonly [string, Initializer, number])[] = [
  ['xavierUniform', xavierUniform, Math.sqrt(2 / (into + out))],
  ['xavierNormal', xavierNormal, Math.sqrt(2 / (into + out))],
  ['kaimingUniform', kaimingUniform, Math.sqrt(2 / into)],
  ['kaimingNormal', kaimingNormal, Math.sqrt(2 / into)],
  ['torchLinear', torchLinear, Math.sqrt(1 / (3 * into))],
];

describe.each(deviations)('%s', (_name, init, std) => {
  const w = init(random.key(11), [out, into], { dtype: 'float64' });
  const data = w.data();

  test('has mean 0 and the variance of its formula', () => {
    const mean = Array.from(data).reduce((total, x) => total + x, 0) / n;
    expect(Math.abs(mean) / (std / Math.sqrt(n))).toBeLessThan(6.5);
    const variance = Array.from(data).reduce((total, x) => total + x * x, 0) / n;
    // The variance of x^2 is at most that of a normal, 2 std^4.
    expect(Math.abs(variance / std ** 2 - 1) / Math.sqrt(2 / n)).toBeLessThan(6.5);
  });

  test('gives the same bits for the same key and others for another', () => {
    expect(init(random.key(11), [out, into], { dtype: 'float64' }).data()).toEqual(data);
    expect(init(random.key(12), [out, into], { dtype: 'float64' }).data()).not.toEqual(data);
    expect(init(random.key(11), [3, 2]).dtype).toBe('float32');
  });
});

test('uniform draws fill their range and stay in it', () => {
  const bound = Math.sqrt(6 / (into + out));
  const data = xavierUniform(random.key(0), [out, into], { dtype: 'float64' }).data();
  const largest = Array.from(data).reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  expect(largest).toBeLessThanOrEqual(bound);
  // P(no draw beyond 99.9 % of the bound) = 0.999^24000 < 1e-10.
  expect(largest).toBeGreaterThan(0.999 * bound);
});

test('the gain scales', () => {
  const one = xavierNormal(random.key(1), [4, 4], { gain: 1, dtype: 'float64' }).data();
  const two = xavierNormal(random.key(1), [4, 4], { gain: 2, dtype: 'float64' }).data();
  expect(Array.from(two)).toEqual(Array.from(one, (x) => 2 * x));
  expect(() => xavierUniform(random.key(1), [4, 4], { gain: -1 })).toThrow(
    new RangeError('xavierUniform: gain must be finite and >= 0, got -1.'),
  );
});

test('a convolution kernel counts its receptive field', () => {
  expect(fans([8, 3, 5, 5])).toEqual({ fanIn: 75, fanOut: 200 });
  expect(() => fans([8])).toThrow(ShapeError);
});

test('constants and symmetric ranges for biases', () => {
  expect(constantInit(2)(random.key(0), [3]).toArray()).toEqual([2, 2, 2]);
  const data = uniformInit(0.5)(random.key(0), [100]).data();
  expect(data.every((x) => Math.abs(x) <= 0.5)).toBe(true);
  expect(() => constantInit(Number.NaN)).toThrow(RangeError);
  expect(() => uniformInit(-1)).toThrow(RangeError);
});
