import { describe, expect, test } from '@jest/globals';
import { assertGrads } from '@tikhonov/check';
import {
  add,
  type Cell,
  DTypeError,
  grad,
  greater,
  mul,
  ones,
  random,
  ShapeError,
  slice,
  type Tensor,
  tensor,
  zeros,
} from '@tikhonov/core';
import { MultiheadAttention, TransformerEncoderLayer } from '../src/index.ts';
import { gap, normal } from './numbers.ts';

const float64 = { dtype: 'float64' } as const;

type Rows = number[][];

/** Attention of one sequence by hand: loops over heads, queries and keys. */
function byHand(
  layer: MultiheadAttention,
  [query, key, value]: readonly [Rows, Rows, Rows],
  /** What is added to a score: -Infinity hides. */
  bias: (head: number, i: number, j: number) => number,
): { output: Rows; weights: number[][][] } {
  const state = layer.stateDict();
  const { embedDim: e, numHeads, headDim } = layer;
  const rows = (name: string): Rows => state[name]!.toArray() as Rows;
  const joint = layer.inProjWeight === null ? null : rows('in_proj_weight');
  const weight = (k: number, name: string): Rows =>
    joint === null ? rows(name) : joint.slice(k * e, (k + 1) * e);
  const vector = (name: string): number[] => (state[name]?.toArray() as number[] | undefined) ?? [];
  const apply = (x: Rows, w: Rows, b: number[]): Rows =>
    x.map((row) => w.map((line, o) => line.reduce((s, v, k) => s + v * row[k]!, b[o] ?? 0)));
  const inBias = vector('in_proj_bias');
  const part = (k: number): number[] => inBias.slice(k * e, (k + 1) * e);
  const q = apply(query, weight(0, 'q_proj_weight'), part(0));
  const k = apply(key, weight(1, 'k_proj_weight'), part(1));
  const v = apply(value, weight(2, 'v_proj_weight'), part(2));
  const joined: Rows = q.map(() => []);
  const weights: number[][][] = [];
  for (let head = 0; head < numHeads; head++) {
    const from = head * headDim;
    weights[head] = q.map((line, i) => {
      const scores = k.map((other, j) => {
        let score = 0;
        for (let d = from; d < from + headDim; d++) score += line[d]! * other[d]!;
        return score / Math.sqrt(headDim) + bias(head, i, j);
      });
      const exps = scores.map(Math.exp);
      const total = exps.reduce((a, b) => a + b, 0);
      return exps.map((x) => (total === 0 ? 0 : x / total));
    });
    for (const [i, row] of weights[head]!.entries()) {
      for (let d = from; d < from + headDim; d++) {
        joined[i]!.push(row.reduce((s, w, j) => s + w * v[j]![d]!, 0));
      }
    }
  }
  return { output: apply(joined, rows('out_proj.weight'), vector('out_proj.bias')), weights };
}

const hidden = (rows: readonly (readonly number[])[]): Tensor =>
  greater(tensor([...rows.map((r) => [...r])]), 0);

const [n, l, s, e] = [2, 3, 4, 6];

/** A layer whose biases are not 0. */
function make(
  options: ConstructorParameters<typeof MultiheadAttention>[2] = {},
): MultiheadAttention {
  const layer = new MultiheadAttention(e, 2, { seed: 1, ...float64, batchFirst: true, ...options });
  const { inProjBias, outProj } = layer;
  inProjBias?.write(normal(50, inProjBias.shape));
  outProj.bias?.write(normal(51, outProj.bias.shape));
  return layer;
}

const itemOf = (x: Tensor, i: number): Rows => (x.toArray() as Rows[])[i]!;

