import { describe, expect, test } from '@jest/globals';
import {
  add,
  Cell,
  DTypeError,
  mul,
  type Parameter,
  parameter,
  ShapeError,
  sum,
  type Tensor,
  type TensorJSON,
  tensor,
} from '@tikhonov/core';
import {
  adam,
  adamw,
  clipByGlobalNorm,
  clipByValue,
  globalNorm,
  type Named,
  NonFiniteUpdateError,
  Optimizer,
  scale,
  sgd,
  type Transform,
} from '../src/index.ts';

const float64 = (values: number | number[]): Tensor => tensor(values, { dtype: 'float64' });
const cell = (values: number[]): Parameter => parameter(float64(values));
const numbers = (w: Cell): number[] => Array.from(w.read().data());

describe('trajectories follow the formulas', () => {
  const gradients = [2, -1, 0.5, 3, -0.25];

  test('sgd with Nesterov momentum and decay', () => {
    const w = cell([1]);
    const optimizer = sgd({ w }, { lr: 0.1, momentum: 0.9, nesterov: true, weightDecay: 0.01 });
    let [want, buffer] = [1, 0];
    for (const raw of gradients) {
      const g = raw + 0.01 * want;
      buffer = 0.9 * buffer + g;
      want -= 0.1 * (g + 0.9 * buffer);
      optimizer.apply({ w: float64([raw]) });
      expect(numbers(w)[0]).toBeCloseTo(want, 14);
    }
  });

  test('adamw, and adam with coupled decay', () => {
    for (const [optimizerOf, coupled] of [
      [adamw, 0],
      [adam, 1],
    ] as const) {
      const w = cell([1]);
      const optimizer = optimizerOf({ w }, { lr: 0.1, betas: [0.8, 0.95], weightDecay: 0.2 });
      let [want, m, v] = [1, 0, 0];
      for (const [k, raw] of gradients.entries()) {
        const g = raw + coupled * 0.2 * want;
        m = 0.8 * m + 0.2 * g;
        v = 0.95 * v + 0.05 * g * g;
        const root = Math.sqrt(v / (1 - 0.95 ** (k + 1)));
        const direction = m / (1 - 0.8 ** (k + 1)) / (root + 1e-8);
        want -= 0.1 * (direction + (1 - coupled) * 0.2 * want);
        optimizer.apply({ w: float64([raw]) });
        expect(numbers(w)[0]).toBeCloseTo(want, 13);
      }
    }
  });

  test('the defaults are those of PyTorch', () => {
    const [a, b, c] = [cell([1]), cell([1]), cell([1])];
    adam({ w: a }).apply({ w: float64([5]) });
    adamw({ w: b }).apply({ w: float64([5]) });
    sgd({ w: c }, { lr: 0.1 }).apply({ w: float64([5]) });
    expect(numbers(a)[0]).toBeCloseTo(1 - 1e-3, 10);
    expect(numbers(b)[0]).toBeCloseTo(1 - 1e-3 - 1e-3 * 1e-2, 10);
    expect(numbers(c)).toEqual([0.5]);
  });
});

