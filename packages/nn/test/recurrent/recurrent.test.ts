import { describe, expect, test } from '@jest/globals';
import { assertGrads } from '@tikhonov/check';
import {
  concat,
  DTypeError,
  grad,
  mul,
  ones,
  random,
  ShapeError,
  slice,
  type Tensor,
  tensor,
  zeros,
} from '@tikhonov/core';
import {
  GRU,
  GRUCell,
  LSTM,
  LSTMCell,
  type Recurrent,
  type RecurrentOptions,
  RNN,
  RNNCell,
} from '../../src/index.ts';
import { constantInit } from '../../src/initializers.ts';
import { cells, directionOf, runSequence, type State } from './scalar-loops.ts';

const normal = (seed: number, shape: readonly number[]): Tensor =>
  random.normal(random.key(seed), shape, { dtype: 'float64' });

const [length, n, inputSize, hiddenSize] = [4, 3, 2, 3];

interface Made {
  readonly layer: Recurrent;
  readonly unroll: (
    x: Tensor,
    options: { readonly h?: Tensor; readonly c?: Tensor; readonly lengths?: readonly number[] },
  ) => { readonly output: Tensor; readonly h: Tensor; readonly c?: Tensor };
}

const makers: Readonly<Record<string, (options: RecurrentOptions) => Made>> = {
  tanh: (options) => {
    const layer = new RNN(inputSize, hiddenSize, options);
    return { layer, unroll: (x, { h, lengths }) => layer.unroll(x, given({ h, lengths })) };
  },
  relu: (options) => {
    const layer = new RNN(inputSize, hiddenSize, { ...options, nonlinearity: 'relu' });
    return { layer, unroll: (x, { h, lengths }) => layer.unroll(x, given({ h, lengths })) };
  },
  gru: (options) => {
    const layer = new GRU(inputSize, hiddenSize, options);
    return { layer, unroll: (x, { h, lengths }) => layer.unroll(x, given({ h, lengths })) };
  },
  lstm: (options) => {
    const layer = new LSTM(inputSize, hiddenSize, options);
    return { layer, unroll: (x, states) => layer.unroll(x, given(states)) };
  },
};

function given<T extends object>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]: Exclude<T[K], undefined> };
}

const kinds = Object.keys(makers);

/** The largest error relative to 1 + |want|. */
function distance(got: unknown, want: unknown): number {
  const [a, b] = [[got].flat(9) as number[], [want].flat(9) as number[]];
  if (a.length !== b.length) return Infinity;
  return a.reduce((worst, x, i) => Math.max(worst, Math.abs(x - b[i]!) / (1 + Math.abs(b[i]!))), 0);
}

// A few hundred roundings of numbers of size 1.
const tolerance = 1e-13;

describe.each(kinds)('%s against scalar loops', (kind) => {
  test.each([
    [1, false, true],
    [2, false, true],
    [1, true, true],
    [3, true, false],
  ])('layers %i, bidirectional %s, bias %s', (numLayers, bidirectional, bias) => {
    const options = { seed: 1, dtype: 'float64', numLayers, bidirectional, bias } as const;
    const { layer, unroll } = makers[kind]!(options);
    const count = numLayers * (bidirectional ? 2 : 1);
    const x = normal(2, [length, n, inputSize]);
    const [h, c] = [normal(3, [count, n, hiddenSize]), normal(4, [count, n, hiddenSize])];
    const lengths = [4, 2, 0];
    const result = unroll(x, { h, c });
    const packed = unroll(x, { h, c, lengths });
    expect(result.output.shape).toEqual([length, n, hiddenSize * (bidirectional ? 2 : 1)]);
    const at = (t: Tensor, i: number): number[][] =>
      (t.toArray() as number[][][]).map((entry) => entry[i]!);
    for (let i = 0; i < n; i++) {
      const cs = at(c, i);
      const initial = at(h, i).map((value, k): State => ({ h: value, c: cs[k]! }));
      const run = (sequence: number[][]): ReturnType<typeof runSequence> =>
        runSequence(kind, layer.stateDict(), sequence, initial, numLayers, bidirectional);
      const want = run(at(x, i));
      expect(distance(at(result.output, i), want.output)).toBeLessThan(tolerance);
      expect(
        distance(
          at(result.h, i),
          want.finals.map((s) => s.h),
        ),
      ).toBeLessThan(tolerance);
      if (result.c !== undefined) {
        expect(
          distance(
            at(result.c, i),
            want.finals.map((s) => s.c),
          ),
        ).toBeLessThan(tolerance);
      }
      // A shorter sequence is what it would be alone, and 0 behind its end.
      const short = run(at(x, i).slice(0, lengths[i]));
      const rows = at(packed.output, i);
      expect(distance(rows.slice(0, lengths[i]), short.output)).toBeLessThan(tolerance);
      expect(
        rows
          .slice(lengths[i])
          .flat()
          .every((y) => y === 0),
      ).toBe(true);
      const finals = lengths[i] === 0 ? initial : short.finals;
      expect(
        distance(
          at(packed.h, i),
          finals.map((s) => s.h),
        ),
      ).toBeLessThan(tolerance);
    }
  });
});

