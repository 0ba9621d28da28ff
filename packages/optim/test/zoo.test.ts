import { describe, expect, test } from '@jest/globals';
import { compile } from '@tikhonov/compile';
import { matmul, mul, parameter, random, slice, sub, type Tensor, tensor } from '@tikhonov/core';
import {
  adadelta,
  adagrad,
  adam,
  adamax,
  adamw,
  adan,
  cosine,
  lamb,
  lars,
  lion,
  nadam,
  radam,
  rmsprop,
  sgdw,
  warmup,
} from '../src/index.ts';
import { cellOf, float64, numbers, value } from './values.ts';
import { type Memory, zoo } from './zoo.ts';

const named = zoo.map((entry) => [entry.name, entry] as const);

describe.each(named)('%s', (_name, { make, reference, rates }) => {
  test('is its formula, over 30 steps of given gradients', () => {
    const cells = { a: cellOf([0.5, -1.5, 0.1]), b: cellOf([2]) };
    const optimizer = make(cells, { lr: 0.05 });
    const plain = Object.entries(cells).map(([name, cell]) => ({
      name,
      w: numbers(cell),
      memory: {} as Memory,
    }));
    for (let t = 1; t <= 30; t++) {
      const grads = Object.fromEntries(
        plain.map(({ name, w }, i) => {
          const g = random.normal(random.foldIn(random.key(i), t), [w.length], {
            dtype: 'float64',
          });
          return [name, g];
        }),
      );
      optimizer.apply(grads);
      for (const entry of plain) {
        entry.w = reference(entry.w, numbers(grads[entry.name]!), t, entry.memory);
        const got = numbers(cells[entry.name as 'a' | 'b']);
        for (const [i, want] of entry.w.entries()) {
          // Some tens of roundings per step, at sizes of about 1 and condition numbers of about 100.
          expect(Math.abs(got[i]! - want)).toBeLessThan(1e-11);
        }
      }
    }
  });

  test('an element that never has a gradient and is 0 stays 0', () => {
    const w = cellOf([0, 1]);
    const optimizer = make({ w }, { lr: 0.05 });
    for (let k = 0; k < 5; k++) optimizer.apply({ w: float64([0, 1]) });
    expect(numbers(w)[0]).toBe(0);
    expect(numbers(w)[1]).not.toBe(1);
  });

  test('ascends if told so', () => {
    const [down, up] = [cellOf([0]), cellOf([0])];
    make({ w: down }, { lr: 0.05 }).apply({ w: float64([1]) });
    make({ w: up }, { lr: 0.05, maximize: true }).apply({ w: float64([1]) });
    expect(numbers(down)[0]).toBeLessThan(0);
    expect(numbers(up)[0]).toBe(-numbers(down)[0]!);
  });

  test('training resumes exactly from parameters and state', () => {
    const lr = cosine(0.05, { tMax: 20 });
    const grad = (k: number): Tensor => random.normal(random.key(k), [3], { dtype: 'float64' });
    const straight = cellOf([0.5, -1.5, 0.1]);
    const optimizer = make({ w: straight }, { lr });
    for (let k = 0; k < 4; k++) optimizer.apply({ w: grad(k) });
    const resumed = cellOf(numbers(straight));
    const second = make({ w: resumed }, { lr });
    second.loadStateDict(optimizer.stateDict());
    for (let k = 4; k < 9; k++) {
      optimizer.apply({ w: grad(k) });
      second.apply({ w: grad(k) });
    }
    expect(numbers(resumed)).toEqual(numbers(straight));
  });

  test('a compiled step is the eager one, over 50 steps from one seed', () => {
    const start = random.normal(random.key(7), [4, 3]);
    const [eager, compiled] = [parameter(start), parameter(start)];
    const lr = cosine(0.05, { tMax: 60 });
    const first = make({ w: eager }, { lr });
    const second = make({ w: compiled }, { lr });
    const loss = (w: Tensor | typeof eager, x: Tensor): Tensor => matmul(x, w).pow(2).mean();
    const step = compile((x: Tensor) => second.minimize(() => loss(compiled, x)));
    for (let k = 0; k < 50; k++) {
      const x = random.normal(random.foldIn(random.key(8), k), [8, 4]);
      first.minimize(() => loss(eager, x));
      step(x);
    }
    expect(step.traces).toBe(1);
    const [want, got] = [numbers(eager), numbers(compiled)];
    for (const [i, w] of want.entries()) {
      // float32 products are summed in another order: 50 steps, each off by some 2^-24 of its size.
      expect(Math.abs(got[i]! - w)).toBeLessThan(2e-4);
    }
  });

  test('comes within 1e-2 of the minimum of a quadratic of condition 10 in 400 steps', () => {
    const target = [1, -2, 0.5];
    const w = cellOf([3, 1, -1]);
    // Decay would move the minimum: these runs measure the method without it.
    const optimizer = make({ w }, { ...noDecay, lr: cosine(rates[0], { tMax: 400 }) });
    const curvature = float64([1, 3, 10]);
    const step = compile(() =>
      optimizer.minimize(() =>
        mul(sub(w, float64(target)).pow(2), curvature)
          .sum()
          .mul(0.5),
      ),
    );
    for (let k = 0; k < 400; k++) step();
    const error = Math.hypot(...numbers(w).map((x, i) => x - target[i]!));
    expect(error).toBeLessThan(1e-2);
  });

  test('cuts the value of Rosenbrock by 99 % in 3,000 steps', () => {
    const w = cellOf([-1.2, 1]);
    // The first gradient is 230 long: what is not normalised at once needs the warm-up.
    const lr = warmup(cosine(rates[1], { tMax: 2900 }), { steps: 100 });
    const optimizer = make({ w }, { ...noDecay, lr });
    const value0 = 24.2;
    const rosenbrock = (): Tensor => {
      const point = w.read();
      const x = slice(point, [{ start: 0, stop: 1 }]);
      const y = slice(point, [{ start: 1, stop: 2 }]);
      return sub(1, x)
        .pow(2)
        .add(sub(y, mul(x, x)).pow(2).mul(100))
        .sum();
    };
    expect(Math.abs(value(rosenbrock()) - value0)).toBeLessThan(1e-12);
    const step = compile(() => optimizer.minimize(rosenbrock));
    for (let k = 0; k < 3000; k++) step();
    expect(value(rosenbrock())).toBeLessThan(0.01 * value0);
  });
});

