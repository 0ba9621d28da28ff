import { describe, expect, test } from '@jest/globals';
import { compile } from '@tikhonov/compile';
import { Cell, ones, random, relu, type Tensor, tensor, zeros } from '@tikhonov/core';
import { Conv2d, GRU, GRUCell, Linear, mlp, RNN, Sequential, weightNorm } from '@tikhonov/nn';
import {
  ConcreteDropout,
  concreteDropout,
  concreteDropoutPenalty,
  concreteDropoutTerm,
  DropConnect,
  dropConnect,
  dropConnectGaussian,
  dropConnectMoments,
  VariationalConv2d,
  VariationalLinear,
  variationalDropout,
  variationalDropoutTerm,
  variationalKl,
  variationalSparsity,
  Zoneout,
  ZoneoutCell,
  zoneout,
} from '../../src/index.ts';

const x = ones([2, 3]);
const w = ones([4, 3]);
const rng = random.key(1);
const training = true;
const layer = (): Linear => new Linear(3, 4, { seed: 0 });
const wrong = <T>(value: unknown): T => value as T;

const errors: readonly (readonly [string, () => unknown, RegExp])[] = [
  [
    'a rate above 1',
    () => dropConnect(x, w, { p: 1.5 }),
    /RangeError: dropConnect: p must be in \[0, 1\], got 1\.5/,
  ],
  [
    'a rate that is not a number',
    () => dropConnect(x, w, { p: Number.NaN }),
    /RangeError: .*got NaN/,
  ],
  [
    'a rate in a cell',
    () => dropConnect(x, w, { p: new Cell(tensor(-1)) }),
    /RangeError: dropConnect: p must be in/,
  ],
  [
    'no key',
    () => dropConnect(x, w, { training }),
    /TypeError: dropConnect: training needs a random key, got neither rng nor mask/,
  ],
  [
    'a mask of another shape',
    () => dropConnect(x, w, { training, mask: ones([3, 4]) }),
    /ShapeError: dropConnect: mask must have shape \[4, 3\], got \[3, 4\]/,
  ],
  [
    'a mask for the batch per sample',
    () => dropConnect(x, w, { training, perSample: true, mask: ones([4, 3]) }),
    /ShapeError: .*\[2, 4, 3\]/,
  ],
  [
    'a mask of halves',
    () => dropConnect(x, w, { training, mask: ones([4, 3]).mul(0.5) }),
    /RangeError: dropConnect: the mask must hold 0 \(drop\) and 1 \(keep\)/,
  ],
  [
    'integers',
    () => dropConnect(x.astype('int32'), w),
    /DTypeError: dropConnect: x must be floating, got int32/,
  ],
  [
    'sizes that do not fit',
    () => dropConnect(ones([2, 5]), w),
    /ShapeError: dropConnect: x \[2, 5\] and weight \[4, 3\] do not fit/,
  ],
  [
    'an unknown option',
    () => dropConnect(x, w, wrong({ rate: 1 })),
    /TypeError: dropConnect: unknown option "rate"/,
  ],
  [
    'moments at p 1',
    () => dropConnectMoments(x, w, { p: 1 }),
    /RangeError: dropConnectMoments: p must be in \[0, 1\), got 1/,
  ],
  [
    'no draws',
    () => dropConnectGaussian(x, w, { samples: 0, rng }),
    /RangeError: dropConnectGaussian: samples must be an integer >= 1, got 0/,
  ],
  [
    'no key for draws',
    () => dropConnectGaussian(x, w),
    /TypeError: dropConnectGaussian: training needs a random key, got neither rng nor normal/,
  ],
  [
    'no linear layer',
    () => new DropConnect(wrong(new Conv2d(1, 1, 1, { seed: 0 }))),
    /TypeError: DropConnect: needs a plain nn\.Linear, got Conv2d\(1 -> 1\)/,
  ],
  [
    'a layer twice',
    () => new DropConnect(new DropConnect(layer())),
    /TypeError: DropConnect: needs a plain nn\.Linear, got DropConnect\(3 -> 4, 0\.5\)/,
  ],
  [
    'a reparametrized layer',
    () => new DropConnect(weightNorm(layer())),
    /TypeError: DropConnect: Linear\(3 -> 4\) has gates or a reparametrized weight/,
  ],
  [
    'draws without an activation',
    () => new DropConnect(layer(), { inference: 'gaussian' }),
    /TypeError: DropConnect: inference 'gaussian' averages an activation, got none/,
  ],
  [
    'another inference',
    () => new DropConnect(layer(), { inference: wrong('mode') }),
    /TypeError: DropConnect: inference must be 'mean' or 'gaussian', got "mode"/,
  ],
  ...[false, true].map(
    (perSample) =>
      [
        `a bias that would be repeated, ${perSample ? 'per sample' : 'per batch'}`,
        () => dropConnect(x, w, { perSample, bias: zeros([1]), training, rng }),
        /ShapeError: \w+: the bias must be \[4\], got \[1\]/,
      ] as const,
  ),
  [
    'states that differ',
    () => zoneout(x, w),
    /ShapeError: zoneout: the previous state is \[2, 3\], the next one \[4, 3\]/,
  ],
  [
    'states of two dtypes',
    () => zoneout(x, x.astype('float64')),
    /DTypeError: zoneout: the previous state is float32, the next one float64/,
  ],
  [
    'integer states',
    () => zoneout(x.astype('int32'), x),
    /DTypeError: zoneout: the previous state must be floating, got int32/,
  ],
  [
    'no key for states',
    () => zoneout(x, x, { training }),
    /TypeError: zoneout: training needs a random key, got neither rng nor zoned/,
  ],
  [
    'decisions of halves',
    () => zoneout(x, x, { training, zoned: x.mul(0.5) }),
    /RangeError: zoneout: zoned must hold 0 \(take the next\) and 1/,
  ],
  [
    'decisions of another shape',
    () => zoneout(x, x, { training, zoned: w }),
    /ShapeError: zoneout: zoned must have shape \[2, 3\], got \[4, 3\]/,
  ],
  [
    'a layer around a cell',
    () => new Zoneout(wrong(new GRUCell(1, 1, { seed: 0 }))),
    /TypeError: Zoneout: needs an RNN, GRU or LSTM, got GRUCell\(1 -> 1\)/,
  ],
  [
    'a cell around a layer',
    () => new ZoneoutCell(wrong(new GRU(1, 1, { seed: 0 }))),
    /TypeError: ZoneoutCell: needs an RNNCell, GRUCell or LSTMCell, got GRU\(1 -> 1\)/,
  ],
  [
    'a rate for cells that are not there',
    () => new Zoneout(new RNN(1, 1, { seed: 0 }), { cell: 0.5 }),
    /TypeError: Zoneout: cell is for an LSTM/,
  ],
  [
    'a bad rate of a layer',
    () => new Zoneout(new RNN(1, 1, { seed: 0 }), { hidden: 2 }),
    /RangeError: Zoneout: hidden must be in \[0, 1\], got 2/,
  ],
  [
    'a temperature of 0',
    () => concreteDropout(x, 0, { temperature: 0 }),
    /RangeError: concreteDropout: temperature must be finite and > 0, got 0/,
  ],
  [
    'an eps of 1',
    () => concreteDropout(x, 0, { eps: 1 }),
    /RangeError: concreteDropout: eps must lie inside \(0, 0\.5\), got 1/,
  ],
  [
    'several probabilities',
    () => concreteDropout(x, zeros([3])),
    /ShapeError: concreteDropout: pLogit must be a scalar, got shape \[3\]/,
  ],
  [
    'channels of a vector',
    () => concreteDropout(ones([3]), 0, { training, rng, perChannel: true }),
    /ShapeError: concreteDropout: perChannel needs x of shape \[n, c, \.\.\.\], got \[3\]/,
  ],
  [
    'no key for soft decisions',
    () => concreteDropout(x, 0, { training }),
    /TypeError: concreteDropout: training needs a random key, got neither rng nor u/,
  ],
  [
    'draws that are none',
    () => concreteDropout(x, 0, { training, u: x.mul(Number.NaN) }),
    /RangeError: concreteDropout: u must be in \[0, 1\], got .*NaN/,
  ],
  [
    'draws of another shape',
    () => concreteDropout(x, 0, { training, u: w }),
    /ShapeError: concreteDropout: u must have shape \[2, 3\], got \[4, 3\]/,
  ],
  [
    'a negative strength',
    () => concreteDropoutPenalty(w, 0, { weightRegularizer: -1 }),
    /RangeError: concreteDropoutPenalty: weightRegularizer must be finite and >= 0, got -1/,
  ],
  [
    'a weight without inputs',
    () => concreteDropoutPenalty(ones([3]), 0),
    /ShapeError: concreteDropoutPenalty: the weight has shape \[3\]/,
  ],
  [
    'half an input',
    () => concreteDropoutPenalty(w, 0, { inputDim: 0.5 }),
    /RangeError: concreteDropoutPenalty: inputDim must be an integer >= 1, got 0\.5/,
  ],
  [
    'no layer',
    () => new ConcreteDropout(wrong(relu)),
    /TypeError: ConcreteDropout: needs a Linear, Conv1d, Conv2d or Conv3d, got /,
  ],
  [
    'a first probability of 0',
    () => new ConcreteDropout(layer(), { p: 0 }),
    /RangeError: ConcreteDropout: p must lie inside \(0, 1\), got 0/,
  ],
  [
    'a model without concrete dropout',
    () => concreteDropoutTerm(layer()),
    /TypeError: concreteDropoutTerm: the model has no concrete dropout/,
  ],
  [
    'a logAlpha of another shape',
    () => variationalDropout(x, w, ones([4, 1])),
    /ShapeError: variationalDropout: logAlpha has shape \[4, 1\], the weight \[4, 3\]/,
  ],
  [
    'a logAlpha of another dtype',
    () => variationalDropout(x, w, w.astype('float64')),
    /DTypeError: variationalDropout: logAlpha is float64, the weight float32/,
  ],
  [
    'a limit of 0',
    () => variationalDropout(x, w, w, { limit: 0 }),
    /RangeError: variationalDropout: limit must be finite and > 0, got 0/,
  ],
  [
    'a threshold that is not a number',
    () => variationalDropout(x, w, w, { threshold: Number.NaN }),
    /RangeError: variationalDropout: threshold must be a number, got NaN/,
  ],
  [
    'no key for noise',
    () => variationalDropout(x, w, w, { training }),
    /TypeError: variationalDropout: training needs a random key, got neither rng nor normal/,
  ],
  [
    'noise of another shape',
    () => variationalDropout(x, w, w, { training, normal: x }),
    /ShapeError: variationalDropout: normal must have shape \[2, 4\], got \[2, 3\]/,
  ],
  [
    'the cubic beyond 1',
    () => variationalKl(tensor([-1, 0.5]), { form: 'kingma' }),
    /RangeError: variationalKl: form 'kingma' is for logAlpha <= 0/,
  ],
  [
    'another form',
    () => variationalKl(w, { form: wrong('hinge') }),
    /RangeError: variationalKl: form must be 'molchanov' or 'kingma', got "hinge"/,
  ],
  [
    'no plain convolution',
    () => new VariationalConv2d(wrong(layer())),
    /TypeError: VariationalConv2d: needs a plain nn\.Conv2d, got Linear\(3 -> 4\)/,
  ],
  [
    'an infinite start',
    () => new VariationalLinear(layer(), { logAlphaInit: Infinity }),
    /RangeError: VariationalLinear: logAlphaInit must be finite, got Infinity/,
  ],
  [
    'a model without variational layers',
    () => variationalDropoutTerm(layer(), { lambda: 1 }),
    /TypeError: variationalDropoutTerm: the model has no layer with variational dropout/,
  ],
  [
    'a sparsity of nothing',
    () => variationalSparsity(mlp([1, 1], { seed: 0 })),
    /TypeError: variationalSparsity: the model has no layer/,
  ],
];