describe('options', () => {
  test('transforms in front see the raw gradient', () => {
    const w = cell([1, 1]);
    const gradients = [clipByGlobalNorm(1)];
    sgd({ w }, { lr: 1, weightDecay: 1, gradients }).apply({ w: float64([3, 4]) });
    for (const [i, want] of [-0.6, -0.8].entries()) expect(numbers(w)[i]).toBeCloseTo(want, 15);
  });

  test('the decay spares what the predicate spares', () => {
    for (const optimizerOf of [sgd, adam, adamw]) {
      const target = { 'a.weight': parameter(float64([[1]] as never)), 'a.bias': cell([1]) };
      const decay = (_name: string, x: Tensor): boolean => x.rank >= 2;
      const zero = { 'a.weight': float64([[0]] as never), 'a.bias': float64([0]) };
      optimizerOf(target, { lr: 0.1, weightDecay: 0.5, decay }).apply(zero);
      expect(numbers(target['a.weight'])[0]).toBeLessThan(1);
      expect(numbers(target['a.bias'])).toEqual([1]);
    }
  });

  test('maximize ascends', () => {
    for (const optimizerOf of [sgd, adam, adamw]) {
      const w = cell([0]);
      optimizerOf({ w }, { lr: 0.1, maximize: true }).apply({ w: float64([1]) });
      expect(numbers(w)[0]).toBeGreaterThan(0);
    }
  });

  test('numbers out of range are named', () => {
    const w = cell([1]);
    expect(() => sgd({ w }, { lr: -1 })).toThrow(
      new RangeError('Optimizer: lr must be finite and >= 0, got -1.'),
    );
    expect(() => sgd({ w }, { lr: 1, momentum: 1.5 })).toThrow(RangeError);
    expect(() => sgd({ w }, { lr: 1, momentum: 0.9, dampening: 2 })).toThrow(RangeError);
    expect(() => sgd({ w }, { lr: 1, nesterov: true })).toThrow(/nesterov needs momentum > 0/);
    expect(() => sgd({ w }, { lr: 1, weightDecay: Number.NaN })).toThrow(RangeError);
    expect(() => adam({ w }, { betas: [0.9, 1] })).toThrow(RangeError);
    expect(() => adamw({ w }, { eps: -1 })).toThrow(RangeError);
    expect(() => adamw({ w }, { weightDecay: -1 })).toThrow(RangeError);
  });
});

describe('targets', () => {
  test('anything with named parameters', () => {
    const w = cell([1]);
    const optimizer = sgd({ namedParameters: () => ({ 'layers.0.weight': w }) }, { lr: 1 });
    expect(Object.keys(optimizer.parameters)).toEqual(['layers.0.weight']);
  });

  test('nothing, a plain cell and the same parameter twice are refused', () => {
    const w = cell([1]);
    expect(() => sgd({}, { lr: 1 })).toThrow(/there are no parameters to train/);
    const plain = new Cell(float64([1])) as Parameter;
    expect(() => sgd({ plain }, { lr: 1 })).toThrow('Optimizer: "plain" is not a Parameter.');
    expect(() => sgd({ w, v: w }, { lr: 1 })).toThrow(
      'Optimizer: "w" and "v" are the same parameter.',
    );
  });
});

describe('minimize', () => {
  test('returns the loss before the step, as a plain value', () => {
    const w = cell([3]);
    const optimizer = sgd({ w }, { lr: 0.25 });
    const loss = optimizer.minimize(() => mul(w, w).sum());
    expect([loss.item(), loss.requiresGrad, numbers(w)]).toEqual([9, false, [1.5]]);
    expect(w.grad).toBeNull();
  });

  test('passes on what comes beside the loss', () => {
    const w = cell([3]);
    const f = (): readonly [Tensor, { readonly twice: Tensor }] => [
      mul(w, w).sum(),
      { twice: mul(w, 2) },
    ];
    const [loss, { twice }] = sgd({ w }, { lr: 0.25 }).minimizeWithAux(f);
    expect([loss.item(), twice.toArray(), twice.requiresGrad]).toEqual([9, [6], false]);
  });

  test('a parameter that the loss does not reach is named, unless zeros are asked for', () => {
    const [w, unused] = [cell([3]), cell([1])];
    const optimizer = sgd({ w, unused }, { lr: 0.1, weightDecay: 1 });
    const f = (): Tensor => mul(w, w).sum();
    expect(() => optimizer.minimize(f)).toThrow('the value does not depend on "unused".');
    expect([numbers(w), numbers(unused)]).toEqual([[3], [1]]);
    optimizer.minimize(f, { unreached: 'zeros' });
    expect(numbers(unused)).toEqual([0.9]);
  });

  test('agrees with backward and step', () => {
    const [a, b] = [cell([1, 2]), cell([1, 2])];
    const [first, second] = [adamw({ w: a }), adamw({ w: b })];
    for (let k = 0; k < 3; k++) {
      first.minimize(() => mul(a, a).sum());
      second.zeroGrad();
      mul(b, b).sum().backward();
      second.step();
    }
    expect(numbers(b)).toEqual(numbers(a));
  });

  test('a step without gradients throws; a parameter without one stays', () => {
    const [w, other] = [cell([3]), cell([1])];
    const optimizer = adamw({ w, other }, { lr: 0.1 });
    expect(() => optimizer.step()).toThrow('Optimizer.step: no parameter has a gradient.');
    mul(w, w).sum().backward();
    optimizer.step();
    expect(numbers(other)).toEqual([1]);
    expect(numbers(w)[0]).toBeLessThan(3);
    optimizer.zeroGrad();
    expect(w.grad).toBeNull();
  });

  test('a minimum is found', () => {
    const w = cell([5, -3]);
    const optimizer = adam({ w }, { lr: 0.1 });
    const target = float64([1, 2]);
    const f = (): Tensor => w.read().sub(target).pow(2).sum();
    for (let k = 0; k < 500; k++) optimizer.minimize(f);
    expect(f().item()).toBeLessThan(1e-6);
  });
});