describe('MultiheadAttention', () => {
  const [q, k, v] = [normal(2, [n, l, e]), normal(3, [n, s, e]), normal(4, [n, s, e])];
  const attnMask = hidden([
    [0, 1, 0, 0],
    [0, 0, 0, 1],
    [1, 0, 0, 0],
  ]);
  const padding = hidden([
    [0, 0, 0, 1],
    [0, 0, 1, 1],
  ]);
  const added = normal(5, [l, s]);
  const perHead = normal(6, [n * 2, l, s]);
  const at = (mask: Tensor, ...index: number[]): number =>
    Number(index.reduce<unknown>((x, i) => (x as unknown[])[i], mask.toArray()));

  const cases: readonly (readonly [
    string,
    Parameters<MultiheadAttention['attend']>[3],
    (i: number) => (head: number, a: number, b: number) => number,
  ])[] = [
    ['without masks', {}, () => () => 0],
    [
      'with a bool mask, true hides',
      { attnMask },
      () => (_h, a, b) => (at(attnMask, a, b) ? -Infinity : 0),
    ],
    [
      'with padding',
      { keyPaddingMask: padding },
      (i) => (_h, _a, b) => (at(padding, i, b) ? -Infinity : 0),
    ],
    ['with a floating mask', { attnMask: added }, () => (_h, a, b) => at(added, a, b)],
    [
      'with a mask per head',
      { attnMask: perHead },
      (i) => (h, a, b) => at(perHead, 2 * i + h, a, b),
    ],
    ['causal', { isCausal: true }, () => (_h, a, b) => (b > a ? -Infinity : 0)],
    [
      'with everything at once',
      { attnMask: added, keyPaddingMask: padding, isCausal: true },
      (i) => (_h, a, b) => (b > a || at(padding, i, b) ? -Infinity : at(added, a, b)),
    ],
  ];

  test.each(cases)('%s it is attention by hand', (_name, options, biasOf) => {
    const layer = make();
    const { output, weights } = layer.attend(q, k, v, { ...options, averageAttnWeights: false });
    expect([output.shape, weights!.shape]).toEqual([
      [n, l, e],
      [n, 2, l, s],
    ]);
    const mean = layer.attend(q, k, v, options).weights!;
    for (let i = 0; i < n; i++) {
      const want = byHand(layer, [itemOf(q, i), itemOf(k, i), itemOf(v, i)], biasOf(i));
      const item = (x: Tensor): Tensor => slice(x, [{ start: i, stop: i + 1 }]).squeeze(0);
      expect(gap(item(output), tensor(want.output, float64))).toBeLessThan(1e-13);
      expect(gap(item(weights!), tensor(want.weights, float64))).toBeLessThan(1e-14);
      const [first, second] = want.weights.map((w) => tensor(w, float64));
      expect(gap(item(mean), add(first!, second!).mul(0.5))).toBeLessThan(1e-14);
    }
  });

  test('keys and values of other sizes have projections of their own', () => {
    const layer = make({ kdim: 5, vdim: 3, bias: false });
    expect(
      Object.entries(layer.namedCells()).map(([name, { shape }]) => `${name} ${shape}`),
    ).toEqual([
      'q_proj_weight 6,6',
      'k_proj_weight 6,5',
      'v_proj_weight 6,3',
      'out_proj.weight 6,6',
    ]);
    const [keys, values] = [normal(7, [n, s, 5]), normal(8, [n, s, 3])];
    const { output } = layer.attend(q, keys, values);
    const want = byHand(layer, [itemOf(q, 0), itemOf(keys, 0), itemOf(values, 0)], () => 0);
    expect(gap(slice(output, [{ stop: 1 }]).squeeze(0), tensor(want.output, float64))).toBeLessThan(
      1e-13,
    );
  });

  test('the time axis comes first by default; a single sequence needs no batch', () => {
    const [first, last] = [make({ batchFirst: false }), make()];
    const swap = (x: Tensor): Tensor => x.permute([1, 0, 2]);
    const want = last.attend(q, k, v);
    const got = first.attend(swap(q), swap(k), swap(v));
    expect(gap(swap(got.output), want.output)).toBe(0);
    expect(gap(got.weights!, want.weights!)).toBe(0);
    const one = (x: Tensor): Tensor => slice(x, [{ stop: 1 }]).squeeze(0);
    const keyPaddingMask = hidden([[0, 0, 0, 1]]).squeeze(0);
    const single = last.attend(one(q), one(k), one(v), { keyPaddingMask });
    expect([single.output.shape, single.weights!.shape]).toEqual([
      [l, e],
      [l, s],
    ]);
    const batched = last.attend(q, k, v, { keyPaddingMask: padding });
    expect(gap(single.output, one(batched.output))).toBeLessThan(1e-14);
  });

  test('forward is attention of a sequence to itself', () => {
    const layer = make();
    const x = normal(9, [n, l, e]);
    const copy = add(x, 0);
    const want = layer.attend(x, copy, copy, { isCausal: true, needWeights: false });
    expect(want.weights).toBeNull();
    expect(gap(layer.forward(x, { isCausal: true }), want.output)).toBeLessThan(1e-14);
  });

  test('a query without keys gives the bias of the output, and no NaN in gradients', () => {
    const layer = make();
    const all = hidden([
      [1, 1, 1, 1],
      [0, 0, 0, 0],
    ]);
    const f = (x: Tensor): Tensor => layer.attend(x, k, v, { keyPaddingMask: all }).output;
    const [dead] = f(q).toArray() as Rows[];
    const bias = layer.outProj.bias!.read().toArray();
    for (const row of dead!) expect(row).toEqual(bias);
    const slope = grad((x: Tensor) => mul(f(x), f(x)).sum())(q);
    expect(
      itemOf(slope, 0)
        .flat()
        .every((g) => g === 0),
    ).toBe(true);
    expect(
      itemOf(slope, 1)
        .flat()
        .every((g) => g !== 0),
    ).toBe(true);
  });

  test('derivatives of both orders in both modes', () => {
    const layer = new MultiheadAttention(4, 2, { seed: 1, ...float64, batchFirst: true });
    const [a, b] = [normal(10, [1, 2, 4]), normal(11, [1, 3, 4])];
    const bias = normal(12, [2, 3]);
    const options = { keyPaddingMask: hidden([[0, 1, 0]]) };
    const f = (x: Tensor, y: Tensor, attnMask: Tensor, _parameters: unknown): Tensor =>
      layer.attend(x, y, y, { ...options, attnMask }).output;
    const small = { in_proj_bias: layer.inProjBias!, 'out_proj.weight': layer.outProj.weight };
    expect(assertGrads(f, [a, b, bias, small]).checked).toBeGreaterThan(500);
  });

  test('third derivatives agree with differences of second ones', () => {
    const layer = make();
    const [x, u] = [normal(13, [1, 3, e]), normal(14, [1, 3, e])];
    const along = (f: (t: Tensor) => Tensor): ((t: Tensor) => Tensor) => grad(f);
    const scalar = (value: number): Tensor => tensor(value, float64);
    const f = (t: Tensor): Tensor => {
      const y = layer.forward(add(x, mul(u, t)), { isCausal: true });
      return mul(y, mul(y, y)).sum();
    };
    const second = along(along(f));
    const third = along(second)(scalar(0.3)).item();
    const h = 1e-5;
    const numeric = (second(scalar(0.3 + h)).item() - second(scalar(0.3 - h)).item()) / (2 * h);
    // Truncation h^2 f'''''/6 and rounding 1e-16 |f''| / h, both below 1e-8 of values of size 10^2.
    expect(Math.abs(third - numeric)).toBeLessThan(1e-6 * (1 + Math.abs(numeric)));
    expect(Math.abs(third)).toBeGreaterThan(0.1);
  });

  test('starts as in PyTorch', () => {
    const layer = new MultiheadAttention(64, 4, { seed: 0 });
    expect(
      Object.entries(layer.namedCells()).map(([name, { shape }]) => `${name} ${shape}`),
    ).toEqual([
      'in_proj_weight 192,64',
      'in_proj_bias 192',
      'out_proj.weight 64,64',
      'out_proj.bias 64',
    ]);
    const largest = (cell: Cell): number =>
      Array.from(cell.read().data(), Math.abs).reduce((a, b) => Math.max(a, b), 0);
    const bound = Math.sqrt(6 / (192 + 64));
    expect(largest(layer.inProjWeight!)).toBeLessThanOrEqual(bound);
    // P(12288 draws all below 99.9 % of the bound) = 5e-6.
    expect(largest(layer.inProjWeight!)).toBeGreaterThan(0.999 * bound);
    expect(largest(layer.outProj.weight)).toBeLessThanOrEqual(1 / 8);
    expect([largest(layer.inProjBias!), largest(layer.outProj.bias!)]).toEqual([0, 0]);
  });

  test('drops weights in training, by the key', () => {
    const layer = make({ dropout: 0.5 });
    const rng = random.key(3);
    const run = (key: Tensor): Tensor =>
      layer.attend(q, k, v, { training: true, rng: key, averageAttnWeights: false }).weights!;
    const plain = layer.attend(q, k, v, { averageAttnWeights: false }).weights!;
    const dropped = Array.from(run(rng).data());
    const kept = Array.from(plain.data());
    expect(dropped.every((w, i) => w === 0 || w === 2 * kept[i]!)).toBe(true);
    expect(dropped.filter((w) => w === 0).length).toBeGreaterThan(8);
    expect(Array.from(run(rng).data())).toEqual(dropped);
    expect(Array.from(run(random.key(4)).data())).not.toEqual(dropped);
    expect(() => layer.forward(q, { training: true })).toThrow(/training needs a random key/);
  });

  test('errors', () => {
    const layer = make();
    const name = 'MultiheadAttention';
    const errors: readonly (readonly [() => unknown, string, new (m: string) => Error])[] = [
      [
        () => new MultiheadAttention(6, 4, { seed: 0 }),
        `${name}: numHeads must divide embedDim, got 4 and 6.`,
        RangeError,
      ],
      [
        () => new MultiheadAttention(6, 0, { seed: 0 }),
        `${name}: numHeads must be an integer >= 1, got 0.`,
        RangeError,
      ],
      [
        () => new MultiheadAttention(6, 2, { seed: 0, dropout: 2 }),
        `${name}: dropout must be in [0, 1], got 2.`,
        RangeError,
      ],
      [
        () => new MultiheadAttention(6, 2, { seed: 0, kDim: 2 } as never),
        `${name}: unknown option "kDim".`,
        TypeError,
      ],
      [
        () => new MultiheadAttention(6, 2, {}),
        `${name}: initial values need a seed or a key`,
        TypeError,
      ],
      [
        () => layer.forward(zeros([2, 3, 5], float64)),
        `${name}(6, 2): query must be [n, l, e] with e = 6, got [2, 3, 5].`,
        ShapeError,
      ],
      [
        () => layer.forward(zeros([6], float64)),
        `${name}(6, 2): query must be [n, l, e] or [l, e] with e = 6, got [6].`,
        ShapeError,
      ],
      [
        () => layer.forward([[1]] as never),
        `${name}(6, 2): query must be a Tensor, got an array.`,
        TypeError,
      ],
      [
        () => layer.forward(zeros([2, 3, 6], { dtype: 'int32' })),
        `${name}(6, 2): query must be floating, got int32.`,
        DTypeError,
      ],
      [
        () => layer.attend(q, k, slice(v, [null, { stop: 2 }])),
        'key and value must have the same length',
        ShapeError,
      ],
      [() => layer.attend(slice(q, [{ stop: 1 }]), k, v), 'Batch sizes must agree', ShapeError],
      [
        () => layer.attend(q, k, v, { attnMask: added.transpose() }),
        `${name}: attnMask must be [3, 4] or [4, 3, 4], got [4, 3].`,
        ShapeError,
      ],
      [
        () => layer.attend(q, k, v, { keyPaddingMask: attnMask }),
        `${name}: keyPaddingMask must be [2, 4], got [3, 4].`,
        ShapeError,
      ],
      [
        () => layer.attend(q, k, v, { attnMask: ones([3, 4]) }),
        `${name}: attnMask must be bool (true hides) or float64 (added), got float32.`,
        DTypeError,
      ],
      [
        () => layer.attend(q, k, v, { mask: attnMask } as never),
        `${name}.attend: unknown option "mask".`,
        TypeError,
      ],
    ];
    for (const [call, message, type] of errors) {
      expect(call).toThrow(message);
      expect(call).toThrow(type);
    }
  });
});

