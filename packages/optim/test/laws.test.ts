import { describe, expect, test } from '@jest/globals';
import { compile } from '@tikhonov/compile';
import {
  add,
  Cell,
  clamp,
  linalg,
  matmul,
  mul,
  type Parameter,
  parameter,
  random,
  sub,
  sum,
  type Tensor,
  tensor,
} from '@tikhonov/core';
import {
  accumulate,
  adam,
  adamTransform,
  adamw,
  addGradientNoise,
  type CommonOptions,
  clipAdaptively,
  clipByNorm,
  clipByValue,
  cosine,
  ema,
  hardThreshold,
  lookahead,
  maxNorm,
  NonFiniteUpdateError,
  nonNegative,
  Optimizer,
  type Prox,
  project,
  proxElasticNet,
  proxGroupLasso,
  proximal,
  proximalStep,
  proxL0,
  proxL1,
  proxL2,
  proxNuclear,
  type Scalar,
  sam,
  samPerturbation,
  sgd,
  sgdTransform,
  sgdw,
  softClip,
  softThreshold,
  swa,
  type Transform,
  unitNorm,
} from '../src/index.ts';
import { cellOf, float64, numbers, value } from './values.ts';

const draw = (seed: number, shape: readonly number[], scale = 1): Tensor =>
  mul(random.normal(random.key(seed), [...shape], { dtype: 'float64' }), scale);
const length = (x: Tensor | Cell | number[]): number =>
  Math.hypot(...(Array.isArray(x) ? x : numbers(x)));
const all = { select: () => true };

describe('weight decay', () => {
  const descend = (make: (w: Parameter) => Optimizer, steps: number): number[] => {
    const w = parameter(draw(1, [4]));
    const optimizer = make(w);
    for (let k = 0; k < steps; k++) optimizer.apply({ w: draw(10 + k, [4]) });
    return numbers(w);
  };

  test('without momentum SGD with L2 is SGDW at the same strength', () => {
    const options = { lr: 0.1, weightDecay: 0.3 };
    const [l2, decoupled] = [
      descend((w) => sgd({ w }, options), 20),
      descend((w) => sgdw({ w }, options), 20),
    ];
    expect(l2).toEqual(decoupled);
  });

  test('with momentum it is not, from the second step on', () => {
    const options = { lr: 0.1, weightDecay: 0.3, momentum: 0.9 };
    const both = (steps: number): readonly number[][] => [
      descend((w) => sgd({ w }, options), steps),
      descend((w) => sgdw({ w }, options), steps),
    ];
    expect(both(1)[0]).toEqual(both(1)[1]);
    const [l2, decoupled] = both(2);
    expect(Math.abs(l2![0]! - decoupled![0]!)).toBeGreaterThan(1e-3);
  });

  test('independent decay of lr times the strength is that of SGDW', () => {
    const scaled = descend((w) => sgdw({ w }, { lr: 0.1, weightDecay: 0.3 }), 5);
    const options = { lr: 0.1, weightDecay: 0.03, independentDecay: true };
    const apart = descend((w) => sgdw({ w }, options), 5);
    for (const [i, want] of scaled.entries()) {
      // Two roundings of 0.03 per step.
      expect(Math.abs(apart[i]! - want)).toBeLessThan(1e-15);
    }
  });

  test('independent decay goes on at a rate of 0', () => {
    const w = cellOf([2]);
    adamw({ w }, { lr: 0, weightDecay: 0.25, independentDecay: true }).apply({ w: float64([1]) });
    expect(numbers(w)).toEqual([1.5]);
  });

  test('Adam with L2 is not AdamW, unless the strength is 0', () => {
    const both = (weightDecay: number): readonly number[][] => [
      descend((w) => adam({ w }, { lr: 0.1, weightDecay }), 1),
      descend((w) => adamw({ w }, { lr: 0.1, weightDecay }), 1),
    ];
    expect(both(0)[0]).toEqual(both(0)[1]);
    const [l2, decoupled] = both(0.5);
    expect(length(l2!.map((x, i) => x - decoupled![i]!))).toBeGreaterThan(1e-2);
  });

  test('a decay of 0 in a cell changes no bit, and may be raised later', () => {
    const weightDecay = new Cell(float64(0));
    const plain = descend((w) => adamw({ w }, { lr: 0.1, weightDecay: 0 }), 3);
    for (const independentDecay of [false, true]) {
      const options = { lr: 0.1, weightDecay, independentDecay };
      weightDecay.write(0);
      expect(descend((w) => adamw({ w }, options), 3)).toEqual(plain);
      weightDecay.write(0.1);
      expect(descend((w) => adamw({ w }, options), 3)).not.toEqual(plain);
    }
  });
});

