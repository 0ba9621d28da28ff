import { describe, expect, test } from '@jest/globals';
import {
  agreement,
  agreementLaws,
  type Experiment,
  numericsOf,
  predict,
  runLaw,
  type Transformation,
} from '@tikhonov/check';
import {
  add,
  astype,
  Cell,
  equal,
  exp,
  less,
  matmul,
  mul,
  sigmoid,
  sub,
  type Tensor,
  tensor,
} from '@tikhonov/core';
import { check, primitives } from '@tikhonov/core/engine';

const x = tensor([0.5, -1.25, 2], { dtype: 'float64' });

const once = (f: (x: Tensor) => readonly Tensor[], argument: Tensor = x): Experiment => ({
  build: () => ({ f: (y) => f(y!), cells: [] }),
  calls: [[argument]],
});

/** The slack of the first result. */
function slackOf(f: (x: Tensor) => Tensor, argument?: Tensor): 'exact' | Float64Array {
  const [call] = predict(once((y) => [f(y)], argument)).calls;
  if (call?.kind !== 'returns') throw new Error('it does not return');
  return call.results[0]!.slack;
}

describe('predictions', () => {
  test('are exact as long as only exact operations are', () => {
    expect(slackOf((y) => add(mul(y, 3), y))).toBe('exact');
    expect(slackOf((y) => mul(exp(y), 3))).not.toBe('exact');
    expect(slackOf((y) => astype(y, 'int32').sum())).toBe('exact');
  });

  test('allow some tens of units in the last place after one function, and more where they are magnified', () => {
    for (const dtype of ['float64', 'float32'] as const) {
      const unit = dtype === 'float64' ? 2 ** -52 : 2 ** -23;
      const one = slackOf(exp, x.astype(dtype));
      const many = slackOf((y) => exp(mul(exp(y), 3)), x.astype(dtype));
      for (const [i, value] of x.data().entries()) {
        const [first, second] = [Math.exp(value), Math.exp(3 * Math.exp(value))];
        expect(Number(one[i]) / (unit * first)).toBeGreaterThan(20);
        expect(Number(one[i]) / (unit * first)).toBeLessThan(1000);
        // The derivative of the second exponential magnifies the error of the first.
        expect(Number(many[i]) / (unit * second)).toBeGreaterThan(10 * 3 * first);
        expect(Number(many[i]) / (unit * second)).toBeLessThan(1000 * (1 + 3 * first));
      }
    }
  });

  test('allow sums the rounding of their terms, also where they cancel', () => {
    const ones = tensor([[1, -1, 1e-3]], { dtype: 'float32' });
    const slack = slackOf((y) => matmul(y, tensor([[1], [1], [1]], { dtype: 'float32' })), ones);
    expect(slack[0]).toBeGreaterThan(2 ** -22);
    expect(slack[0]).toBeLessThan(2 ** -12);
  });

  test('allow later operations to round to either side, also where the derivative is 0', () => {
    for (const dtype of ['float64', 'float32'] as const) {
      const unit = dtype === 'float64' ? 2 ** -52 : 2 ** -23;
      const slack = slackOf(
        (y) => mul(sigmoid(y), sub(1, sigmoid(y))),
        tensor([0, 0, 0, 0, 0, 0], { dtype }),
      );
      for (const each of slack as Float64Array) {
        expect(each).toBeGreaterThan(0.25 * unit);
        expect(each).toBeLessThan(0.25 * 1000 * unit);
      }
    }
    // Nothing is rounded where a factor is 0, or both terms are the same.
    expect(slackOf((y) => mul(exp(y), 0))).toEqual(new Float64Array(3));
    const twice = (y: Tensor): Tensor => {
      const z = exp(y);
      return sub(z, z);
    };
    expect(slackOf(twice)).toEqual(new Float64Array(3));
  });

  test('leave open what rounding decides', () => {
    const limit = Math.exp(0.5);
    expect(slackOf((y) => astype(less(exp(y), limit), 'int32'))[0]).toBe(Infinity);
    const [call] = predict(
      once((y) => {
        check(equal(exp(y), exp(x)), () => new RangeError('differs'));
        return [y];
      }),
    ).calls;
    expect(call).toEqual({ kind: 'open' });
  });

  test('tell every requirement that does not hold, and keep cells as they were', () => {
    const experiment: Experiment = {
      build: () => {
        const cell = new Cell(x, { name: 'c' });
        const f = (y: Tensor): Tensor[] => {
          cell.write(mul(y, 2));
          check(less(y, 2), (i) => new RangeError(`not less at ${i}`));
          check(less(y, 1), () => new TypeError('much less'));
          return [y];
        };
        return { f: (y) => f(y!), cells: [cell] };
      },
      calls: [[x]],
    };
    const [call] = predict(experiment).calls;
    if (call?.kind !== 'throws') throw new Error('it does not throw');
    expect([...new Set(call.messages)]).toEqual([
      'RangeError: not less at 2',
      'TypeError: much less',
    ]);
    expect(call.cells[0]!.value.toArray()).toEqual(x.toArray());
    // A plain call has written the cell by then; something compiled must not have.
    expect(agreement(experiment, (f) => f).problem).toBe(
      'after call 1: cell c: element 0 is 1 instead of exactly 0.5',
    );
  });

  test('know every primitive of the registry', () => {
    for (const { name } of primitives) expect(numericsOf(name)).toBeDefined();
    expect(() => numericsOf('other')).toThrow('nothing is known of the primitive "other"');
  });
});

