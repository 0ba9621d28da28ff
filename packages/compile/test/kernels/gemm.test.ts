import { describe, expect, test } from '@jest/globals';
import {
  emitGemm,
  type Profile,
  packBytes,
  probeEngine,
  profileFor,
  type Strides,
} from '../../src/kernels/gemm/index.ts';
import { ModuleWriter } from '../../src/wasm/module.ts';
import { Draw, type Ending, type Operand, run, type Trial } from './gemm-harness.ts';

const probe = probeEngine({ v8: process.versions.v8 });
const plain: Profile = profileFor({ simd: true, relaxed: false, v8: undefined, wide: false });
const profiles: Profile[] = [
  plain,
  { ...plain, ordered: true, rows: 5, unroll: 2 },
  { ...plain, ordered: true, rows: 6, vectors: 4, unroll: 3, wide: true },
];
if (probe.relaxed) {
  for (const v8 of [undefined, 13]) {
    for (const wide of [false, true]) profiles.push(profileFor({ ...probe, v8, wide }));
  }
}

const layouts = ['plain', 'transposed', 'padded', 'repeated', 'backwards', 'sparse'] as const;

const strides = (
  draw: Draw,
  rows: number,
  columns: number,
  layout: (typeof layouts)[number],
): Strides => {
  if (layout === 'plain') return { row: columns, column: 1 };
  if (layout === 'transposed') return { row: 1, column: rows + draw.of([0, 3]) };
  if (layout === 'padded') return { row: columns + draw.integer(1, 5), column: 1 };
  if (layout === 'repeated') {
    return draw.of([
      { row: 0, column: 1 },
      { row: 1, column: 0 },
      { row: 0, column: 0 },
    ]);
  }
  if (layout === 'backwards') {
    return draw.of([
      { row: -columns, column: 1 },
      { row: columns, column: -1 },
      { row: 1, column: -rows },
      { row: -1, column: rows },
    ]);
  }
  return { row: 3 * columns + 2, column: 3 };
};

const operands: readonly Operand[] = ['a', 'b', 'c', 'bias', 'x', 'y'];
const endings: readonly Ending[] = ['none', 'none', 'short', 'long', 'address'];

const drawTrial = (draw: Draw, m: number, n: number, k: number): Trial => ({
  dtype: draw.of(['float32', 'float64']),
  m,
  n,
  k,
  a: strides(draw, m, k, draw.of(layouts)),
  b: strides(draw, k, n, draw.of(layouts)),
  cRow: n + draw.of([0, 0, 1, 4]),
  accumulate: draw.of([false, true]),
  bias: draw.of([false, true]),
  ending: draw.of(endings),
  x: strides(draw, m, n, draw.of(layouts)),
  y: strides(draw, m, n, draw.of(layouts)),
  profile: draw.of(profiles),
  last: draw.of(operands),
});

const agree = (trial: Trial, draw: Draw): void => {
  const { worst, spoilt, bytes } = run(trial, draw);
  if (worst <= 1 && spoilt === 0 && (bytes <= 8192 || trial.profile.unroll > 1)) return;
  throw new Error(
    `error ${worst} of the bound, ${spoilt} bytes spoilt, ${bytes} bytes long: ${JSON.stringify(trial)}`,
  );
};

const simple = (m: number, n: number, k: number, layout: string): Trial => ({
  dtype: 'float32',
  m,
  n,
  k,
  a: layout[0] === 'T' ? { row: 1, column: m } : { row: k, column: 1 },
  b: layout[1] === 'T' ? { row: 1, column: k } : { row: n, column: 1 },
  cRow: n,
  accumulate: false,
  bias: false,
  ending: 'none',
  x: { row: n, column: 1 },
  y: { row: 0, column: 1 },
  profile: plain,
  last: 'b',
});

