import { describe, expect, test } from '@jest/globals';
import {
  caseStatistics,
  type Law,
  operation,
  operationLaws,
  primitiveLaws,
  runLaw,
} from '@tikhonov/check';
import {
  exp,
  grad,
  mul,
  NoDerivativeError,
  noGrad,
  parameter,
  slice,
  stopGradient,
  sum,
  type Tensor,
  tanh,
  tensor,
  vjp,
} from '@tikhonov/core';
import {
  type AnyPrimitive,
  bind,
  definePrimitive,
  type Primitive,
  primitives,
  type RegisteredPrimitive,
  register,
} from '@tikhonov/core/engine';

type Single = Extract<AnyPrimitive, { kind: 'single' }>;
/** An entry of the registry whose primitive has one output. */
interface Entry extends RegisteredPrimitive {
  readonly primitive: Single;
}

const named = (name: string): Entry =>
  primitives.find((entry): entry is Entry => entry.name === name)!;

/** A copy of the entry with another primitive in parts. */
const altered = (entry: Entry, parts: Partial<Single>): Entry => ({
  ...entry,
  primitive: { ...entry.primitive, ...parts },
});

const lawOf = (laws: readonly Law[], property: string): Law => {
  const found = laws.find(({ id }) => id.endsWith(`/${property}`));
  if (found === undefined) throw new Error(`no law ${property}`);
  return found;
};
const holds = (entry: RegisteredPrimitive, property: string): boolean =>
  runLaw(lawOf(primitiveLaws([entry]), property), { seed: 3, runs: 100 }).holds;

describe('the laws of primitives catch', () => {
  test('a NaN that a kernel swallows, in either dtype', () => {
    const swallow = (dtype: string): Entry => {
      const kernel = named('exp');
      return altered(kernel, {
        forward: ([x], attrs) => {
          const out = kernel.primitive.forward([x!], attrs);
          if (x!.dtype === dtype) {
            for (let i = 0; i < out.data.length; i++)
              if (Number.isNaN(out.data[i])) out.data[i] = 0;
          }
          return out;
        },
      });
    };
    expect(holds(named('exp'), 'nan')).toBe(true);
    expect(holds(swallow('float64'), 'nan')).toBe(false);
    expect(holds(swallow('float32'), 'nan')).toBe(false);
  });

  test('a NaN that a kernel without a rule swallows', () => {
    const sign = named('sign');
    const broken = altered(sign, {
      forward: ([x], attrs) => {
        const out = sign.primitive.forward([x!], attrs);
        for (let i = 0; i < out.data.length; i++) if (Number.isNaN(out.data[i])) out.data[i] = 0;
        return out;
      },
    });
    expect([holds(sign, 'nan'), holds(broken, 'nan')]).toEqual([true, false]);
  });

  test('an infinity that one dtype makes finite', () => {
    const kernel = named('mul');
    const broken = altered(kernel, {
      forward: (inputs, attrs) => {
        const out = kernel.primitive.forward(inputs, attrs);
        if (out.dtype === 'float32') {
          for (let i = 0; i < out.data.length; i++) out.data[i] = Math.min(3e38, out.data[i]!);
        }
        return out;
      },
    });
    expect([holds(kernel, 'infinite'), holds(broken, 'infinite')]).toEqual([true, false]);
  });

  test("modes that are not each other's transpose", () => {
    const kernel = named('matmul');
    // A cotangent that is not used linearly: the pullback of the pullback is another map.
    const broken = altered(kernel, {
      vjp: (i) => {
        const rule = kernel.primitive.vjp(i);
        return rule === null || i !== 0
          ? rule
          : (ans, inputs, attrs) => {
              const pullback = rule(ans, inputs, attrs);
              return (g) => pullback(mul(g, g));
            };
      },
    });
    expect([holds(kernel, 'dot-product'), holds(broken, 'dot-product')]).toEqual([true, false]);
  });

  test('a third derivative that is wrong behind right first and second ones', () => {
    const twice = (x: Tensor): Tensor => exp(x.detach()).mul(x.sub(x.detach()).add(1));
    const opaque: Primitive<1, null> = definePrimitive({
      name: 'opaque',
      infer: ([x]) => x,
      forward: ([x], attrs) => named('exp').primitive.forward([x], attrs),
      // e^x to first order about x: its own derivative is right once.
      vjp: [
        (_ans, [x]) =>
          (g) =>
            mul(g, twice(x)),
      ],
    });
    const broken = register(opaque, {
      cases: (draw) => ({ inputs: [draw.tensor(draw.shape())], attrs: null }),
    });
    expect([holds(broken, 'vjp'), holds(broken, 'second-order')]).toEqual([true, true]);
    expect([holds(named('exp'), 'third-order'), holds(broken, 'third-order')]).toEqual([
      true,
      false,
    ]);
  });

  test('a second derivative that is off in float32 alone', () => {
    const kernel = named('exp');
    const broken = altered(kernel, {
      vjp: () => (_ans, inputs) => {
        const x = inputs[0]!;
        const slope = x.dtype === 'float32' ? exp(x.detach()) : exp(x);
        return (g) => mul(g, slope);
      },
    });
    expect(holds(broken, 'float32-pullback')).toBe(true);
    expect([holds(kernel, 'float32-second-order'), holds(broken, 'float32-second-order')]).toEqual([
      true,
      false,
    ]);
  });
});