test.each(errors)('refuses %s', (_what, call, message) => {
  let seen = 'nothing';
  try {
    call();
  } catch (error) {
    seen = String(error);
  }
  expect(seen).toMatch(message);
});

/** Layers that draw, by name, with rows for them. */
const layers: Readonly<Record<string, () => { readonly forward: DropConnect['forward'] }>> = {
  DropConnect: () => new DropConnect(layer()),
  'DropConnect per sample': () => new DropConnect(layer(), { perSample: true }),
  ConcreteDropout: () => new ConcreteDropout(layer()),
  VariationalLinear: () => new VariationalLinear(layer()),
};

describe.each(Object.entries(layers))('%s', (_name, make) => {
  test('compiled, draws the same as eager', () => {
    const one = make();
    const run = (rows: Tensor, key: Tensor): Tensor => one.forward(rows, { training, rng: key });
    const rows = random.normal(random.key(3), [2, 3]);
    const [a, b] = [run(rows, rng).data(), compile(run)(rows, rng).data()];
    for (const [i, value] of a.entries()) expect(b[i]).toBeCloseTo(value, 5);
  });

  test('takes empty batches, single rows and sequences', () => {
    const one = make();
    for (const shape of [[0, 3], [3], [5, 2, 3]]) {
      const y = one.forward(ones(shape), { training, rng });
      expect(y.shape).toEqual([...shape.slice(0, -1), 4]);
      expect(y.dtype).toBe('float32');
      expect(one.forward(ones(shape)).shape).toEqual(y.shape);
    }
  });

  test('draws differently in two places of a network, and not in evaluation', () => {
    const rows = ones([1, 3]);
    const outputs: string[] = [];
    const watch = (y: Tensor): Tensor => {
      outputs.push(String(y.data()));
      return ones([1, 3]);
    };
    const one = make() as DropConnect;
    const net = new Sequential(one, watch, one, watch);
    net.forward(rows, { training, rng });
    expect(outputs[0]).not.toBe(outputs[1]);
    net.forward(rows);
    expect(outputs[2]).toBe(outputs[3]);
  });
});