describe('emitGemm', () => {
  test('agrees with the plain sum for any sizes, strides, epilogues and profiles, and writes nothing else', () => {
    const draw = new Draw(1);
    for (let turn = 0; turn < 200; turn++) {
      const [m, n, k] = [draw.integer(0, 40), draw.integer(0, 40), draw.integer(0, 40)];
      agree(drawTrial(draw, m, n, k), draw);
    }
  });

  test('agrees for sizes of 0 to 5, where most vectors are partial', () => {
    const draw = new Draw(2);
    for (let turn = 0; turn < 200; turn++) {
      const [m, n, k] = [draw.integer(0, 5), draw.integer(0, 5), draw.integer(0, 5)];
      agree(drawTrial(draw, m, n, k), draw);
    }
  });

  test('agrees for vectors times matrices and matrices times vectors', () => {
    const draw = new Draw(3);
    for (let turn = 0; turn < 120; turn++) {
      const [size, k] = [draw.integer(1, 70), draw.integer(1, 70)];
      const trial = turn % 2 === 0 ? drawTrial(draw, 1, size, k) : drawTrial(draw, size, 1, k);
      agree(trial, draw);
    }
  });

  test.each([
    [64, 64, 784],
    [784, 64, 64],
    [32, 10, 128],
    [8, 643, 25],
    [13, 21, 1100],
    [512, 70, 256],
    [1030, 24, 515],
    [1, 100, 300],
  ])('agrees for [%i, %i] with %i steps, in every layout and profile', (m, n, k) => {
    const draw = new Draw(4);
    const large = m * n * k > 8e6;
    for (const layout of large ? ['TN', 'NT'] : ['NN', 'TN', 'NT', 'TT']) {
      const base = simple(m, n, k, layout);
      const used = m * n * k > 3e5 ? [draw.of(profiles)] : profiles;
      for (const profile of used) {
        const ending = draw.of(endings);
        const [accumulate, bias] = [draw.of([true, false]), draw.of([true, false])];
        agree({ ...base, profile, ending, accumulate, bias, last: draw.of(operands) }, draw);
      }
    }
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY])('%p meets zeros and spreads', (value) => {
    const draw = new Draw(5);
    let seen = 0;
    for (let turn = 0; turn < 50; turn++) {
      const [m, n, k] = [draw.integer(1, 20), draw.integer(1, 20), draw.integer(1, 20)];
      const operand = draw.of(['a', 'b'] as const);
      const trial = { ...drawTrial(draw, m, n, k), ending: 'none' as const };
      const { result, expected, spoilt } = run({ ...trial, special: { operand, value } }, draw);
      expect(spoilt).toBe(0);
      for (const [index, wanted] of expected.entries()) {
        if (Number.isFinite(wanted)) expect(Number.isFinite(result[index])).toBe(true);
        else expect(result[index]).toBe(wanted);
        if (Number.isNaN(wanted)) seen += 1;
      }
    }
    expect(seen).toBeGreaterThan(30);
  });

  test('an infinity is met once, also where the last vector along k overlaps another', () => {
    const draw = new Draw(7);
    const value = Number.POSITIVE_INFINITY;
    for (let k = 5; k < 12; k++) {
      for (let p = 0; p < k; p++) {
        for (const operand of ['a', 'b'] as const) {
          const at: [number, number] = operand === 'a' ? [1, p] : [p, 1];
          const special = { operand, value, at };
          const { result, expected } = run({ ...simple(2, 3, k, 'NT'), special }, draw);
          expect(result.map((x) => (Number.isFinite(x) ? 0 : x))).toEqual(
            expected.map((x) => (Number.isFinite(x) ? 0 : x)),
          );
        }
      }
    }
  });

  test('agrees where rows or columns are packed block by block', () => {
    const draw = new Draw(8);
    for (const profile of profiles) {
      for (const ending of ['none', 'short', 'long'] as const) {
        const wide = { ...simple(9, 40, 1100, 'NN'), b: { row: 1024, column: 1 } };
        agree({ ...wide, profile, ending }, draw);
      }
    }
    agree({ ...simple(1022, 64, 290, 'TN'), a: { row: 1, column: 1024 } }, draw);
  });

  test('without steps gives zeros, or the bias, or leaves what is there', () => {
    const draw = new Draw(6);
    const trial = simple(5, 7, 0, 'NN');
    expect(run(trial, draw).result).toEqual(new Array(35).fill(0));
    agree({ ...trial, bias: true }, draw);
    agree({ ...trial, accumulate: true }, draw);
  });

  test('a batch moves every address by its stride', () => {
    const writer = new ModuleWriter(1);
    const [m, n, k, count] = [3, 5, 4, 6];
    const index = emitGemm(writer, {
      dtype: 'float32',
      m,
      n,
      k,
      a: { row: k, column: 1 },
      b: { row: n, column: 1 },
      c: { row: n },
      bias: 'row',
      batch: { count, a: m * k, b: 0, c: m * n, bias: n },
      profile: plain,
    });
    const [a, b, c, bias] = [16, 4096, 8192, 16384];
    writer.function(
      [],
      [],
      (code) => code.i32(a).i32(b).i32(c).i32(bias).i32(0).call(index),
      'run',
    );
    const memory = new WebAssembly.Memory({ initial: 1 });
    const module = new WebAssembly.Module(writer.encode());
    const { exports } = new WebAssembly.Instance(module, { env: { memory } });
    const view = (from: number, length: number): Float32Array =>
      new Float32Array(memory.buffer, from, length);
    const [va, vb, vbias] = [view(a, count * m * k), view(b, k * n), view(bias, count * n)];
    // Small integers, whose sums are exact.
    for (const [at, values] of [va, vb, vbias].entries()) {
      for (let i = 0; i < values.length; i++) values[i] = ((i * 7 + at * 3) % 11) - 5;
    }
    (exports.run as () => void)();
    const expected: number[] = [];
    for (let t = 0; t < count; t++) {
      for (let i = 0; i < m; i++) {
        for (let j = 0; j < n; j++) {
          let sum = vbias[t * n + j]!;
          for (let p = 0; p < k; p++) sum += va[(t * m + i) * k + p]! * vb[p * n + j]!;
          expected.push(sum);
        }
      }
    }
    expect([...view(c, count * m * n)]).toEqual(expected);
    expect(view(c + count * m * n * 4, 1)[0]).toBe(0);
  });
});