describe('the learning rate', () => {
  test('is a float64 cell; writing it changes the next step', () => {
    const w = parameter(tensor([1]));
    const optimizer = sgd({ w }, { lr: 0.1 });
    expect([optimizer.lr.dtype, optimizer.lr.read().item()]).toEqual(['float64', 0.1]);
    optimizer.lr.write(float64(0.5));
    optimizer.apply({ w: tensor([1]) });
    expect(numbers(w)).toEqual([0.5]);
  });

  test('may be shared, and a bad value stops the step before anything moves', () => {
    const lr = new Cell(float64(0.1));
    const w = cell([1]);
    const optimizer = adam({ w }, { lr });
    expect(optimizer.lr).toBe(lr);
    const before = JSON.stringify(optimizer.stateDict());
    lr.write(float64(-1));
    expect(() => optimizer.apply({ w: float64([1]) })).toThrow(RangeError);
    lr.write(float64(0.1));
    expect(numbers(w)).toEqual([1]);
    expect(JSON.stringify(optimizer.stateDict())).toBe(before);
  });
});

describe('values that are not finite', () => {
  test.each([NaN, Infinity])('a loss of %s moves nothing, and says which parameter', (factor) => {
    const [v, w] = [parameter(tensor([1])), parameter(tensor([2, 3]))];
    const optimizer = adam({ v, w }, { lr: 0.1 });
    optimizer.minimize(() => add(sum(v), sum(w)));
    const before = [v.read(), w.read(), optimizer.stateDict()];
    const poisoned = () => add(sum(v), mul(sum(w), factor));
    expect(() => optimizer.minimize(poisoned)).toThrow(NonFiniteUpdateError);
    expect(() => optimizer.minimize(poisoned)).toThrow('the update of "w" is not finite');
    expect(JSON.stringify([v.read(), w.read(), optimizer.stateDict()])).toBe(
      JSON.stringify(before),
    );
  });
});

describe('a step that throws changes nothing', () => {
  test.each([
    ['an unknown name', { v: float64([1, 1]) }, 'gradient "v" names no parameter'],
    [
      'another shape',
      { w: float64([1]) },
      'gradient "w" is float64 [1], its parameter float64 [2]',
    ],
    [
      'another dtype',
      { w: tensor([1, 1]) },
      'gradient "w" is float32 [2], its parameter float64 [2].\n  Reshape or cast it.',
    ],
    ['a NaN', { w: float64([Number.NaN, 1]) }, 'the gradient of "w" is not finite'],
  ])('%s', (_name, grads, text) => {
    const w = cell([1, 2]);
    const optimizer = adamw({ w }, { gradients: [clipByGlobalNorm(1)] });
    optimizer.apply({ w: float64([1, 1]) });
    const before = [numbers(w), JSON.stringify(optimizer.stateDict())];
    expect(() => optimizer.apply(grads as Named)).toThrow(text);
    expect([numbers(w), JSON.stringify(optimizer.stateDict())]).toEqual(before);
  });

  test('errors have kinds', () => {
    const w = cell([1, 2]);
    const optimizer = sgd({ w }, { lr: 1 });
    expect(() => optimizer.apply({ w: float64([1]) })).toThrow(ShapeError);
    expect(() => optimizer.apply({ w: tensor([1, 1]) })).toThrow(DTypeError);
    expect(() => optimizer.apply({ v: float64([1]) })).toThrow(TypeError);
  });

  test('a transform that returns another state or misfitting updates', () => {
    const w = cell([1, 2]);
    const changing: Transform<{ readonly s: Tensor }> = {
      init: () => ({ s: float64([0]) }),
      update: (updates) => [updates, { s: float64([0, 0]) }],
    };
    const shrunk: Transform<readonly []> = {
      init: () => [],
      // It would broadcast.
      update: () => [{ w: float64([1]) }, []],
    };
    for (const transform of [changing, shrunk]) {
      const optimizer = new Optimizer({ w }, () => transform, 1);
      expect(() => optimizer.apply({ w: float64([1, 1]) })).toThrow(ShapeError);
      expect(numbers(w)).toEqual([1, 2]);
    }
  });
});