describe('layers that take over parameters', () => {
  test('load the states of the plain layers', () => {
    const [plain, other] = [layer(), new Linear(3, 4, { seed: 5 })];
    const own = new DropConnect(other);
    own.loadStateDict(plain.stateDict());
    expect(own.forward(x).toArray()).toEqual(plain.forward(x).toArray());
  });

  test('can be reparametrized afterwards', () => {
    const own = weightNorm(new DropConnect(layer(), { p: 0 }));
    const y = own.forward(x, { training, rng });
    for (const [i, value] of layer().forward(x).data().entries()) {
      expect(y.data()[i]).toBeCloseTo(value, 5);
    }
    expect(Object.keys(own.namedParameters())).toContain('parametrizations.weight.original0');
  });

  test('resume from a checkpoint with what they learned', () => {
    const [one, two] = [0, 1].map(() => new VariationalLinear(layer()));
    one!.logAlpha.write(one!.logAlpha.read().add(8));
    two!.loadStateDict(one!.stateDict());
    expect(variationalSparsity(two!)).toBe(1);
    expect(two!.forward(x).toArray()).toEqual(one!.forward(x).toArray());
  });

  test('tell what they are', () => {
    expect(new DropConnect(layer()).describe()).toBe('DropConnect(3 -> 4, 0.5)');
    expect(new VariationalLinear(layer()).describe()).toBe('VariationalLinear(3 -> 4)');
    expect(new ConcreteDropout(layer()).describe()).toBe('ConcreteDropout(3)');
    expect(new Zoneout(new GRU(3, 4, { seed: 0 })).describe()).toBe('Zoneout(3 -> 4)');
  });
});

