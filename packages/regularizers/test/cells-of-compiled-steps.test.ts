import { describe, expect, test } from '@jest/globals';
import { compile } from '@tikhonov/compile';
import { Cell, mul, parameter, random, sum, type Tensor, tensor } from '@tikhonov/core';
import { mlp } from '@tikhonov/nn';
import * as optim from '@tikhonov/optim';
import { averaging, ema, lookahead, sgd } from '@tikhonov/optim';
import {
  clipByGlobalNorm,
  clipGradsByGlobalNorm,
  elasticNet,
  hardThreshold,
  meanTeacherTerm,
  softThreshold,
} from '../src/index.ts';
import { stepOf } from '../src/laws/step.ts';

const float64 = (x: number): Tensor => tensor(x, { dtype: 'float64' });
const start = tensor([4, -1], { dtype: 'float64' });

/** What a step does with the present value of a cell, and what it leaves behind. */
interface Case {
  readonly step: () => Tensor;
  readonly left: () => Tensor;
}

const cases: Readonly<Record<string, (cell: Cell) => Case>> = {
  'ema: decay': (decay) => {
    const w = parameter(start);
    const average = ema({ w }, { decay });
    const optimizer = averaging(sgd({ w }, { lr: 0.1 }), average);
    return {
      step: () => optimizer.minimize(() => sum(mul(w, w))),
      left: () => average.values().w!,
    };
  },
  'ema, debiased: decay': (decay) => {
    const w = parameter(start);
    const average = ema({ w }, { decay, debias: true });
    const optimizer = averaging(sgd({ w }, { lr: 0.1 }), average);
    return {
      step: () => optimizer.minimize(() => sum(mul(w, w))),
      left: () => average.values().w!,
    };
  },
  'lookahead: alpha': (alpha) => {
    const w = parameter(start);
    const updates = () => [lookahead({ alpha, syncPeriod: 2 })];
    const optimizer = sgd({ w }, { lr: 0.1, updates });
    return { step: () => optimizer.minimize(() => sum(mul(w, w))), left: () => w.read() };
  },
  'elasticNet: l1Ratio': (l1Ratio) => {
    const w = parameter(start);
    const optimizer = sgd({ w }, { lr: 0.1 });
    const loss = (): Tensor => elasticNet([w.read()], { alpha: 0.5, l1Ratio });
    return { step: () => optimizer.minimize(loss), left: () => w.read() };
  },
  'meanTeacherTerm: decay': (decay) => {
    const model = mlp([2, 3, 2], { seed: 1, dtype: 'float64' });
    const term = meanTeacherTerm(model, { lambda: 1, decay });
    const optimizer = sgd(model, { lr: 0.1 });
    const x = random.normal(random.key(3), [3, 2], { dtype: 'float64' });
    const objective = (): Tensor => {
      const context = stepOf(x, 0, { model });
      return context.dataLoss.add(term(context));
    };
    return {
      step: () => optimizer.minimize(objective),
      left: () => term.teacher.values()['layers.1.bias']!,
    };
  },
};

const run = (
  make: (cell: Cell) => Case,
  values: readonly number[],
  compiled: boolean,
): number[] => {
  const cell = new Cell(float64(0.75));
  const { step, left } = make(cell);
  const once = compiled ? compile(step) : step;
  for (const value of values) {
    cell.write(float64(value));
    once();
  }
  return Array.from(left().data());
};

describe('a threshold', () => {
  test.each([
    ['softThreshold', softThreshold],
    ['hardThreshold', hardThreshold],
    ['proxL1', (v: Tensor, step: Tensor) => optim.proxL1(1)(v, step)],
    ['proxGroupLasso', (v: Tensor, step: Tensor) => optim.proxGroupLasso(1)(v, step)],
  ])('of %s that is negative is refused by its value in a compiled function', (_name, f) => {
    const run = compile(f);
    const once = (t: number): Tensor => run(start, float64(t));
    expect(Array.from(once(0.5).data())).toEqual(Array.from(f(start, float64(0.5)).data()));
    expect(() => once(-0.5)).toThrow(RangeError);
    expect(() => f(start, float64(-0.5))).toThrow(/(threshold|step) must be >= 0, got .*-0\.5/);
  });

  test('says what to do', () => {
    expect(() => softThreshold(start, -1)).toThrow(
      new RangeError(
        'softThreshold: the threshold must be >= 0, got -1.\n  Pass 0 to leave everything as it is.',
      ),
    );
  });
});

test('clipByGlobalNorm clips gradients that it is given, and is a transform otherwise', () => {
  const given = { a: tensor([3, 0]), b: tensor([4]), none: null };
  const { grads, totalNorm } = clipByGlobalNorm(given, 1);
  expect(totalNorm.item()).toBe(5);
  expect(grads).toEqual(clipGradsByGlobalNorm(given, 1).grads);
  const held = new Cell(tensor(1));
  expect(clipByGlobalNorm(given, held).grads.a!.toArray()).toEqual(grads.a!.toArray());
  expect(clipByGlobalNorm(given, 5, { normType: 1 }).totalNorm.item()).toBe(7);
  const clip = clipByGlobalNorm(held, { normType: 2 });
  const params = { a: tensor([3, 0]), b: tensor([4]) };
  expect(clip.update(params, [], params)[0].a!.toArray()).toEqual(grads.a!.toArray());
  expect(() => clipByGlobalNorm(given, -1)).toThrow('maxNorm must be > 0, got -1');
});

describe('a share in a cell', () => {
  test.each(Object.keys(cases))('%s may change while a compiled step runs', (name) => {
    const make = cases[name]!;
    const values = [0.75, 0.25, 0.5, 0.125];
    const compiled = run(make, values, true);
    expect(compiled).toEqual(run(make, values, false));
    expect(compiled).not.toEqual(run(make, [0.75, 0.75, 0.75, 0.75], true));
  });

  test.each(Object.keys(cases))('%s is refused by its value in a compiled step', (name) => {
    expect(() => run(cases[name]!, [0.75, 1.5], true)).toThrow(RangeError);
    expect(() => run(cases[name]!, [0.75, -0.5], true)).toThrow(/must be .*in [[(]0, 1[)\]]|>= 0/);
  });
});