test.each<readonly [string, () => unknown, string]>([
  [
    'nadam',
    () => nadam(w(), { momentumDecay: -1 }),
    'nadam: momentumDecay must be finite and >= 0',
  ],
  ['radam', () => radam(w(), { betas: [0.9, 1] }), 'radam: betas[1] must be in [0, 1), got 1.'],
  ['adamax', () => adamax(w(), { eps: -1 }), 'adamax: eps must be finite and >= 0, got -1.'],
  ['rmsprop', () => rmsprop(w(), { alpha: 1 }), 'rmsprop: alpha must be in [0, 1), got 1.'],
  ['rmsprop', () => rmsprop(w(), { momentum: 1 }), 'rmsprop: momentum must be in [0, 1), got 1.'],
  [
    'adagrad',
    () => adagrad(w(), { initialAccumulatorValue: Number.NaN }),
    'adagrad: initialAccumulatorValue must be finite and >= 0, got NaN.',
  ],
  ['adadelta', () => adadelta(w(), { eps: 0 }), 'adadelta: eps must be finite and > 0, got 0.'],
  ['lion', () => lion(w(), { betas: [2, 0.9] }), 'lion: betas[0] must be in [0, 1), got 2.'],
  ['lamb', () => lamb(w(), { weightDecay: -1 }), 'weightDecay must be finite and >= 0, got -1.'],
  [
    'lars',
    () => lars(w(), { lr: 1, momentum: 0, nesterov: true }),
    'lars: nesterov needs momentum > 0',
  ],
  ['adan', () => adan(w(), { betas: [0.9, 0.9, 1] }), 'adan: betas[2] must be in [0, 1), got 1.'],
  ['sgdw', () => sgdw(w(), { lr: -1 }), 'Optimizer: lr must be finite and >= 0, got -1.'],
  [
    'adamw',
    () => adamw(w(), { independentDecay: 'yes' as never }),
    "adamw: independentDecay must be true or false, got 'yes'.",
  ],
  ['adam', () => adam(w(), { updates: [] as never }), 'adam: updates must be a function, got'],
  ['lion', () => lion(w(), { eps: 1 } as never), 'lion: unknown option "eps".'],
])('%s names an option that is out of range or of another kind', (_name, call, message) => {
  expect(call).toThrow(message);
});

const w = (): { readonly w: ReturnType<typeof cellOf> } => ({ w: cellOf([1]) });

/** No parameter decays. */
const noDecay = { decay: () => false };

test('all names are different, so that none hides another', () => {
  expect(new Set(zoo.map(({ name }) => name)).size).toBe(zoo.length);
  expect(tensor(zoo.length).item()).toBeGreaterThan(15);
});