function thrown(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  return null;
}

describe('clipping', () => {
  const grads = { a: draw(2, [3, 4], 5), b: draw(3, [2], 0.01) };
  const params = { a: draw(4, [3, 4]), b: draw(5, [2]) };
  const clips: readonly (readonly [string, Transform, number])[] = [
    ['clipByNorm', clipByNorm(1), 1],
    ['softClip', softClip(1), 1],
  ];

  test.each(clips)('%s keeps the direction and the bound of every tensor', (_name, clip, bound) => {
    const [clipped] = clip.update(grads, clip.init(params), params);
    for (const name of ['a', 'b'] as const) {
      const [before, after] = [numbers(grads[name]), numbers(clipped[name]!)];
      const ratio = after[0]! / before[0]!;
      expect(ratio).toBeGreaterThan(0);
      expect(ratio).toBeLessThanOrEqual(1);
      for (const [i, x] of before.entries()) expect(after[i]! / x).toBeCloseTo(ratio, 13);
      expect(length(after)).toBeLessThan(bound * (1 + 1e-15));
    }
  });

  test('clipByNorm is idempotent to a rounding and leaves what is short enough', () => {
    const clip = clipByNorm(1);
    const [once] = clip.update(grads, [], params);
    const [twice] = clip.update(once, [], params);
    expect(once.b!.data()).toEqual(grads.b.data());
    for (const [i, x] of numbers(once.a!).entries()) {
      expect(Math.abs(numbers(twice.a!)[i]! - x)).toBeLessThanOrEqual(4 * 2 ** -53);
    }
  });

  test('softClip is within a factor of 2 of the sharp bound, and below it', () => {
    for (const size of [1e-3, 1, 1e3]) {
      const g = { w: float64([size]) };
      const soft = numbers(softClip(2).update(g, [], g)[0].w!)[0]!;
      const sharp = Math.min(size, 2);
      expect(soft).toBeLessThan(sharp);
      expect(soft).toBeGreaterThanOrEqual(sharp / 2);
    }
  });

  test('adaptive clipping bounds every unit by its own weights, vectors as a whole', () => {
    const clip = clipAdaptively({ clipping: 0.1 });
    const vectors = { a: grads.a, b: mul(grads.b, 100) };
    const [clipped] = clip.update(vectors, [], params);
    for (let unit = 0; unit < 3; unit++) {
      const rowOf = (x: Tensor): number[] => numbers(x).slice(4 * unit, 4 * unit + 4);
      const bound = 0.1 * length(rowOf(params.a));
      expect(length(rowOf(clipped.a!))).toBeCloseTo(bound, 14);
    }
    expect(length(clipped.b!)).toBeCloseTo(0.1 * length(params.b), 14);
  });

  test('bounds in cells move between compiled steps, and are checked there', () => {
    const bounds = [1, 1, 1, 1].map((x) => new Cell(float64(x)));
    const [norm, each, value, rows] = bounds as [Cell, Cell, Cell, Cell];
    const descendBy = (make: (f: () => Tensor) => () => Tensor): number[] => {
      for (const bound of bounds) bound.write(float64(1));
      const w = cellOf([
        [3, -4],
        [2, 1],
      ]);
      const gradients = [clipByValue(value), clipByNorm(each), softClip(norm)];
      const updates = () => [project(maxNorm(rows))];
      const optimizer = sgd({ w }, { lr: 0.5, gradients, updates });
      const step = make(() => optimizer.minimize(() => sum(mul(w, w))));
      step();
      for (const [i, bound] of bounds.entries()) bound.write(float64(0.4 + 0.1 * i));
      step();
      return numbers(w);
    };
    const eager = descendBy((f) => f);
    const compiled = descendBy((f) => compile(f));
    for (const [i, x] of eager.entries()) expect(compiled[i]).toBeCloseTo(x, 12);
    expect(length(compiled.slice(0, 2))).toBeLessThanOrEqual(0.7 * (1 + 1e-15));
    each.write(float64(0));
    expect(() => clipByNorm(each).update({ w: value.read() }, [], {})).toThrow(
      'clipByNorm: maxNorm must be finite and > 0, its cell holds ',
    );
    expect(() => clipByNorm(new Cell(float64([1])))).toThrow(
      'clipByNorm: maxNorm must be a number or a floating tensor of shape [], got float64 [1].',
    );
  });

  test('gradients of 0 stay 0, and weights of 0 with eps 0 stop the unit', () => {
    const zero = { w: float64([[0, 0]]) };
    for (const clip of [clipByNorm(1), softClip(1), clipAdaptively()]) {
      expect(numbers(clip.update(zero, clip.init(zero), zero)[0].w!)).toEqual([0, 0]);
    }
    const g = { w: float64([[3, 4]]) };
    expect(numbers(clipAdaptively({ eps: 0 }).update(g, [], zero)[0].w!)).toEqual([0, 0]);
  });
});