/** Every floating result larger by a share of itself. */
const enlarged =
  (share: number): Transformation =>
  (f) =>
  (...args) =>
    f(...args).map((y) => mul(y, 1 + share));

describe('agreement', () => {
  test('allows a few units in the last place after a function, not a thousand, and none before', () => {
    const after = once((y) => [exp(y)]);
    expect(agreement(after, enlarged(4 * 2 ** -52)).problem).toBeNull();
    expect(agreement(after, enlarged(1000 * 2 ** -52)).problem).toMatch(
      /^call 1: result 0: element \d is/,
    );
    const before = once((y) => [mul(y, 3)]);
    expect(agreement(before, enlarged(2 ** -52)).problem).toContain('instead of exactly 1.5');
  });

  test('sees types, missing results, errors that come or stay away, and refusals', () => {
    const plain = once((y) => [mul(y, 3)]);
    const problem = (transform: Transformation): string | null =>
      agreement(plain, transform).problem;
    expect(
      problem(
        (f) =>
          (...args) =>
            f(...args).map((y) => y.astype('float32')),
      ),
    ).toBe('call 1: result 0: float32 [3] instead of float64 [3]');
    expect(problem(() => () => [])).toBe('call 1: 0 results instead of 1');
    expect(
      problem(() => () => {
        throw new RangeError('no');
      }),
    ).toBe('call 1: it throws RangeError: no');
    expect(
      problem(() => {
        throw new TypeError('no');
      }),
    ).toBe('it is refused: TypeError: no');
  });

  test('tells -0 from 0 where values are exact, and NaN from numbers everywhere', () => {
    const zero = tensor([-0], { dtype: 'float64' });
    const positive: Transformation =
      (f) =>
      (...args) =>
        f(...args).map((y) => add(y, 0));
    expect(
      agreement(
        once((y) => [mul(y, 2)], zero),
        positive,
      ).problem,
    ).toContain('0 instead of exactly -0');
    const lost: Transformation =
      (f) =>
      (...args) =>
        f(...args).map(() => tensor([1], { dtype: 'float64' }));
    const nan = tensor([NaN], { dtype: 'float64' });
    expect(
      agreement(
        once((y) => [exp(y)], nan),
        lost,
      ).problem,
    ).toContain('1 instead of NaN');
  });
});

describe('laws of agreement', () => {
  const [law, twice] = agreementLaws(
    primitives.filter(({ name }) => name === 'tanh'),
    enlarged(1e-3),
  );

  test('fall with the case that shows it', () => {
    expect(law!.id).toBe('primitive/tanh/compiled');
    const { holds, counterexample } = runLaw(law!, { runs: 50, seed: 2 });
    expect(holds).toBe(false);
    expect(counterexample!.text).toMatch(/tanh\(float64.*threw Error: float64: call 1: result 0/s);
  });

  test('are about second derivatives, too', () => {
    expect(twice!.id).toBe('primitive/tanh/compiled-twice');
    expect(runLaw(twice!, { runs: 50, seed: 2 }).holds).toBe(false);
    const ids = agreementLaws(primitives, (f) => f).map(({ id }) => id);
    expect(ids).toContain('primitive/svd/compiled-twice');
    expect(ids).not.toContain('primitive/argmax/compiled-twice');
  });

  test('hold for every primitive as it is', () => {
    for (const each of agreementLaws(primitives, (f) => f)) {
      expect([each.id, runLaw(each, { runs: 1, seed: 2 }).holds]).toEqual([each.id, true]);
    }
  });
});