describe('states', () => {
  const run = (optimizer: Optimizer, steps: number): void => {
    for (let k = 0; k < steps; k++)
      optimizer.minimize(() => mul(optimizer.parameters.w!, 3).pow(2).sum());
  };

  test('training resumes exactly', () => {
    const options = { lr: 0.05, amsgrad: true, gradients: [clipByValue(2)] };
    const straight = adamw({ w: cell([1, -2]) }, options);
    run(straight, 6);
    const first = adamw({ w: cell([1, -2]) }, options);
    run(first, 3);
    const second = adamw({ w: parameter(first.parameters.w!.read()) }, { ...options, lr: 1 });
    second.loadStateDict(first.stateDict());
    run(second, 3);
    expect(numbers(second.parameters.w!)).toEqual(numbers(straight.parameters.w!));
  });

  test('a misfitting state is described and changes nothing', () => {
    const optimizer = sgd({ w: cell([1]) }, { lr: 0.1, momentum: 0.9 });
    const names = Object.keys(optimizer.stateDict());
    expect(names).toEqual(['lr', 'state.1.count', 'state.1.trace.w']);
    const state = {
      lr: float64(1),
      'state.1.trace.w': float64([1, 2]),
      other: float64(1),
    };
    expect(() => optimizer.loadStateDict(state)).toThrow(
      'Optimizer.loadStateDict: the state does not fit; nothing was changed.\n' +
        '  missing: "state.1.count"\n' +
        '  "state.1.trace.w" holds float64 [1], given float64 [2]\n' +
        '  unexpected: "other"\n',
    );
    expect(optimizer.lr.read().item()).toBe(0.1);
  });

  test('parsed JSON is refused before anything changes, and restores once it is tensors again', () => {
    const optimizer = sgd({ w: cell([1]) }, { lr: 0.1, momentum: 0.9 });
    optimizer.apply({ w: float64([3]) });
    const parsed = JSON.parse(JSON.stringify(optimizer.stateDict())) as Record<string, TensorJSON>;
    const other = sgd({ w: cell([1]) }, { lr: 0.5, momentum: 0.9 });
    expect(() => other.loadStateDict(parsed as never)).toThrow(
      '  "lr" holds float64 [], given object\n  "state.1.count" holds int32 [], given object\n',
    );
    expect(other.lr.read().item()).toBe(0.5);
    other.loadStateDict(
      Object.fromEntries(Object.entries(parsed).map(([name, value]) => [name, tensor(value)])),
    );
    expect(JSON.stringify(other.stateDict())).toBe(JSON.stringify(optimizer.stateDict()));
  });
});