describe('proximal operators', () => {
  const lambda = 0.4;
  const step = 0.7;
  const l1 = (u: number[]): number => lambda * u.reduce((s, x) => s + Math.abs(x), 0);
  const groups = (u: number[]): number[][] => [u.slice(0, 3), u.slice(3)];
  const matrix = (u: number[]): Tensor => tensor(u, { dtype: 'float64', shape: [2, 3] });
  const penalties: readonly (readonly [string, Prox, (u: number[]) => number])[] = [
    ['proxL1', proxL1(lambda), l1],
    ['proxL2', proxL2(lambda), (u) => lambda * length(u) ** 2],
    [
      'proxElasticNet',
      proxElasticNet({ lambda1: lambda, lambda2: 0.3 }),
      (u) => l1(u) + 0.3 * length(u) ** 2,
    ],
    ['proxL0', proxL0(lambda), (u) => lambda * u.filter((x) => x !== 0).length],
    [
      'proxGroupLasso',
      proxGroupLasso(lambda),
      (u) => lambda * groups(u).reduce((s, g) => s + length(g), 0),
    ],
    [
      'proxGroupLasso, weighted',
      proxGroupLasso(lambda, { weighted: true }),
      (u) => lambda * Math.sqrt(3) * groups(u).reduce((s, g) => s + length(g), 0),
    ],
    [
      'proxNuclear',
      proxNuclear(lambda),
      (u) => lambda * numbers(linalg.svdvals(matrix(u))).reduce((s, x) => s + x, 0),
    ],
  ];

  test.each(penalties)('%s: no point near or far does better', (_name, prox, penalty) => {
    for (let seed = 0; seed < 10; seed++) {
      const v = numbers(draw(100 + seed, [2, 3]));
      const u = numbers(prox(matrix(v), float64(step)));
      const objective = (at: number[]): number =>
        0.5 * length(at.map((x, i) => x - v[i]!)) ** 2 + step * penalty(at);
      const best = objective(u);
      const others = [v, v.map(() => 0)];
      for (let k = 0; k < 60; k++) {
        const size = 10 ** -(k % 6);
        others.push(numbers(add(matrix(u), draw(1000 * seed + k, [2, 3], size))));
        // Also along single elements, which is where the minima with zeros lie.
        others.push(u.map((x, i) => (i === k % 6 ? (k % 12 < 6 ? 0 : x + size) : x)));
      }
      for (const other of others) expect(objective(other)).toBeGreaterThan(best - 1e-13);
    }
  });

  test.each(penalties.filter(([name]) => name !== 'proxL0'))(
    '%s of a convex penalty brings no two points further apart',
    (_name, prox) => {
      for (let seed = 0; seed < 10; seed++) {
        const [v, w] = [draw(seed, [2, 3]), draw(50 + seed, [2, 3])];
        const [p, q] = [v, w].map((x) => prox(x, float64(step)));
        expect(length(sub(p!, q!))).toBeLessThan(length(sub(v, w)) * (1 + 1e-14));
      }
    },
  );

  test('Moreau: the soft threshold and the clipped rest make the whole', () => {
    const v = draw(9, [20], 2);
    const rest = clamp(v, { min: -0.7, max: 0.7 });
    expect(length(sub(add(softThreshold(v, 0.7), rest), v))).toBeLessThan(1e-15 * 20);
  });

  test('at the threshold itself both thresholds give 0', () => {
    const v = float64([-1, 1]);
    expect([numbers(softThreshold(v, 1)), numbers(hardThreshold(v, 1))]).toEqual([
      [0, 0],
      [0, 0],
    ]);
  });

  test.each(penalties)('%s: NaN stays, and an infinity stays one', (name, prox) => {
    const bad = (x: number): Tensor => prox(matrix([1, x, 0.5, 2, -3, 1]), float64(step));
    if (name === 'proxNuclear') {
      const outcome = (): boolean => numbers(bad(Number.NaN)).every(Number.isFinite);
      expect(thrown(outcome) instanceof Error || !outcome()).toBe(true);
      return;
    }
    expect(numbers(bad(Number.NaN))[1]).toBeNaN();
    expect(numbers(bad(-Infinity))[1]).toBe(-Infinity);
    expect(numbers(hardThreshold(float64([Number.NaN]), 1))[0]).toBeNaN();
  });

  test('a step that is not finite is refused, whatever stands behind it', () => {
    const operators = [
      proximal(proxL1(0.1), 0.1),
      proximal(proxL0(0.1), 0.1),
      proximal(proxGroupLasso(0.1), 0.1),
      proximal((v) => mul(v, 0).mul(0), 0.1),
      project(maxNorm(1)),
      project(nonNegative()),
      project((w) => clamp(w, { min: -0.5, max: 0.5 })),
    ];
    for (const updates of operators) {
      for (const bad of [Number.NaN, Infinity, -Infinity]) {
        const w = cellOf([[1, 1]]);
        const optimizer = sgd({ w }, { lr: 0.1, updates: () => [updates] });
        const error = thrown(() => optimizer.apply({ w: float64([[bad, 0]]) }));
        expect(error).toBeInstanceOf(NonFiniteUpdateError);
        expect(numbers(w)).toEqual([1, 1]);
      }
    }
  });

  test('a proximal step is one of the descent with the operator behind it', () => {
    for (const [, prox] of penalties) {
      const [w, g] = [draw(14, [2, 3]), draw(15, [2, 3])];
      const cell = parameter(w);
      const lr = new Cell(float64(0.3));
      sgd({ w: cell }, { lr: 0.3, updates: (rate) => [proximal(prox, rate)] }).apply({ w: g });
      for (const rate of [0.3, lr]) {
        expect(length(sub(proximalStep(w, g, prox, rate), cell.read()))).toBeLessThan(1e-14);
      }
    }
    expect(() => proximalStep(float64([1]), float64([1]), proxL1(1), -1)).toThrow(
      'proximalStep: lr must be finite and >= 0, got -1.',
    );
    const half = proximalStep(tensor([1]), tensor([2]), proxL1(1), 0.25);
    expect([half.dtype, half.toArray()]).toEqual(['float32', [0.25]]);
  });

  test('a strength or step of 0 changes no bit', () => {
    const v = draw(11, [2, 3]);
    for (const [, prox] of penalties.filter(([name]) => name !== 'proxNuclear')) {
      expect(numbers(prox(v, float64(0)))).toEqual(numbers(v));
    }
  });

  test('the lasso is 0 exactly where the strength is at least |A^T y|', () => {
    const [A, y] = [draw(12, [6, 3]), draw(13, [6])];
    const bound = Math.max(...numbers(matmul(A.transpose(), y)).map(Math.abs));
    const solve = (strength: number): number[] => {
      const w = cellOf([0.3, -0.2, 0.1]);
      const rate = 1 / numbers(linalg.svdvals(A))[0]! ** 2;
      const updates = (lr: Scalar) => [proximal(proxL1(strength), lr, all)];
      const optimizer = sgd({ w }, { lr: rate, updates });
      let before = Infinity;
      for (let k = 0; k < 400; k++) {
        const penalty = strength * numbers(w).reduce((s, x) => s + Math.abs(x), 0);
        const loss = optimizer.minimize(() => sum(sub(matmul(A, w), y).pow(2)).mul(0.5));
        const objective = value(loss) + penalty;
        // With steps of 1 over the curvature the objective never grows, but for rounding.
        expect(objective).toBeLessThan(before + 1e-13);
        before = objective;
      }
      return numbers(w);
    };
    expect(solve(bound * 1.001)).toEqual([0, 0, 0]);
    expect(solve(bound * 0.5).filter((x) => x !== 0).length).toBeGreaterThan(0);
  });
});