describe.each(kinds)('%s', (kind) => {
  const make = (options: Partial<RecurrentOptions> = {}): Made =>
    makers[kind]!({ seed: 5, dtype: 'float64', ...options });

  test('derivatives of both orders in both modes, in input, state and parameters', () => {
    const { layer, unroll } = make();
    // Away from the kinks of relu: all its arguments are positive.
    const x = kind === 'relu' ? ones([2, 1, 2], { dtype: 'float64' }) : normal(6, [2, 1, 2]);
    if (kind === 'relu') for (const p of layer.parameters()) p.write(normalAbs(p.shape));
    const h = kind === 'relu' ? ones([1, 1, 3], { dtype: 'float64' }) : normal(7, [1, 1, 3]);
    const f = (input: Tensor, state: Tensor, _parameters: unknown): Tensor =>
      unroll(input, { h: state, c: state }).output;
    const report = assertGrads(f, [x, h, layer.namedParameters()]);
    expect(report.checked).toBeGreaterThan(300);
  });

  test('padding has no influence, in value or gradient', () => {
    const { unroll } = make({ bidirectional: true, numLayers: 2 });
    const x = normal(8, [4, 2, 2]);
    const lengths = [4, 2];
    const f = (input: Tensor): Tensor => {
      const { output, h } = unroll(input, { lengths });
      return mul(output, output).sum().add(h.sum());
    };
    const slope = grad(f)(x).toArray() as number[][][];
    expect(slope.slice(2).map((step) => step[1])).toEqual([
      [0, 0],
      [0, 0],
    ]);
    expect(slope[1]![1]!.every((g) => g !== 0)).toBe(true);
    const changed = x.toArray() as number[][][];
    changed[3]![1] = [9, -9];
    expect(f(tensor(changed, { dtype: 'float64' })).item()).toBe(f(x).item());
  });

  test('derivatives of both orders with lengths', () => {
    const { unroll } = make();
    const f = (input: Tensor): Tensor => unroll(input, { lengths: [1, 2] }).output;
    expect(assertGrads(f, [normal(9, [2, 2, 2])]).ok).toBe(true);
  });

  test('batchFirst and single sequences are other layouts of the same', () => {
    const x = normal(10, [4, 3, 2]);
    const want = make().unroll(x, {});
    const swapped = make({ batchFirst: true }).unroll(x.permute([1, 0, 2]), {});
    expect(swapped.output.permute([1, 0, 2]).data()).toEqual(want.output.data());
    expect(swapped.h.data()).toEqual(want.h.data());
    const first = slice(x, [null, { stop: 1 }]).squeeze(1);
    const single = make().unroll(first, {});
    expect([single.output.shape, single.h.shape]).toEqual([
      [4, 3],
      [1, 3],
    ]);
    expect(
      distance(single.output.toArray(), slice(want.output, [null, { stop: 1 }]).toArray()),
    ).toBeLessThan(tolerance);
    expect(make({ batchFirst: true }).unroll(first, {}).output.data()).toEqual(
      single.output.data(),
    );
  });

  test('a sequence can be continued from its final states', () => {
    const { unroll } = make({ numLayers: 2 });
    const x = normal(11, [5, 2, 2]);
    const whole = unroll(x, {});
    const { output, ...states } = unroll(slice(x, [{ stop: 3 }]), {});
    const rest = unroll(slice(x, [{ start: 3 }]), states);
    expect(concat([output, rest.output]).data()).toEqual(whole.output.data());
    expect(rest.h.data()).toEqual(whole.h.data());
  });

  test('an empty batch keeps its shape', () => {
    const { output, h } = make().unroll(zeros([4, 0, 2], { dtype: 'float64' }), {});
    expect([output.shape, h.shape]).toEqual([
      [4, 0, 3],
      [1, 0, 3],
    ]);
  });

  test('float32 follows float64', () => {
    const single = makers[kind]!({ seed: 5 });
    const x = normal(12, [4, 3, 2]);
    const got = single.unroll(x.astype('float32'), {}).output;
    expect(got.dtype).toBe('float32');
    expect(distance(got.toArray(), make().unroll(x, {}).output.toArray())).toBeLessThan(1e-5);
  });
});

