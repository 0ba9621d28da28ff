import { describe, expect, test } from '@jest/globals';
import {
  type CheckGradsOptions,
  checkGrads,
  GradcheckError,
  type GradReport,
  gradcheck,
  gradgradcheck,
} from '@tikhonov/check';
import {
  Cell,
  exp,
  matmul,
  mul,
  parameter,
  pow,
  random,
  sqrt,
  sum,
  type Tensor,
  tanh,
  tensor,
} from '@tikhonov/core';
import { bind, definePrimitive, type Primitive } from '@tikhonov/core/engine';
import { Linear, mlp } from '@tikhonov/nn';

const double = (values: Parameters<typeof tensor>[0]): Tensor =>
  tensor(values, { dtype: 'float64' });
const normal = (shape: readonly number[], seed = 0): Tensor =>
  random.normal(random.key(seed), shape, { dtype: 'float64' });

/** The exponential with a pullback that is off at one element. */
const flawed = (element: number, order: 1 | 2 | 3): ((x: Tensor) => Tensor) => {
  const primitive: Primitive<1, null> = definePrimitive({
    name: 'flawed',
    infer: ([x]) => x,
    forward: ([x]) => exp(tensor(x.data, { shape: x.shape })).view,
    vjp: [
      (_ans, [x]) => {
        const off = new Float64Array(x.size).fill(1);
        off[element] = 1.1;
        const slope = order === 1 ? mul(exp(x), tensor(off, { shape: x.shape })) : flawedAt(x);
        return (g) => mul(g, slope);
      },
    ],
  });
  const flawedAt = (x: Tensor): Tensor => flawed(element, order === 3 ? 2 : 1)(x);
  return (x) => bind(primitive, [x], null);
};

/** What a person writing JavaScript may pass. */
const js = <T>(value: unknown): T => value as T;
const withOption = (options: object): unknown =>
  checkGrads(exp, [double([1])], js<CheckGradsOptions>(options));

const errorOf = (body: () => unknown): GradcheckError => {
  try {
    body();
  } catch (error) {
    if (error instanceof GradcheckError) return error;
  }
  throw new Error('no GradcheckError was thrown');
};

describe('gradcheck and gradgradcheck', () => {
  test('return true for right derivatives', () => {
    expect(gradcheck((x, y) => tanh(matmul(x, y)), [normal([2, 3]), normal([3, 1], 1)])).toBe(true);
    expect(gradgradcheck(exp, [normal([2])], { checkFwdOverRev: true })).toBe(true);
  });

  test('throw an error with the report, or return false', () => {
    const error = errorOf(() => gradcheck(flawed(1, 1), [double([1, 2])]));
    expect(error.message).toContain('gradcheck: 4 derivatives compared, not all agree (seed 0).');
    expect(error.message).toContain('Worst: d value[1] / d args[0][1], order 1, reverse mode:');
    const report: GradReport = error.report;
    expect(report.worst!.coordinate).toEqual({ input: [1], output: [1] });
    expect(gradcheck(flawed(1, 1), [double([1, 2])], { raiseException: false })).toBe(false);
  });

  test('check their own order only', () => {
    expect(gradcheck(flawed(0, 2), [double([1, 2])])).toBe(true);
    const { report } = errorOf(() => gradgradcheck(flawed(0, 2), [double([1, 2])]));
    expect(report.worst).toMatchObject({ order: 2, output: 'gradient of args[0]' });
  });

  test('take cotangents and modes as PyTorch does', () => {
    const x = double([1, 2]);
    // At a cotangent of 0 for the flawed element, nothing is wrong with its second derivative in x.
    expect(gradgradcheck(flawed(0, 2), [x], { gradOutputs: double([0, 1]) })).toBe(true);
    const none = { checkRevOverRev: false };
    expect(() => gradgradcheck(exp, [x], none)).toThrow("modes must name 'reverse'");
    const forward = errorOf(() => gradcheck(flawed(0, 1), [x], { checkForwardAd: true }));
    expect(forward.message).toContain('gradcheck: 8 derivatives');
  });

  test('the fast mode finds the error in a large tensor at the cost of a few calls', () => {
    let calls = 0;
    const counted =
      (f: (x: Tensor) => Tensor) =>
      (x: Tensor): Tensor => {
        calls += 1;
        return f(x);
      };
    const x = normal([10, 12]);
    expect(gradcheck(counted(exp), [x], { fastMode: true })).toBe(true);
    expect(calls).toBeLessThan(10);
    expect(gradcheck(flawed(77, 1), [x], { fastMode: true, raiseException: false })).toBe(false);
    expect(gradgradcheck(flawed(77, 2), [x], { fastMode: true, raiseException: false })).toBe(
      false,
    );
  });

  test('name themselves in errors', () => {
    expect(() => gradcheck(exp, [tensor([1])])).toThrow('gradcheck: args[0] is float32');
    expect(() => gradgradcheck(exp, [double([1])], { eps: -1 })).toThrow(
      'gradgradcheck: eps must be positive, got -1.',
    );
    expect(() => gradcheck(exp, [double([1])], js<CheckGradsOptions>({ tol: 1 }))).toThrow(
      'gradcheck: unknown option "tol"',
    );
  });
});