describe('projections', () => {
  const w = draw(20, [3, 4], 3);
  const rows = (x: Tensor): number[][] => [0, 4, 8].map((i) => numbers(x).slice(i, i + 4));

  test('land in their sets, and stay there', () => {
    const within = maxNorm(1)(w);
    const unit = unitNorm()(w);
    for (const row of rows(within)) expect(length(row)).toBeLessThan(1 + 4e-16);
    for (const row of rows(unit)) expect(Math.abs(length(row) - 1)).toBeLessThan(4e-16);
    expect(numbers(nonNegative()(w)).every((x) => x >= 0)).toBe(true);
    expect(length(sub(unitNorm()(unit), unit))).toBeLessThan(1e-15);
    expect(numbers(nonNegative()(nonNegative()(w)))).toEqual(numbers(nonNegative()(w)));
  });

  test('maxNorm finds the nearest point of the ball: the residual is along the point', () => {
    const within = rows(maxNorm(1)(w));
    for (const [i, row] of rows(w).entries()) {
      const residual = row.map((x, k) => x - within[i]![k]!);
      const cosine = residual.reduce((s, x, k) => s + x * within[i]![k]!, 0) / length(residual);
      expect(cosine).toBeCloseTo(1, 13);
    }
  });

  test('along another axis they are those of the transpose', () => {
    const other = maxNorm(1, { axis: 1 })(w);
    expect(numbers(other)).toEqual(numbers(maxNorm(1)(w.transpose()).transpose()));
    expect(() => maxNorm(1, { axis: 2 })(w)).toThrow(
      'maxNorm: there is no axis 2 in shape [3, 4].\n  Select other parameters, or another axis.',
    );
  });

  test('act behind the step, on weights only unless told otherwise', () => {
    const p = { w: parameter(w), b: cellOf([-1]) };
    const zero = { w: mul(w, 0), b: float64([0]) };
    const updates = () => [project(nonNegative())];
    sgd(p, { lr: 1, updates }).apply(zero);
    expect([numbers(p.w).every((x) => x >= 0), numbers(p.b)]).toEqual([true, [-1]]);
    sgd(p, { lr: 1, updates: () => [project(nonNegative(), all)] }).apply(zero);
    expect(numbers(p.b)).toEqual([0]);
  });
});

