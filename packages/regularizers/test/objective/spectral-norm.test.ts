import { describe, expect, test } from '@jest/globals';
import {
  Cell,
  grad,
  matmul,
  norm,
  parameter,
  random,
  ShapeError,
  type Tensor,
  tensor,
  valueAndGrad,
  zeros,
} from '@tikhonov/core';
import { mlp } from '@tikhonov/nn';
import { spectralNorm, spectralNormPenalty, spectralNormValue } from '../../src/index.ts';

const stuck = tensor(new Float64Array([1, -1, -1, 1]), { shape: [2, 2] });

describe('spectralNorm', () => {
  test('of a network keeps a pair of vectors for each weight, by name', () => {
    const model = mlp([3, 4, 2], { seed: 0 });
    const penalty = spectralNorm(model, { lambda: 1 });
    expect(Object.keys(penalty.state)).toEqual(['layers.0.weight', 'layers.1.weight']);
    expect(penalty.state['layers.0.weight']!.u.shape).toEqual([4]);
    expect(penalty.state['layers.0.weight']!.v.shape).toEqual([3]);
    const want = [0, 1].reduce((s, i) => s + spectralNormValue(model.layers[i]!.weight) ** 2, 0);
    // 15 rounds of warm-up: near, never above.
    expect(penalty().item()).toBeLessThanOrEqual(want * (1 + 1e-6));
    expect(penalty().item()).toBeGreaterThan(0.98 * want);
  });

  test('the vectors of a weight depend on key and name alone, not on the other weights', () => {
    const w = random.normal(random.key(5), [3, 2]);
    const alone = spectralNorm({ w }, { lambda: 1, seed: 3 });
    const among = spectralNorm({ a: zeros([2, 2]), w }, { lambda: 1, seed: 3 });
    expect(among.state.w!.u.read().toArray()).toEqual(alone.state.w!.u.read().toArray());
  });

  test('leads to the gradient 2 lambda sigma u v^T, and the vectors follow the weight', () => {
    const w = parameter(
      tensor([
        [3, 0],
        [0, 1],
      ]),
    );
    const penalty = spectralNorm(w, { lambda: 0.5, seed: 1 });
    const [loss, slope] = valueAndGrad((_w: typeof w) => penalty())(w);
    expect(loss.item()).toBeCloseTo(4.5, 5);
    const [[a, b], [c, d]] = slope.toArray() as [[number, number], [number, number]];
    expect(a).toBeCloseTo(3, 5);
    for (const zero of [b, c, d]) expect(zero).toBeCloseTo(0, 5);
    w.write(
      tensor([
        [1, 0],
        [0, 5],
      ]),
    );
    for (let k = 0; k < 30; k++) penalty();
    expect(penalty({ updateState: false }).item()).toBeCloseTo(12.5, 4);
  });

  test('leaves a start in the null space, at creation and later', () => {
    const penalty = spectralNorm(stuck, { lambda: 1, seed: 0 });
    const { u } = penalty.state['']!;
    u.write(tensor(new Float64Array([Math.SQRT1_2, Math.SQRT1_2])));
    expect(penalty().item()).toBeCloseTo(4, 12);
  });

  test('recovers after the weight was 0', () => {
    const w = parameter(zeros([2, 3]));
    const penalty = spectralNorm(w, { lambda: 1 });
    const [loss, slope] = valueAndGrad((_w: typeof w) => penalty())(w);
    expect(loss.item()).toBe(0);
    expect(slope.toArray()).toEqual([
      [0, 0, 0],
      [0, 0, 0],
    ]);
    w.write(
      tensor([
        [2, 0, 0],
        [0, 1, 0],
      ]),
    );
    for (let k = 0; k < 30; k++) penalty();
    expect(penalty().item()).toBeCloseTo(4, 4);
  });

  test('of nothing is 0, and a strength of 0 gives exactly 0 while the vectors move on', () => {
    expect(spectralNorm([], { lambda: 1 })().item()).toBe(0);
    const w = parameter(
      tensor([
        [1, 2],
        [3, 4],
      ]),
    );
    const lambda = new Cell(tensor(0));
    const penalty = spectralNorm(w, { lambda });
    const bad = tensor([
      [1, Infinity],
      [3, 4],
    ]);
    const frozen = (x: Tensor): Tensor =>
      spectralNormPenalty(x, { lambda, u: tensor([1, 0]), v: tensor([1, 0]), nPowerIterations: 0 })
        .loss;
    const [loss, slope] = valueAndGrad(frozen)(bad);
    expect([loss.item(), slope.toArray()]).toEqual([
      0,
      [
        [0, 0],
        [0, 0],
      ],
    ]);
    expect(penalty().item()).toBe(0);
    lambda.write(tensor(1));
    expect(penalty().item()).toBeCloseTo(spectralNormValue(w) ** 2, 4);
  });

  test('refuses biases, bad counts and bad axes', () => {
    expect(() => spectralNorm(tensor([1, 2]), { lambda: 1 })).toThrow(ShapeError);
    expect(() => spectralNorm(tensor([1, 2]), { lambda: 1 })).toThrow('rank >= 2, got shape [2]');
    for (const bad of [
      { lambda: -1 },
      { lambda: 1, nPowerIterations: 1.5 },
      { lambda: 1, nPowerIterations: -1 },
      { lambda: 1, eps: 0 },
      { lambda: 1, dim: 2 },
    ]) {
      expect(() => spectralNorm(stuck, bad)).toThrow(RangeError);
    }
  });
});

