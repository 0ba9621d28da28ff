import { describe, expect, test } from '@jest/globals';
import { primitives } from '@tikhonov/core/engine';
import { mapNames } from '../../../src/graph/names.ts';
import { allLowerings } from '../../../src/lower/all.ts';
import { type FunctionName, functions } from '../../../src/math/index.ts';
import { compiled, type Floats, names, ulpOf } from '../../math/harness.ts';
import { arity, randomArguments, specialArguments } from '../../math/points.ts';
import { differences, expected, lowered, named, viewOf } from './harness.ts';

const { abs, fround } = Math;

const together = (name: FunctionName, type: 'f32x4' | 'f64x2'): readonly Floats[] => {
  const random = randomArguments(name, type, 1000);
  return specialArguments(name, type).map((special, i) =>
    Float64Array.of(...special, ...random[i]!),
  );
};

describe('a function', () => {
  test.each(names)('%s is that of the math library, in both types', (name) => {
    for (const [type, dtype, width] of [
      ['f32x4', 'float32', 4],
      ['f64x2', 'float64', 2],
    ] as const) {
      const args = together(name, type);
      const inputs = args.map((values) => viewOf(dtype, [...values]));
      const want = compiled(
        name,
        type,
        inputs.map(({ data }) => data as Floats),
      );
      const got = lowered(named(name), inputs, null, width);
      expect(differences(got, [...want], inputs)).toEqual([]);
    }
  });

  test.each(names)('%s of float32 in pairs is that of float64, rounded', (name) => {
    const args = together(name, 'f32x4').map((values) => Float64Array.from(values, fround));
    const inputs = args.map((values) => viewOf('float32', [...values]));
    const want = [...compiled(name, 'f64x2', args)].map(fround);
    expect(differences(lowered(named(name), inputs, null, 2), want, inputs)).toEqual([]);
  });

  test('knows all functions of the math library', () => {
    for (const name of Object.keys(functions)) {
      expect([name, allLowerings.maps.has(name), arity(name as FunctionName)]).toEqual([
        name,
        true,
        name === 'pow' || name === 'atan2' ? 2 : 1,
      ]);
    }
  });
});

describe('erfinv', () => {
  const points = [
    0,
    1e-300,
    1e-40,
    1e-10,
    0.1,
    0.499999,
    0.5,
    0.500001,
    0.9,
    0.999,
    1 - 1e-6,
    1 - 2 ** -24,
    1 - 1e-12,
    1 - 2 ** -53,
    1,
    1.5,
    Infinity,
    Number.NaN,
    ...Array.from({ length: 999 }, (_, k) => (k + 1) / 1000.5),
  ].flatMap((x) => [x, -x]);

  // The eager kernel is within 4 ulps, and ours takes erf, erfc and exp with ulps more of theirs.
  test.each([
    ['float64', 2, 8],
    ['float32', 4, 0.51],
    ['float32', 2, 0.51],
  ] as const)(
    'of %s in width %i is within %d ulps of the eager kernel in float64',
    (dtype, width, bound) => {
      const inputs = [viewOf(dtype, points)];
      const exact = expected(named('erfinv'), [viewOf('float64', [...inputs[0]!.data])], null);
      const got = lowered(named('erfinv'), inputs, null, width);
      const type = dtype === 'float32' ? 'f32x4' : 'f64x2';
      const far = got.flatMap((value, k) => {
        const want = exact[k]!;
        const rounded = dtype === 'float32' ? fround(want) : want;
        if (Object.is(value, rounded)) return [];
        const error = abs(value - want) / ulpOf(want, type);
        return error <= bound
          ? []
          : [`${inputs[0]!.data[k]} -> ${value}, not ${want}: ${error} ulp`];
      });
      expect(far.slice(0, 5)).toEqual([]);
    },
  );
});

test('every primitive with a rule is in the registry, and its cost is known', () => {
  const { maps, cheap } = allLowerings;
  const registered = new Set(primitives.map(({ name }) => name));
  for (const name of maps.keys()) expect(registered.has(name)).toBe(true);
  for (const name of cheap) expect(maps.has(name)).toBe(true);
  expect([...maps.keys()].sort()).toEqual([...mapNames].sort());
});
