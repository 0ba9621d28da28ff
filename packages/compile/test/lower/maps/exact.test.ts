import { describe, expect, test } from '@jest/globals';
import type { DType } from '@tikhonov/core';
import { Draw } from '../../math/harness.ts';
import {
  differences,
  dtypes,
  expected,
  lowered,
  named,
  product,
  random,
  viewOf,
  widthsOf,
} from './harness.ts';

const floating: readonly DType[] = ['float32', 'float64'];
const numeric: readonly DType[] = ['float32', 'float64', 'int32', 'uint32'];

/** Where a rule has other bits than the eager kernel: special values, then random ones. */
function wrong(name: string, kinds: readonly DType[], attrs: unknown): string[] {
  const primitive = named(name);
  if (primitive.kind !== 'single') return [`${name} has several results`];
  const found: string[] = [];
  const lists = [product(kinds), kinds.map((dtype, i) => random(dtype, 601, name.length + i))];
  for (const values of lists) {
    const inputs = kinds.map((dtype, i) => viewOf(dtype, values[i]!));
    const want = expected(primitive, inputs, attrs);
    for (const width of widthsOf([...inputs, primitive.infer(inputs, attrs)])) {
      const got = lowered(primitive, inputs, attrs, width);
      found.push(...differences(got, want, inputs).map((text) => `width ${width}: ${text}`));
    }
  }
  return found;
}

const rows = (
  names: readonly string[],
  kinds: readonly DType[],
): readonly (readonly [string, DType])[] =>
  names.flatMap((name) => kinds.map((dtype) => [name, dtype] as const));

describe('has the bits of the eager kernel:', () => {
  test.each([
    ...rows(['neg', 'abs', 'sign'], numeric),
    ...rows(['sqrt', 'floor', 'round', 'portableExp', 'portableLog'], floating),
    ...rows(['logicalNot'], ['bool']),
  ])('%s of %s', (name, dtype) => {
    expect(wrong(name, [dtype], null)).toEqual([]);
  });

  test.each([
    ...rows(['add', 'sub', 'mul', 'maximum', 'minimum', 'remainder', 'floorDivide'], numeric),
    ...rows(['div'], floating),
    ...rows(['equal', 'notEqual', 'less', 'lessEqual'], dtypes),
    ...rows(['logicalAnd'], ['bool']),
  ])('%s of %s', (name, dtype) => {
    expect(wrong(name, [dtype, dtype], null)).toEqual([]);
  });

  test.each(dtypes)('where of %s', (dtype) => {
    expect(wrong('where', ['bool', dtype, dtype], null)).toEqual([]);
  });

  test.each(dtypes.flatMap((from) => dtypes.map((to) => [from, to] as const)))(
    'astype from %s to %s',
    (from, to) => {
      expect(wrong('astype', [from], { dtype: to })).toEqual([]);
    },
  );

  test.each(floating)('axpby of %s', (dtype) => {
    // The kernel takes scalars, the rule what the caller has broadcast.
    const primitive = named('axpby');
    const [x, y] = product([dtype, dtype]).map((values) => viewOf(dtype, values));
    const n = x!.shape[0]!;
    for (const [a, b] of [
      [0.9, 0.1],
      [-3, 1e30],
      [0, Number.NaN],
    ] as const) {
      const want = expected(primitive, [x!, y!, scalar(dtype, a), scalar(dtype, b)], null);
      const factors = [a, b].map((value) => viewOf(dtype, new Array<number>(n).fill(value)));
      for (const width of widthsOf([x!])) {
        const inputs = [x!, y!, ...factors];
        expect(differences(lowered(primitive, inputs, null, width), want, inputs)).toEqual([]);
      }
    }
  });
});

const scalar = (dtype: DType, value: number): ReturnType<typeof viewOf> => ({
  ...viewOf(dtype, [value]),
  shape: [],
  stride: [],
});

describe('of quotients of all sizes', () => {
  // Divisors with all bits in use, and rests close to them, are where rounding would show.
  const draw = new Draw(11);
  const pairs = Array.from({ length: 4000 }, () => {
    const y = (draw.word() * 2 ** 21 + (draw.word() >>> 11)) * 2 ** -30;
    const scale = 2 ** draw.between(0, 60);
    return [y * draw.between(1, 2) * scale, y] as const;
  });
  const near = pairs.map(([x, y]) => [x - (x % y) + y * (1 - 2 ** -50 * draw.unit()), y] as const);

  test.each(['remainder', 'floorDivide'])('%s of float64', (name) => {
    for (const list of [pairs, near]) {
      const inputs = [0, 1].map((i) =>
        viewOf(
          'float64',
          list.map((pair) => pair[i]!),
        ),
      );
      const want = expected(named(name), inputs, null);
      expect(differences(lowered(named(name), inputs, null, 2), want, inputs)).toEqual([]);
    }
  });
});