describe('packBytes', () => {
  const bytes = (m: number, n: number, k: number, layout: string): number => {
    const { a, b, cRow } = simple(m, n, k, layout);
    return packBytes({ dtype: 'float32', m, n, k, a, b, c: { row: cRow }, profile: plain });
  };

  test('nothing is packed for small products, or for a few rows of a transposed one', () => {
    expect(bytes(64, 64, 64, 'NN')).toBe(0);
    expect(bytes(64, 64, 64, 'TN')).toBe(0);
    expect(bytes(1, 256, 784, 'NT')).toBe(0);
  });

  test('a transposed second factor is packed, and a long one', () => {
    expect(bytes(64, 256, 784, 'NT')).toBeGreaterThan(0);
    expect(bytes(256, 256, 256, 'NN')).toBeGreaterThan(0);
  });

  test('a transposed first factor is packed if its rows are pages apart', () => {
    expect(bytes(1024, 64, 290, 'TN')).toBeGreaterThan(0);
    expect(bytes(1000, 64, 290, 'TN')).toBe(0);
  });

  test('scratch stays below 1 MiB for a product of any size', () => {
    for (const layout of ['NN', 'TN', 'NT'])
      expect(bytes(4096, 4096, 4096, layout)).toBeLessThan(2 ** 20);
  });
});

describe('profileFor', () => {
  test('is cautious where the engine is not known', () => {
    expect(profileFor({ simd: true, relaxed: false, v8: undefined, wide: false })).toMatchObject({
      relaxed: false,
      ordered: false,
      unroll: 1,
    });
  });

  test('never fuses when results must be the same everywhere', () => {
    const known = { simd: true, relaxed: true, v8: 13, wide: false };
    expect(profileFor(known)).toMatchObject({ relaxed: true, rows: 6, vectors: 2 });
    expect(profileFor(known, true)).toMatchObject({ relaxed: false, rows: 4, vectors: 2 });
  });

  test('pairs vectors only on engines that can', () => {
    const able = { simd: true, relaxed: true, v8: 13, wide: true };
    expect(profileFor(able)).toMatchObject({ wide: true, rows: 6, vectors: 4 });
    expect(profileFor({ ...able, v8: 12 }).wide).toBe(false);
  });

  test('reads the version of V8, and asks the engine for the rest', () => {
    expect(probeEngine({ v8: '13.6.233.17-node.53' })).toMatchObject({
      simd: true,
      v8: 13,
      wide: false,
    });
    expect(probeEngine().v8).toBeUndefined();
  });
});