/** Positive numbers below 1/2. */
function normalAbs(shape: readonly number[]): Tensor {
  return random.uniform(random.key(13), shape, { min: 0.1, max: 0.5, dtype: 'float64' });
}

test('states have the names and order of PyTorch', () => {
  const options = { seed: 0, numLayers: 2, bidirectional: true } as const;
  const cellsOf = new LSTM(5, 3, options).namedCells();
  expect(Object.entries(cellsOf).map(([name, { shape }]) => `${name} ${shape}`)).toEqual([
    'weight_ih_l0 12,5',
    'weight_hh_l0 12,3',
    'bias_ih_l0 12',
    'bias_hh_l0 12',
    'weight_ih_l0_reverse 12,5',
    'weight_hh_l0_reverse 12,3',
    'bias_ih_l0_reverse 12',
    'bias_hh_l0_reverse 12',
    'weight_ih_l1 12,6',
    'weight_hh_l1 12,3',
    'bias_ih_l1 12',
    'bias_hh_l1 12',
    'weight_ih_l1_reverse 12,6',
    'weight_hh_l1_reverse 12,3',
    'bias_ih_l1_reverse 12',
    'bias_hh_l1_reverse 12',
  ]);
  expect(Object.keys(new GRU(5, 3, { seed: 0, bias: false }).stateDict())).toEqual([
    'weight_ih_l0',
    'weight_hh_l0',
  ]);
  const layer = new RNN(5, 3, options);
  expect(layer.weightHhL1Reverse).toBe(layer.namedParameters().weight_hh_l1_reverse);
});

test('parameters are uniform in 1 / sqrt(hiddenSize), each drawn on its own', () => {
  const layer = new GRU(40, 100, { seed: 0 });
  for (const parameter of layer.parameters()) {
    const values = Array.from(parameter.read().data(), Math.abs);
    const largest = values.reduce((a, b) => Math.max(a, b), 0);
    // The largest of 300 is below 95 % of the bound with probability 0.95^300 = 2e-7.
    expect(largest).toBeLessThanOrEqual(0.1);
    expect(largest).toBeGreaterThan(0.095);
  }
  const { biasIhL0, biasHhL0 } = layer;
  expect(biasIhL0!.read().data()).not.toEqual(biasHhL0!.read().data());
  const init = { weightHhInit: constantInit(2), biasInit: constantInit(0) };
  const own = new LSTM(2, 2, { seed: 0, ...init });
  expect(
    own
      .weightHhL0!.read()
      .data()
      .every((w) => w === 2),
  ).toBe(true);
  expect(
    own
      .biasIhL0!.read()
      .data()
      .every((b) => b === 0),
  ).toBe(true);
});