describe('averages', () => {
  test('a debiased average of constant weights is those weights, from the first step on', () => {
    const w = cellOf([3, -1]);
    const average = ema({ w }, { decay: 0.99, debias: true });
    expect(numbers(average.values().w!)).toEqual([3, -1]);
    for (let k = 0; k < 5; k++) {
      average.update();
      // 1 - 0.99^k loses log10(1 / 0.01) digits.
      for (const [i, want] of [3, -1].entries()) {
        expect(Math.abs(numbers(average.values().w!)[i]! - want)).toBeLessThan(1e-13);
      }
    }
  });

  test('the biased one is pulled to where it started', () => {
    const w = cellOf([0]);
    const average = ema({ w }, { decay: 0.9 });
    w.write(float64([1]));
    for (let k = 0; k < 10; k++) average.update();
    expect(Math.abs(numbers(average.values().w!)[0]! - (1 - 0.9 ** 10))).toBeLessThan(1e-15);
  });

  test('use puts the parameters back, also after an error', () => {
    const w = cellOf([1]);
    const average = swa({ w });
    average.update();
    w.write(float64([5]));
    expect(average.use(() => numbers(w))).toEqual([1]);
    expect(() =>
      average.use(() => {
        throw new Error('stop');
      }),
    ).toThrow('stop');
    expect(numbers(w)).toEqual([5]);
  });

  test('resume from their state, and refuse another', () => {
    const w = cellOf([1]);
    const [first, second] = [ema({ w }, { decay: 0.5 }), ema({ w }, { decay: 0.5 })];
    w.write(float64([3]));
    first.update();
    second.loadStateDict(first.stateDict());
    expect(numbers(second.values().w!)).toEqual([2]);
    const { count, ...rest } = first.stateDict();
    expect(count?.dtype).toBe('int32');
    expect(() => second.loadStateDict(rest)).toThrow(
      'ParameterAverage.loadStateDict: missing "count", unexpected none.',
    );
    const bad = { ...first.stateDict(), 'average.w': float64([1, 2]) };
    expect(() => second.loadStateDict({ ...bad, count: tensor(7, { dtype: 'int32' }) })).toThrow(
      /shape/,
    );
    expect(second.stateDict().count!.item()).toBe(1);
  });

  test('a decay out of range is named', () => {
    expect(() => ema({ w: cellOf([1]) }, { decay: 1 })).toThrow(
      'ema: decay must be in [0, 1), got 1.',
    );
  });
});

