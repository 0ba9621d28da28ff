import { describe, expect, test } from '@jest/globals';
import { compile } from '@tikhonov/compile';
import { Cell, mul, random, relu, sum, type Tensor, tensor, valueAndGrad } from '@tikhonov/core';
import { BatchNorm1d, Linear, Residual, Sequential } from '@tikhonov/nn';
import { depthDistribution, StochasticDepth, stochasticDepth } from '../../src/index.ts';

const x = tensor([
  [1, -2],
  [3, 4],
]);
const double = (h: Tensor): Tensor => h.mul(2);

describe('stochasticDepth', () => {
  test('refuses what it cannot use, and says what to do', () => {
    expect(() => stochasticDepth(x, double, { survival: 1.5 })).toThrow(
      new RangeError(
        'stochasticDepth: survival must be in [0, 1], got 1.5.\n  It is a probability: 0.2 is 20 percent.',
      ),
    );
    expect(() => stochasticDepth(x, double, { training: true })).toThrow(
      /^stochasticDepth: training needs a random key, got neither rng nor gates\.\n {2}Call /,
    );
    expect(() => stochasticDepth(x, double, { mode: 'sample' as 'row' })).toThrow(
      new TypeError(`stochasticDepth: mode must be 'batch' or 'row', got "sample".`),
    );
    expect(() => stochasticDepth(x, double, { scale: 'train' as 'keep' })).toThrow(
      new TypeError(`stochasticDepth: scale must be 'eval' or 'keep', got "train".`),
    );
    expect(() => stochasticDepth(x, new Linear(2, 2, { seed: 0 }) as never)).toThrow(
      /^stochasticDepth: branch must be a function of a tensor, got .*\n {2}Of a module pass/,
    );
    expect(() => stochasticDepth(x, (h) => h.sum())).toThrow(
      'stochasticDepth: the branch gives [], which cannot be added to [2, 2].\n  Pass { projection } with what changes the shape in the same way.',
    );
    const gates = tensor([1, 0, 1]);
    expect(() => stochasticDepth(x, double, { training: true, mode: 'row', gates })).toThrow(
      /^stochasticDepth: gates must have shape \[2\], got \[3\]\./,
    );
    expect(() => stochasticDepth(x, double, { training: true, gates: tensor(0.5) })).toThrow(
      /must hold 0 \(drop\) and 1 \(keep\)/,
    );
    expect(() => stochasticDepth(x.astype('int32'), double)).toThrow(
      "stochasticDepth: x must be floating, got int32.\n  Cast with astype('float32').",
    );
    expect(() => depthDistribution([0.5, 2])).toThrow(
      'depthDistribution: survival[1] must be in [0, 1], got 2.',
    );
    expect(() => depthDistribution(0.5 as never)).toThrow(/must be a list of probabilities/);
  });

  test('passes empty batches, keeps the sign of zeros, and the dtype', () => {
    const empty = tensor([], { shape: [0, 2] });
    const gates = tensor(1);
    expect(stochasticDepth(empty, double, { training: true, gates }).shape).toEqual([0, 2]);
    const y = stochasticDepth(tensor([-0]), double, { training: true, gates: tensor(0) });
    expect(Object.is(y.item(), -0)).toBe(true);
    expect(stochasticDepth(x, double, { survival: 0.3 }).dtype).toBe('float32');
    expect(depthDistribution([]).toArray()).toEqual([1]);
  });
});

describe('StochasticDepth', () => {
  const make = (survival: number | Cell): Sequential => {
    const branch = (seed: number): Sequential =>
      new Sequential(
        new Linear(2, 2, { seed, dtype: 'float64' }),
        new BatchNorm1d(2, { dtype: 'float64' }),
      );
    const blocks = [0, 1, 2, 3].map(
      (seed) => new StochasticDepth(branch(seed), { survival, activation: relu }),
    );
    return new Sequential(...blocks);
  };

  test('compiled, it drops the same branches with the same gradients and statistics', () => {
    const rows = random.normal(random.key(1), [5, 2], { dtype: 'float64' });
    const run = (compiled: boolean): string[] => {
      const survival = new Cell(tensor(0.5, { dtype: 'float64' }));
      const model = make(survival);
      const parameters = model.namedParameters();
      const step = (count: Tensor): Tensor => {
        const rng = random.foldIn(random.key(7), count);
        const [loss, grads] = valueAndGrad(() => {
          const y = model.forward(rows, { training: true, rng });
          return sum(mul(y, y));
        })(parameters);
        for (const [name, p] of Object.entries(parameters)) {
          p.write(p.read().sub(grads[name]!.mul(0.01)));
        }
        return loss;
      };
      const f = compiled ? compile(step) : step;
      return Array.from({ length: 8 }, (_, i) => {
        if (i === 6) survival.write(tensor(1, { dtype: 'float64' }));
        const loss = f(tensor(i, { dtype: 'int32' })).item();
        const state = Object.values(model.stateDict()).flatMap((v) => Array.from(v.data()));
        return [loss, ...state].map((v) => v.toPrecision(9)).join();
      });
    };
    const eager = run(false);
    expect(run(true)).toEqual(eager);
    expect(new Set(eager).size).toBe(8);
  });

  test('takes the state of a residual block, and describes itself', () => {
    const body = (): Linear => new Linear(2, 2, { seed: 0 });
    const [plain, block] = [new Residual(body()), new StochasticDepth(body())];
    expect(block.loadStateDict(plain.stateDict())).toEqual({ missing: [], unexpected: [] });
    expect(block.describe()).toBe('StochasticDepth(survival 0.5, batch, scale eval)');
    expect(() => new StochasticDepth(3 as never)).toThrow(TypeError);
    expect(() => new StochasticDepth(body(), { survival: -1 })).toThrow(RangeError);
    const annealed = new StochasticDepth(body(), { survival: new Cell(tensor(0.5)) });
    expect(Object.keys(annealed.namedCells())).toContain('survival');
  });
});