describe('the learning rate', () => {
  test('takes a number, in the dtype of its cell', () => {
    const lr = new Cell(tensor(1));
    const w = cell([1]);
    const optimizer = sgd({ w }, { lr });
    optimizer.lr = 0.25;
    expect(optimizer.lr).toBe(lr);
    expect([lr.read().item(), lr.dtype]).toEqual([0.25, 'float32']);
    optimizer.apply({ w: float64([1]) });
    expect(numbers(w)).toEqual([0.75]);
  });

  test('refuses numbers out of range and keeps the one before', () => {
    const optimizer = sgd({ w: cell([1]) }, { lr: 0.1 });
    for (const bad of [-1, Number.NaN, Infinity]) {
      expect(() => {
        optimizer.lr = bad;
      }).toThrow(`Optimizer: lr must be finite and >= 0, got ${bad}.`);
    }
    expect(optimizer.lr.read().item()).toBe(0.1);
  });

  test('of another kind is named', () => {
    for (const [bad, kind] of [
      [undefined, 'undefined'],
      ['0.1', 'string'],
      [null, 'null'],
    ] as const) {
      expect(() => sgd({ w: cell([1]) }, { lr: bad as never })).toThrow(
        new TypeError(
          `Optimizer: lr must be a number, or a Tensor or Cell of shape [], got ${kind}.\n  Pass one, such as { lr: 1e-3 }.`,
        ),
      );
    }
  });
});

describe('the target', () => {
  test('may be a list of parameters', () => {
    const [a, b] = [cell([1]), cell([2])];
    const optimizer = sgd([a, b], { lr: 1 });
    optimizer.minimize(() => mul(a, b).sum());
    expect([Object.keys(optimizer.parameters), numbers(a), numbers(b)]).toEqual([
      ['0', '1'],
      [-1],
      [1],
    ]);
  });

  test('of another kind is named, a bare parameter too', () => {
    const bare: unknown = cell([1]);
    expect(() => sgd(bare as never, { lr: 1 })).toThrow(
      'Optimizer: needs a model or parameters by name, got a tensor or cell.\n  Pass the model, or { w } for a parameter w.',
    );
    expect(() => adam(undefined as never)).toThrow(/parameters by name, got undefined/);
  });
});

test('an optimizer can be built from any transform', () => {
  const w = cell([1]);
  new Optimizer({ w }, () => scale(-2), 0).apply({ w: float64([0.25]) });
  expect(numbers(w)).toEqual([0.5]);
});

describe('what JavaScript lets through is refused', () => {
  const make = (): Optimizer => sgd({ w: cell([1]) }, { lr: 0.1 });
  test.each<readonly [string, () => unknown, string]>([
    [
      'a loss that was computed already',
      () => make().minimize(float64([1]) as never),
      'Optimizer.minimize: needs a function that returns the loss, got a tensor',
    ],
    [
      'misspelt options of minimize',
      () => make().minimize(() => float64([1]), { unreach: 'zeros' } as never),
      'Optimizer.minimize: unknown option "unreach".',
    ],
    [
      'a function in place of a model',
      () => sgd(((x: Tensor) => x) as never, { lr: 0.1 }),
      'Optimizer: needs a model or parameters by name, got function.\n  Pass the model,',
    ],
    [
      'momentum that is text',
      () => sgd({ w: cell([1]) }, { lr: 0.1, momentum: '0.9' as never }),
      "sgd: momentum must be in [0, 1), got '0.9'.",
    ],
    [
      'flags that are text',
      () => sgd({ w: cell([1]) }, { lr: 0.1, nesterov: 'yes' as never }),
      "sgd: nesterov must be true or false, got 'yes'.",
    ],
    [
      'a transform outside an array',
      () => adam({ w: cell([1]) }, { gradients: clipByGlobalNorm(1) as never }),
      'adam: gradients must be an array of transforms, got object.\n  Put it in brackets: [ ].',
    ],
    [
      'a number for both betas',
      () => adam({ w: cell([1]) }, { betas: 0.9 as never }),
      'scaleByAdam: betas must be 2 numbers, got 0.9.',
    ],
    [
      'misspelt options of clipping',
      () => clipByGlobalNorm(1, { norm_type: 1 } as never),
      'clipByGlobalNorm: unknown option "norm_type".',
    ],
    [
      'misspelt options of the norm',
      () => globalNorm({}, { p: 1 } as never),
      'globalNorm: unknown option "p".',
    ],
    [
      'states that are none',
      () => make().loadStateDict(null as never),
      'Optimizer.loadStateDict: needs tensors by name, got null.\n  Pass what stateDict() returned.',
    ],
  ])('%s', (_what, call, message) => {
    expect(call).toThrow(message);
  });
});
