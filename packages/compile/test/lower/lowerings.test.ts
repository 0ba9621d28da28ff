import { describe, expect, test } from '@jest/globals';
import {
  add,
  argmax,
  astype,
  concat,
  equal,
  grad,
  linalg,
  logsumexp,
  mean,
  mul,
  pow,
  random,
  sin,
  sort,
  sum,
  type Tensor,
  tensor,
} from '@tikhonov/core';
import * as engine from '@tikhonov/core/engine';
import * as nn from '@tikhonov/nn';
import * as optim from '@tikhonov/optim';
import { allLowerings, compile, standardLowerings } from '../../src/index.ts';
import { moves } from '../../src/layout/moves.ts';
import { expectSame } from '../compile/support.ts';

const { primitives } = engine;
const names = primitives.map(({ name }) => name);

/** What the compiler itself knows, whatever the rules. */
const builtIn = [...moves.keys(), 'matmul', 'sum', 'max', 'norm'];

/** What default programs are promised to have kernels for. */
const promised = [
  'abs add argmax astype axpby check concat div equal erf erfc exp expm1 floor foldIn gather less',
  'lessEqual log log1p logicalAnd logicalNot maximum minimum mul neg normalFromBits notEqual pad pow',
  'randomBits round scatterAdd sigmoid sign softplus sqrt sub sumWindows tanh where',
].flatMap((line) => line.split(' '));

const hostKernels = (f: { explain(): readonly { readonly kernels: readonly string[] }[] }) =>
  f
    .explain()
    .flatMap(({ kernels }) => kernels)
    .filter((kernel) => kernel.includes('by its eager kernel'));

describe('names', () => {
  test('belong to one primitive each, under which core exports it', () => {
    expect(new Set(names).size).toBe(names.length);
    const exported: Readonly<Record<string, unknown>> = engine;
    for (const { name, primitive } of primitives) expect(exported[`${name}P`]).toBe(primitive);
  });

  test('of rules are those of primitives', () => {
    const { maps, loops } = allLowerings;
    for (const name of [...maps.keys(), ...loops.keys(), ...builtIn]) expect(names).toContain(name);
  });
});

describe('the rules', () => {
  test('for all are for every primitive that the compiler does not know itself', () => {
    const { maps, loops } = allLowerings;
    const known = [...maps.keys(), ...loops.keys(), ...builtIn];
    expect(known.sort()).toEqual([...names].sort());
  });

  test('of the default are some of those, the promised ones', () => {
    const { maps, loops, cheap } = standardLowerings;
    expect([...maps.keys(), ...loops.keys()].sort()).toEqual(promised.sort());
    for (const [name, rule] of maps) expect(allLowerings.maps.get(name)).toBe(rule);
    for (const [name, rule] of loops) expect(allLowerings.loops.get(name)).toBe(rule);
    for (const name of maps.keys()) expect(cheap.has(name)).toBe(allLowerings.cheap.has(name));
  });
});

describe('a default program', () => {
  test('runs by eager kernels what has no rule, and gives the same', () => {
    const f = (x: Tensor): readonly Tensor[] => [
      sin(x),
      linalg.svd(x).s,
      sort(x).values,
      random.gamma(random.key(3), add(x, 1)),
      grad((a: Tensor) => sum(mul(sin(a), linalg.svd(a).s)))(x),
    ];
    const x = tensor(
      [
        [4, 1, 0.5],
        [1, 3, 0.25],
        [0.5, 0.25, 2],
      ],
      { dtype: 'float64' },
    );
    const want = f(x);
    const byDefault = compile(f);
    const all = compile(f, { lowerings: allLowerings });
    for (let call = 0; call < 2; call++) {
      expectSame(byDefault(x), want, 1e-12);
      expectSame(all(x), want, 1e-12);
    }
    const hosted = hostKernels(byDefault).join(' ');
    for (const name of ['sin', 'svd', 'argsort', 'logGammaDraw', 'portableExp']) {
      expect(hosted).toContain(name);
    }
    expect(hostKernels(all)).toEqual([]);
  });

  test('trains networks without eager kernels', () => {
    const image = { training: true, rng: random.key(5) };
    const convolutional = new nn.Sequential(
      new nn.Conv2d(1, 4, 3, { seed: 1, padding: 1 }),
      new nn.BatchNorm2d(4),
      new nn.ReLU(),
      new nn.MaxPool2d(2),
      new nn.Dropout({ p: 0.2 }),
      new nn.AvgPool2d(2),
      new nn.Flatten(),
      new nn.LayerNorm(4),
      new nn.Linear(4, 3, { seed: 2 }),
    );
    const optimizer = optim.adamw(convolutional, { lr: 1e-2 });
    const step = compile((x: Tensor, labels: Tensor) => {
      const loss = optimizer.minimize(() =>
        nn.crossEntropy(convolutional.forward(x, image), labels),
      );
      const hits = equal(argmax(convolutional.forward(x), { axis: 1 }), labels);
      return [loss, mean(astype(hits, 'float32'))];
    });
    const noisy = compile((key: Tensor, x: Tensor) =>
      concat([add(x, random.normal(random.foldIn(key, 2), x.shape)), pow(x, 3)]),
    );
    const table = new nn.Embedding(7, 4, { seed: 3 });
    const embedder = optim.sgd(table, { lr: 0.1, momentum: 0.9 });
    const embed = compile((tokens: Tensor) =>
      embedder.minimize(() => sum(logsumexp(table.forward(tokens), { axis: -1 }))),
    );
    const x = random.normal(random.key(1), [2, 1, 4, 4]);
    step(x, tensor([0, 2], { dtype: 'int32' }));
    noisy(random.key(4), x);
    embed(tensor([0, 6, 6], { dtype: 'int32' }));
    for (const f of [step, noisy, embed]) expect(hostKernels(f)).toEqual([]);
  });

  test.each([
    ...['relu', 'tanh', 'sigmoid', 'silu', 'softplus', 'elu', 'leakyRelu', 'relu6', 'celu', 'selu'],
    ...['gelu', 'mish', 'softsign', 'hardtanh', 'logSigmoid', 'hardsigmoid', 'hardswish'],
  ] as const)('has kernels for %s and its derivative', (name) => {
    const f = nn.activation(name as nn.ActivationName);
    const g = compile((x: Tensor) => grad((y: Tensor) => sum(f(y)))(x));
    g(tensor([-1, 0.5, 2]));
    expect(hostKernels(g)).toEqual([]);
  });
});