describe('checkGrads', () => {
  test('finds a third derivative that is wrong behind right first and second ones', () => {
    const f = flawed(0, 3);
    const x = double([0.5, 1]);
    expect(checkGrads(f, [x], { order: 2 }).ok).toBe(true);
    const report = checkGrads(f, [x], { order: 3 });
    expect([report.ok, report.worst!.order]).toEqual([false, 3]);
    expect(report.worst!.output).toContain('gradient of');
    expect(checkGrads((y) => pow(y, 3), [x], { order: 3 }).ok).toBe(true);
  });

  test('checks the parameters of a layer, by name', () => {
    const layer = new Linear(3, 2, { seed: 0, dtype: 'float64' });
    const x = normal([4, 3]);
    const before = layer.weight.read().toArray();
    const report = checkGrads(() => tanh(layer.forward(x)), layer.namedParameters());
    expect([report.ok, report.problem]).toEqual([true, null]);
    expect(layer.weight.read().toArray()).toEqual(before);
    const wrong = checkGrads(() => flawed(1, 1)(layer.forward(x)), layer.namedParameters());
    expect([wrong.ok, wrong.worst!.input]).toEqual([
      false,
      expect.stringMatching(/^(weight|bias)$/),
    ]);
  });

  test('checks parameters and input together', () => {
    const model = mlp([3, 4, 1], { seed: 0, dtype: 'float64', activation: 'tanh' });
    const report = checkGrads(
      (_p, x) => model.forward(x),
      [model.namedParameters(), normal([2, 3])],
      {
        order: 1,
      },
    );
    expect(report.ok).toBe(true);
    expect(report.checked).toBe(2 * 2 * (3 * 4 + 4 + 4 + 1 + 6));
  });

  test('passes a record to the function as its one argument', () => {
    const record = { a: double([1, 2]), b: new Cell(double([3])) };
    const report = checkGrads(({ a, b }) => sum(mul(a, b)), record, { order: 1 });
    expect([report.ok, report.checked, report.worst?.input]).toEqual([true, 6, expect.any(String)]);
  });

  test('moves large inputs along random directions, and combines large outputs', () => {
    const [w, x] = [parameter(normal([30, 20])), normal([25, 30], 1)];
    const options = { samples: 4, seed: 5 };
    const report = checkGrads((p, y) => tanh(matmul(y, p)), [w, x], options);
    expect([report.ok, report.problem]).toEqual([true, null]);
    // Order 1: 4 directions of 2 inputs; order 2: the cotangent of the combination too, 2 gradients.
    expect(report.checked).toBe(2 * (2 * 4) + 2 * (2 * 4 + 1) * 2);
    const wrong = checkGrads((y) => flawed(123, 1)(y), [x], { ...options, order: 1 });
    expect([wrong.ok, wrong.worst!.output]).toEqual([false, 'random combination of value']);
    expect(wrong.worst!.input).toMatch(/^random direction [0-3] of args\[0\]$/);
    expect(checkGrads((y) => flawed(123, 1)(y), [x], { ...options, order: 1 })).toEqual(wrong);
  });

  test('tolerates the noise that it is told of', () => {
    let calls = 0;
    const drifting = (x: Tensor): Tensor => {
      calls += 1;
      return x.add(calls * 1e-13);
    };
    expect(checkGrads(drifting, [double([1])]).problem).toContain('not deterministic');
    expect(checkGrads(drifting, [double([1])], { nondetTol: 1e-10, order: 1 }).ok).toBe(true);
  });

  test('an output that depends on no input has derivative 0', () => {
    const report = checkGrads((x) => ({ y: exp(x), constant: double([1, 2]) }), [double([0.5])]);
    expect([report.ok, report.problem]).toEqual([true, null]);
  });

  test('says so when the step leaves the domain', () => {
    const report = checkGrads(sqrt, [double([0, 1])]);
    expect([report.ok, report.problem]).toEqual([
      false,
      'value at [0] is not finite where args[0][0] moves by 0.000001.\n' +
        '  Move the point into the domain of the function, by more than eps.',
    ]);
  });

  test.each<[string, () => unknown]>([
    [
      'checkGrads: args must be an array of arguments or a record',
      () => checkGrads(exp, js<[Tensor]>(double([1]))),
    ],
    ['Write [x] for one argument', () => checkGrads(exp, js<[Tensor]>(double([1])))],
    ['model.namedParameters()', () => checkGrads(exp, js<[Tensor]>(new Linear(1, 1, { seed: 0 })))],
    [
      'checkGrads: needs a function of tensors, got object',
      () => checkGrads(js<() => Tensor>(null), []),
    ],
    [
      'checkGrads: unknown option "step"',
      () => checkGrads(exp, [double([1])], js<CheckGradsOptions>({ step: 1 })),
    ],
    ["kinks must be 'skip' or 'fail', got ignore", () => withOption({ kinks: 'ignore' })],
    ['maxSkipped must be a share in [0, 1], got 2', () => withOption({ maxSkipped: 2 })],
    ['samples must be an integer >= 1 or Infinity, got 0', () => withOption({ samples: 0 })],
    ['seed must be an integer, got 0.5', () => withOption({ seed: 0.5 })],
    ['tolerances must be >= 0, got 0.00001, 0.001 and -1', () => withOption({ nondetTol: -1 })],
  ])('refuses with "%s"', (message, call) => {
    expect(call).toThrow(message);
  });
});