describe('SAM', () => {
  test('with rho 0 is the optimizer itself, bit by bit', () => {
    const [plain, wrapped] = [cellOf([1, -2]), cellOf([1, -2])];
    const first = sgd({ w: plain }, { lr: 0.1 });
    const second = sam(sgd({ w: wrapped }, { lr: 0.1 }), { rho: 0 });
    for (let k = 0; k < 5; k++) {
      first.minimize(() => plain.read().pow(4).sum());
      second.minimize(() => wrapped.read().pow(4).sum());
    }
    expect(numbers(wrapped)).toEqual(numbers(plain));
  });

  test('the perturbation is rho long, and nothing for no gradient', () => {
    const params = { a: draw(30, [3]), b: draw(31, [2, 2]) };
    const grads = { a: draw(32, [3]), b: draw(33, [2, 2]) };
    const away = samPerturbation(params, grads, { rho: 0.3 });
    expect(length([...numbers(away.a!), ...numbers(away.b!)])).toBeCloseTo(0.3, 14);
    const none = { a: mul(grads.a, 0), b: mul(grads.b, 0) };
    expect(length(samPerturbation(params, none).a!)).toBe(0);
  });

  test("ASAM's is rho long relative to the weights, and scales with them", () => {
    const options = { rho: 0.3, adaptive: true, eta: 0 };
    const [w, g] = [{ w: draw(34, [4]) }, { w: draw(35, [4]) }];
    const away = numbers(samPerturbation(w, g, options).w!);
    const relative = away.map((x, i) => x / Math.abs(numbers(w.w)[i]!));
    expect(length(relative)).toBeCloseTo(0.3, 14);
    // The same function of weights 7 times as large: its gradient is 7 times as small.
    const scaled = samPerturbation({ w: mul(w.w, 7) }, { w: mul(g.w, 1 / 7) }, options);
    for (const [i, x] of numbers(scaled.w!).entries()) expect(x / away[i]!).toBeCloseTo(7, 12);
  });

  test('calls the loss twice, and lets statistics move once', () => {
    const w = cellOf([1]);
    const passes: boolean[] = [];
    const optimizer = sam(sgd({ w }, { lr: 0.1 }));
    const [loss, aux] = optimizer.minimizeWithAux(({ updateState }) => {
      passes.push(updateState);
      return [w.read().pow(2).sum(), w.read()] as const;
    });
    expect(passes).toEqual([true, false]);
    expect([value(loss), numbers(aux)]).toEqual([1, [1]]);
  });

  test('an error in the second pass leaves everything as it was', () => {
    const w = cellOf([1]);
    const optimizer = sam(sgd({ w }, { lr: 0.1 }));
    expect(() =>
      optimizer.minimize(({ updateState }) => {
        if (!updateState) throw new Error('second');
        return w.read().sum();
      }),
    ).toThrow('second');
    expect(numbers(w)).toEqual([1]);
  });

  test('rate, parameters and state are those of the optimizer in it', () => {
    const w = cellOf([1]);
    const inner = sgd({ w }, { lr: 0.1, momentum: 0.9 });
    const optimizer = sam(inner);
    optimizer.lr = 0.2;
    expect(optimizer.lr).toBe(inner.lr);
    expect(value(inner.lr.read())).toBe(0.2);
    expect(optimizer.parameters).toBe(inner.parameters);
    optimizer.minimize(() => w.read().pow(2).sum());
    const saved = optimizer.stateDict();
    expect(Object.keys(saved)).toEqual(Object.keys(inner.stateDict()));
    const at = numbers(w);
    optimizer.minimize(() => w.read().pow(2).sum());
    const after = numbers(w);
    w.write(float64(at));
    optimizer.loadStateDict(saved);
    optimizer.minimize(() => w.read().pow(2).sum());
    expect(numbers(w)).toEqual(after);
  });

  test('what is no optimizer, and numbers out of range, are named', () => {
    expect(() => sam({} as never)).toThrow('sam: needs an optimizer, got object.');
    expect(() => sam(sgd([cellOf([1])], { lr: 1 }), { rho: -1 })).toThrow(
      'sam: rho must be finite and >= 0, got -1.',
    );
  });
});