describe('dropout between layers', () => {
  const x = ones([3, 50, 2]);
  const make = (dropout: number, numLayers = 2): RNN =>
    new RNN(2, 8, { seed: 0, dropout, numLayers });
  const training = { training: true, rng: random.key(0) };

  test('is off in evaluation, needs a key in training and follows it', () => {
    const plain = make(0).forward(x).data();
    expect(make(0.5).forward(x).data()).toEqual(plain);
    expect(() => make(0.5).forward(x, { training: true })).toThrow(/training needs a random key/);
    const dropped = make(0.5).forward(x, training).data();
    expect(dropped).not.toEqual(plain);
    expect(make(0.5).forward(x, training).data()).toEqual(dropped);
    const other = { training: true, rng: random.key(1) };
    expect(make(0.5).forward(x, other).data()).not.toEqual(dropped);
  });

  test('leaves the last layer alone', () => {
    expect(make(0.9, 1).forward(x, training).data()).toEqual(make(0, 1).forward(x).data());
    // With everything dropped the second layer sees zeros.
    const second = new RNN(8, 8, { seed: 0 });
    const model = make(1);
    const state = model.stateDict();
    second.loadStateDict(
      Object.fromEntries(
        Object.keys(second.stateDict()).map((name) => [name, state[name.replace('l0', 'l1')]!]),
      ),
    );
    expect(model.forward(x, training).data()).toEqual(second.forward(zeros([3, 50, 8])).data());
  });
});

describe('cells', () => {
  const x = normal(20, [2, inputSize]);
  const [h, c] = [normal(21, [2, hiddenSize]), normal(22, [2, hiddenSize])];
  const options = { seed: 3, dtype: 'float64' } as const;
  const list: readonly (readonly [string, RNNCell | GRUCell | LSTMCell])[] = [
    ['tanh', new RNNCell(inputSize, hiddenSize, options)],
    ['relu', new RNNCell(inputSize, hiddenSize, { ...options, nonlinearity: 'relu' })],
    ['gru', new GRUCell(inputSize, hiddenSize, options)],
    ['lstm', new LSTMCell(inputSize, hiddenSize, options)],
  ];

  test.each(list)('%s agrees with scalar loops', (kind, cell) => {
    expect(Object.keys(cell.stateDict())).toEqual(['weight_ih', 'weight_hh', 'bias_ih', 'bias_hh']);
    const p = directionOf(cell.stateDict(), '');
    const rows = (t: Tensor): number[][] => t.toArray() as number[][];
    const want = rows(x).map((row, i) =>
      cells[kind]!(p, row, { h: rows(h)[i]!, c: rows(c)[i]! }, hiddenSize),
    );
    const got =
      cell instanceof LSTMCell ? cell.step(x, { h, c }) : { h: cell.forward(x, { h }), c: null };
    expect(
      distance(
        got.h.toArray(),
        want.map((s) => s.h),
      ),
    ).toBeLessThan(tolerance);
    if (got.c !== null)
      expect(
        distance(
          got.c.toArray(),
          want.map((s) => s.c),
        ),
      ).toBeLessThan(tolerance);
    const one = cell.forward(slice(x, [{ stop: 1 }]).squeeze(0));
    expect(distance(one.toArray(), rows(cell.forward(x))[0])).toBeLessThan(tolerance);
  });

  test('an LSTM cell has derivatives of both orders', () => {
    const cell = new LSTMCell(inputSize, hiddenSize, options);
    const f = (input: Tensor, hidden: Tensor, memory: Tensor): Tensor => {
      const next = cell.step(input, { h: hidden, c: memory });
      return concat([next.h, next.c]);
    };
    expect(assertGrads(f, [x, h, c]).ok).toBe(true);
  });

  test('name the sizes that do not fit', () => {
    const cell = new GRUCell(2, 3, { seed: 0 });
    expect(() => cell.forward(zeros([4, 3]))).toThrow(
      'GRUCell: x must be [n, 2] or [2], got [4, 3].',
    );
    expect(() => cell.forward(zeros([4, 2]), { h: zeros([3, 3]) })).toThrow(
      new ShapeError('GRUCell: h must be [4, 3], got [3, 3].'),
    );
    expect(() => new GRUCell(0, 3, { seed: 0 })).toThrow(RangeError);
    expect(() => new RNNCell(2, 3, {})).toThrow(/a seed or a key/);
  });
});