describe('TransformerEncoderLayer', () => {
  const options = { seed: 0, dimFeedforward: 5, ...float64, batchFirst: true } as const;
  const x = normal(20, [2, 3, 4]);

  test('has the names of PyTorch', () => {
    const layer = new TransformerEncoderLayer(4, 2, options);
    expect(
      Object.entries(layer.namedCells()).map(([name, { shape }]) => `${name} ${shape}`),
    ).toEqual([
      'self_attn.in_proj_weight 12,4',
      'self_attn.in_proj_bias 12',
      'self_attn.out_proj.weight 4,4',
      'self_attn.out_proj.bias 4',
      'linear1.weight 5,4',
      'linear1.bias 5',
      'linear2.weight 4,5',
      'linear2.bias 4',
      'norm1.weight 4',
      'norm1.bias 4',
      'norm2.weight 4',
      'norm2.bias 4',
    ]);
  });

  test.each([false, true])('with normFirst %s is its parts', (normFirst) => {
    const layer = new TransformerEncoderLayer(4, 2, { ...options, normFirst, activation: 'gelu' });
    const { selfAttn, linear1, linear2, norm1, norm2, activation } = layer;
    const attend = (y: Tensor): Tensor => selfAttn.forward(y, { isCausal: true });
    const feed = (y: Tensor): Tensor => linear2.forward(activation(linear1.forward(y)));
    const y = normFirst ? x.add(attend(norm1.forward(x))) : norm1.forward(x.add(attend(x)));
    const want = normFirst ? y.add(feed(norm2.forward(y))) : norm2.forward(y.add(feed(y)));
    expect(gap(layer.forward(x, { isCausal: true }), want)).toBe(0);
  });

  test('a causal layer does not see the future; padding hides', () => {
    const layer = new TransformerEncoderLayer(4, 2, options);
    const causal = (at: Tensor): Tensor =>
      slice(layer.forward(at, { isCausal: true }), [null, { stop: 1 }]).sum();
    const slope = grad(causal)(x).toArray() as Rows[];
    expect(
      slope
        .flatMap((rows) => rows.slice(1))
        .flat()
        .every((g) => g === 0),
    ).toBe(true);
    const keyPaddingMask = hidden([
      [0, 0, 1],
      [0, 0, 0],
    ]);
    const first = (at: Tensor): Tensor =>
      slice(layer.forward(at, { keyPaddingMask }), [{ stop: 1 }, { stop: 1 }])
        .mul(normal(21, [1, 1, 4]))
        .sum();
    const padded = grad(first)(x).toArray() as Rows[];
    expect(padded[0]![2]!.every((g) => g === 0)).toBe(true);
    expect(padded[0]![1]!.some((g) => g !== 0)).toBe(true);
  });

  test('dropout everywhere follows the key and is off in evaluation', () => {
    const layer = new TransformerEncoderLayer(4, 2, { ...options, dropout: 0.5 });
    const plain = new TransformerEncoderLayer(4, 2, { ...options, dropout: 0 });
    expect(gap(layer.forward(x), plain.forward(x))).toBe(0);
    const run = (seed: number): Tensor =>
      layer.forward(x, { training: true, rng: random.key(seed) });
    expect(gap(run(0), run(0))).toBe(0);
    expect(gap(run(0), run(1))).toBeGreaterThan(0.1);
    expect(() => layer.forward(x, { training: true })).toThrow(TypeError);
  });
});