describe('accumulation', () => {
  test('four small batches make the step of the large one, Adam included', () => {
    const [small, large] = [cellOf([1, -1]), cellOf([1, -1])];
    const make = (lr: Scalar): Transform => accumulate(adamTransform({ lr }), { steps: 4 });
    const first = new Optimizer({ w: small }, make, 0.1);
    const second = adam({ w: large }, { lr: 0.1 });
    for (let k = 0; k < 3; k++) {
      const grads = [0, 1, 2, 3].map((i) => draw(40 + 4 * k + i, [2]));
      for (const [i, w] of grads.entries()) {
        const before = numbers(small);
        first.apply({ w });
        if (i < 3) expect(numbers(small)).toEqual(before);
      }
      second.apply({
        w: mul(
          grads.reduce((s, g) => add(s, g)),
          0.25,
        ),
      });
      expect(numbers(small)).toEqual(numbers(large));
    }
  });

  test('a number of steps that is none is named', () => {
    expect(() => accumulate(sgdTransform({ lr: 1 }), { steps: 0 })).toThrow(
      'accumulate: steps must be an integer > 0, got 0.',
    );
  });
});

describe('gradient noise', () => {
  test('has the variance that it says, falls with the steps, and depends on the seed', () => {
    const noise = (seed: number, steps: number): number[] => {
      const transform = addGradientNoise({ seed, eta: 0.5, gamma: 1 });
      const zero = { w: mul(draw(1, [10_000]), 0) };
      let state = transform.init(zero);
      let out = zero.w;
      for (let k = 0; k < steps; k++) {
        const [moved, next] = transform.update(zero, state, zero);
        [out, state] = [moved.w!, next];
      }
      return numbers(out);
    };
    for (const steps of [1, 4]) {
      const drawn = noise(0, steps);
      const variance = length(drawn) ** 2 / drawn.length;
      // The variance of 10,000 squares: 5 standard deviations, sqrt(2 / 10,000) each.
      expect(Math.abs(variance / (0.5 / steps) - 1)).toBeLessThan(5 * Math.sqrt(2e-4));
    }
    expect(noise(0, 1)).toEqual(noise(0, 1));
    expect(noise(0, 1)).not.toEqual(noise(1, 1));
    expect(noise(0, 1)[0]! / noise(0, 2)[0]!).not.toBeCloseTo(Math.SQRT2, 6);
  });

  test('does not depend on the other parameters, and eta 0 adds nothing', () => {
    const transform = addGradientNoise({ seed: 3 });
    const [a, b] = [float64([0, 0]), float64([0])];
    const both = transform.update({ b, a }, transform.init({}), {})[0];
    const alone = transform.update({ a }, transform.init({}), {})[0];
    expect(numbers(both.a!)).toEqual(numbers(alone.a!));
    expect(numbers(both.b!)[0]).not.toBe(numbers(both.a!)[0]);
    const none = addGradientNoise({ seed: 3, eta: 0 });
    expect(none.update({ a }, none.init({}), {})[0].a).toBe(a);
  });
});