describe('errors', () => {
  const layer = new LSTM(2, 3, { seed: 0, numLayers: 2 });

  test.each([
    [
      () => layer.forward(zeros([4, 5, 3])),
      'LSTM(2 -> 3): x must be [l, n, in] or [l, in] with in = 2, got [4, 5, 3].',
      ShapeError,
    ],
    [() => layer.forward(zeros([2])), 'got [2].', ShapeError],
    [
      () => layer.forward(zeros([0, 5, 2])),
      'LSTM(2 -> 3): the sequence is empty: [0, 5, 2] as [l, n, in].',
      ShapeError,
    ],
    [
      () => layer.forward(zeros([4, 5, 2], { dtype: 'int32' })),
      'LSTM(2 -> 3): x must be floating, got int32.',
      DTypeError,
    ],
    [
      () => layer.forward([[1, 2]] as never),
      'LSTM(2 -> 3): x must be a Tensor, got an array.',
      TypeError,
    ],
    [
      () => layer.unroll(zeros([4, 5, 2]), { h: zeros([1, 5, 3]) }),
      'LSTM: h must be [2, 5, 3] (layers * directions, n, h), got [1, 5, 3].',
      ShapeError,
    ],
    [
      () => layer.unroll(zeros([4, 5, 2]), { c: zeros([2, 5, 2]) }),
      'LSTM: c must be [2, 5, 3]',
      ShapeError,
    ],
    [
      () => layer.unroll(zeros([4, 2]), { c: zeros([2, 1, 3]) }),
      'LSTM: c must be [2, 3] (layers * directions, h), got [2, 1, 3].',
      ShapeError,
    ],
    [
      () => layer.unroll(zeros([4, 5, 2]), { lengths: [1] }),
      'LSTM: lengths must be [5], one per sequence, got [1].',
      ShapeError,
    ],
    [
      () => layer.unroll(zeros([4, 2, 2]), { lengths: [1, 5] }),
      'LSTM: lengths must be in [0, 4], got',
      RangeError,
    ],
    [
      () => layer.unroll(zeros([4, 2, 2]), { lengths: ones([2]) }),
      'LSTM: lengths must be int32 or uint32, got float32.',
      DTypeError,
    ],
    [
      () => layer.unroll(zeros([4, 2]), { lengths: [4] }),
      'LSTM: lengths are for batches',
      ShapeError,
    ],
    [
      () => layer.unroll(zeros([4, 2]), { length: [4] } as never),
      'LSTM.unroll: unknown option "length".',
      TypeError,
    ],
    [
      () => new LSTM(2, 0, { seed: 0 }),
      'LSTM: hiddenSize must be an integer >= 1, got 0.',
      RangeError,
    ],
    [
      () => new GRU(2, 2, { seed: 0, numLayers: 1.5 }),
      'GRU: numLayers must be an integer >= 1, got 1.5.',
      RangeError,
    ],
    [
      () => new GRU(2, 2, { seed: 0, dropout: -1 }),
      'GRU: dropout must be in [0, 1], got -1.',
      RangeError,
    ],
    [
      () => new RNN(2, 2, { seed: 0, nonlinearity: 'elu' as never }),
      "RNN: nonlinearity must be 'tanh' or 'relu', got \"elu\".",
      TypeError,
    ],
    [
      () => new RNN(2, 2, { seed: 0, batch_first: true } as never),
      'RNN: unknown option "batch_first".',
      TypeError,
    ],
    [() => new RNN(2, 2, {}), 'RNN: initial values need a seed or a key', TypeError],
  ] as const)('%#', (call, message, type) => {
    expect(call).toThrow(message);
    expect(call).toThrow(type as new (message: string) => Error);
  });
});

describe('1000 steps', () => {
  test.each(kinds)('of %s do not overflow the stack', (kind) => {
    const { layer, unroll } = makers[kind]!({ seed: 0 });
    const x = random.normal(random.key(0), [1000, 2, inputSize]);
    const f = (input: Tensor, _parameters: unknown): Tensor => unroll(input, {}).output.sum();
    const slope = grad(f)(x, layer.namedParameters());
    expect(slope.shape).toEqual(x.shape);
    expect(slope.data().every(Number.isFinite)).toBe(true);
    // The last input matters whatever the gates do; relu units may all be off.
    if (kind !== 'relu')
      expect(
        slope
          .data()
          .slice(-2)
          .some((g) => g !== 0),
      ).toBe(true);
  });
});