describe('laws of operations', () => {
  test('hold for a right composite and fall for a wrong one', () => {
    const right = operation('twice', (draw) => [
      (x) => ({ a: tanh(tanh(x!)), b: [x!] }),
      draw.tensor(draw.shape()),
    ]);
    const fallen = operationLaws([right]).filter((law) => !runLaw(law, { runs: 20 }).holds);
    expect(fallen.map(({ id }) => id)).toEqual([]);
    const wrong = operation('half', (draw) => [
      (x) => mul(x!, stopGradient(x!)),
      draw.tensor(draw.shape({ minSize: 1 })),
    ]);
    expect(runLaw(lawOf(operationLaws([wrong]), 'vjp'), { runs: 20 }).holds).toBe(false);
  });

  test('count the dtypes that they try', () => {
    const laws = primitiveLaws([named('exp')]);
    expect(lawOf(laws, 'vjp').dtypes).toEqual(['float64']);
    expect(lawOf(laws, 'float32').dtypes).toEqual(['float32']);
    expect(lawOf(laws, 'views').dtypes).toEqual(['float64', 'float32']);
    expect(lawOf(primitiveLaws([named('logicalNot')]), 'views').dtypes).toEqual([]);
  });
});

test('statistics of cases see empty axes and axes of size 1', () => {
  const never = operation('never', (draw) => [
    (x) => slice(x!, [{ stop: 2 }]),
    draw.tensor([draw.integer(2, 3)]),
  ]);
  expect(caseStatistics(never, { runs: 40 })).toEqual({
    cases: 40,
    empty: 0,
    single: 0,
    dtypes: ['float64'],
  });
  const { empty, single } = caseStatistics(named('exp'), { runs: 200 });
  expect([empty > 10, single > 10]).toEqual([true, true]);
});

describe('a primitive that says it is not differentiable', () => {
  const primitive: Primitive<1, null> = definePrimitive({
    name: 'jumpy',
    infer: ([x]) => x,
    forward: ([x]) => x,
    vjp: [null],
    nondifferentiable: 'it jumps',
  });
  const jumpy = (x: Tensor): Tensor => bind(primitive, [x], null);
  const x = tensor([1, 2]);

  test('throws a typed error where a derivative is asked', () => {
    expect(() => grad((y: Tensor) => sum(jumpy(y)))(x)).toThrow(NoDerivativeError);
    expect(() => vjp(jumpy, [x])).toThrow(
      'jumpy: has no derivative: it jumps.\n  Pass stopGradient(x) if x counts as a constant here.',
    );
    expect(() => jumpy(parameter(x).read())).toThrow(NoDerivativeError);
  });

  test('works where none is', () => {
    expect(jumpy(x).toArray()).toEqual([1, 2]);
    expect(noGrad(() => jumpy(parameter(x).read())).toArray()).toEqual([1, 2]);
    const slope = grad((y: Tensor) => sum(mul(jumpy(stopGradient(y)), y)))(x);
    expect(slope.toArray()).toEqual([1, 2]);
  });

  test('is held to its values alone', () => {
    const registered = register(primitive, {
      cases: (draw) => ({ inputs: [draw.tensor(draw.shape())], attrs: null }),
    });
    const properties = primitiveLaws([registered]).map(({ id }) => id.split('/')[2]);
    expect(properties).toEqual(['infer', 'views', 'pure', 'float32', 'nan', 'infinite']);
  });
});