describe('compiled over 50 steps', () => {
  type Extra = Pick<CommonOptions, 'gradients' | 'updates'>;
  const pieces: readonly (readonly [string, () => Extra])[] = [
    ['clipping', () => ({ gradients: [clipByNorm(0.5), softClip(2), clipAdaptively()] })],
    ['noise', () => ({ gradients: [addGradientNoise({ seed: 5, eta: 0.01 })] })],
    ['lookahead', () => ({ updates: () => [lookahead({ syncPeriod: 3 })] })],
    ['a proximal step', () => ({ updates: (lr) => [proximal(proxL1(0.05), lr)] })],
    ['group lasso', () => ({ updates: (lr) => [proximal(proxGroupLasso(0.05), lr)] })],
    ['the nuclear norm', () => ({ updates: (lr) => [proximal(proxNuclear(0.05), lr)] })],
    ['a projection', () => ({ updates: () => [project(maxNorm(1))] })],
  ];
  const loss = (w: Cell, x: Tensor): Tensor => matmul(x, w).sub(1).pow(2).mean();
  const run = (make: (w: Parameter) => (x: Tensor) => unknown, compiled: boolean): number[] => {
    const w = parameter(random.normal(random.key(1), [4, 3], { dtype: 'float64' }));
    const plain = make(w);
    const step = compiled ? compile((x: Tensor) => void plain(x)) : plain;
    for (let k = 0; k < 50; k++) step(draw(200 + k, [8, 4]));
    return numbers(w);
  };
  const expectSame = (make: (w: Parameter) => (x: Tensor) => unknown): void => {
    const [eager, compiled] = [run(make, false), run(make, true)];
    for (const [i, want] of eager.entries()) {
      // Sums in another order: 50 steps of some 1e-16 each, with room for their growth.
      expect(Math.abs(compiled[i]! - want)).toBeLessThan(1e-11);
    }
  };

  test.each(pieces)('%s', (_name, extra) => {
    expectSame((w) => {
      const optimizer = sgd({ w }, { lr: 0.05, momentum: 0.5, ...extra() });
      return (x) => optimizer.minimize(() => loss(w, x));
    });
  });

  test('accumulation', () => {
    expectSame((w) => {
      const make = (lr: Scalar): Transform => accumulate(adamTransform({ lr }), { steps: 3 });
      const optimizer = new Optimizer({ w }, make, 0.05);
      return (x) => optimizer.minimize(() => loss(w, x));
    });
  });

  test.each([false, true])('SAM, adaptive: %s', (adaptive) => {
    expectSame((w) => {
      const optimizer = sam(sgd({ w }, { lr: 0.05 }), { adaptive });
      return (x) => optimizer.minimize(() => loss(w, x));
    });
  });

  test('averages', () => {
    expectSame((w) => {
      const optimizer = sgd({ w }, { lr: 0.05 });
      const averages = [ema({ w }, { decay: 0.9, debias: true }), swa({ w })];
      return (x) => {
        optimizer.minimize(() => loss(w, x));
        for (const average of averages) average.update();
        const [first, second] = averages.map((average) => average.values().w!);
        w.write(add(mul(first!, 0.5), mul(second!, 0.5)));
      };
    });
  });
});

describe('convergence', () => {
  test('Lookahead, SAM and accumulation reach the minimum of a quadratic too', () => {
    const target = float64([1, -2]);
    const makes: readonly ((w: Parameter) => (f: () => Tensor) => unknown)[] = [
      (w) => {
        const optimizer = adam(
          { w },
          { lr: cosine(0.2, { tMax: 300 }), updates: () => [lookahead()] },
        );
        return (f) => optimizer.minimize(f);
      },
      (w) => {
        const optimizer = sam(sgd({ w }, { lr: 0.1 }), { rho: 1e-3 });
        return (f) => optimizer.minimize(f);
      },
      (w) => {
        const make = (lr: Scalar): Transform => accumulate(sgdTransform({ lr }), { steps: 2 });
        const optimizer = new Optimizer({ w }, make, 0.2);
        return (f) => optimizer.minimize(f);
      },
    ];
    for (const make of makes) {
      const w = cellOf([4, 4]);
      const step = make(w);
      for (let k = 0; k < 300; k++) step(() => sub(w, target).pow(2).sum());
      expect(length(sub(w, target))).toBeLessThan(1e-2);
    }
  });
});