describe('spectralNormPenalty', () => {
  test('reads a kernel as [out, rest], and dim moves the output axis to the front', () => {
    const kernel = random.normal(random.key(1), [3, 2, 2, 2], { dtype: 'float64' });
    const flat = kernel.reshape([3, 8]);
    expect(spectralNormValue(kernel)).toBeCloseTo(spectralNormValue(flat), 12);
    const turned = kernel.permute([1, 0, 2, 3]);
    expect(spectralNormValue(turned, { dim: 1 })).toBeCloseTo(spectralNormValue(flat), 12);
    expect(spectralNormValue(turned, { dim: -3 })).toBeCloseTo(spectralNormValue(flat), 12);
    expect(spectralNormValue(turned)).not.toBeCloseTo(spectralNormValue(flat), 3);
    const u = random.normal(random.key(2), [3], { dtype: 'float64' });
    const options = { u, lambda: 1, nPowerIterations: 60 };
    const slope = grad((x: Tensor) => spectralNormPenalty(x, { ...options, dim: 1 }).loss)(turned);
    const want = grad((x: Tensor) => spectralNormPenalty(x, options).loss)(kernel);
    const gap = norm(slope.permute([1, 0, 2, 3]).sub(want)).item();
    expect(gap).toBeLessThan(1e-12);
  });

  test('needs v if it does not iterate', () => {
    const u = tensor(new Float64Array([1, 0]));
    expect(() => spectralNormPenalty(stuck, { u, lambda: 1, nPowerIterations: 0 })).toThrow(
      'Pass v, or iterate at least once.',
    );
  });

  test('is not the largest absolute eigenvalue: 1 and not 0 for [[0, 1], [0, 0]]', () => {
    expect(
      spectralNormValue(
        tensor([
          [0, 1],
          [0, 0],
        ]),
      ),
    ).toBe(1);
    const w = tensor([
      [0, 1],
      [0, 0],
    ]);
    expect(norm(matmul(w, tensor([0, 1]))).item()).toBe(1);
  });

  test('differentiates through the strength too', () => {
    const u = tensor(new Float64Array([1, 0]));
    const f = (lambda: Tensor): Tensor =>
      spectralNormPenalty(stuck, { u, lambda, nPowerIterations: 20 }).loss;
    expect(grad(f)(tensor(0.5, { dtype: 'float64' })).item()).toBeCloseTo(4, 12);
  });
});