describe('rates in cells', () => {
  test('change what a compiled step drops', () => {
    const p = new Cell(tensor(0));
    const one = new DropConnect(new Linear(3, 4, { seed: 0, bias: false }), { p });
    const run = compile((rows: Tensor) => one.forward(rows, { training, rng }));
    expect(run(x).data()[0]).toBeCloseTo(one.forward(x).data()[0]!, 6);
    p.write(tensor(1));
    expect(Math.max(...run(x).data())).toBe(0);
    expect(Object.keys(one.stateDict())).toContain('p');
  });

  test('are checked in compiled steps too', () => {
    const run = compile((p: Tensor) => zoneout(x, x, { p }));
    expect(() => run(tensor(2))).toThrow(/zoneout: p must be in \[0, 1\], got/);
  });
});

test('zoneout of a compiled layer draws the same as eager', () => {
  const one = new Zoneout(new GRU(3, 4, { seed: 0, numLayers: 2, bidirectional: true }), {
    hidden: 0.5,
  });
  const rows = random.normal(random.key(3), [3, 2, 3]);
  const run = (values: Tensor, key: Tensor): Tensor => one.forward(values, { training, rng: key });
  const [a, b] = [run(rows, rng).data(), compile(run)(rows, rng).data()];
  for (const [i, value] of a.entries()) expect(b[i]).toBeCloseTo(value, 5);
});

test('concrete dropout drops whole channels of a single image', () => {
  const one = new ConcreteDropout(new Conv2d(2, 1, 1, { seed: 0 }), { p: 0.5 });
  expect(one.forward(ones([2, 5, 5]), { training, rng }).shape).toEqual([1, 5, 5]);
  const [value] = one.forward(ones([2, 5, 5]), { training, rng }).data();
  const all = one.forward(ones([2, 5, 5]), { training, rng }).data();
  expect(all.every((y) => y === value)).toBe(true);
});
