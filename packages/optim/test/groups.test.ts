import { describe, expect, test } from '@jest/globals';
import { compile } from '@tikhonov/compile';
import { mul, type Parameter, type Tensor } from '@tikhonov/core';
import {
  adamTransform,
  adamwTransform,
  biasesAndNorms,
  clipByGlobalNorm,
  exponential,
  grouped,
  lookahead,
  Optimizer,
  partition,
  scale,
  sgd,
  sgdTransform,
  weightsOnly,
} from '../src/index.ts';
import { cellOf, float64, numbers, value } from './values.ts';

const model = (): Record<'weight' | 'bias' | 'head', Parameter> => ({
  weight: cellOf([
    [1, 2],
    [3, 4],
  ]),
  bias: cellOf([5, 6]),
  head: cellOf([[7]]),
});
const ones = {
  weight: float64([
    [1, 1],
    [1, 1],
  ]),
  bias: float64([1, 1]),
  head: float64([[1]]),
};

describe('partition', () => {
  test('steps every parameter with the first group that matches', () => {
    const p = model();
    const make = (): ReturnType<typeof partition> =>
      partition([
        { name: 'head', match: (name) => name === 'head', transform: scale(-1) },
        { name: 'matrices', match: weightsOnly, transform: scale(-2) },
        { name: 'rest', match: () => true, transform: scale(-3) },
      ]);
    new Optimizer(p, make, 0).apply(ones);
    expect([numbers(p.weight), numbers(p.bias), numbers(p.head)]).toEqual([
      [-1, 0, 1, 2],
      [2, 3],
      [6],
    ]);
  });

  test('has the state of a group for its own parameters only', () => {
    const make = (): ReturnType<typeof partition> =>
      partition([
        { name: 'plain', match: biasesAndNorms, transform: scale(-1) },
        { name: 'adam', match: () => true, transform: adamTransform() },
      ]);
    const names = Object.keys(new Optimizer(model(), make, 0).stateDict());
    expect(names).toEqual([
      'lr',
      'state.adam.1.count',
      'state.adam.1.mu.weight',
      'state.adam.1.mu.head',
      'state.adam.1.nu.weight',
      'state.adam.1.nu.head',
    ]);
  });

  test('a parameter without an update keeps its state and the others are stepped', () => {
    const p = model();
    const make = (): ReturnType<typeof partition> =>
      partition([{ name: 'all', match: () => true, transform: scale(-1) }]);
    new Optimizer(p, make, 0).apply({ bias: ones.bias });
    expect([numbers(p.bias), numbers(p.head)]).toEqual([[4, 5], [7]]);
  });

  test('parameters of no group, and names used twice, are named', () => {
    const some = partition([{ name: 'w', match: weightsOnly, transform: scale(1) }]);
    expect(() => some.init(ones)).toThrow(
      'partition: no group matches "bias".\n  Add a last group with match: () => true.',
    );
    const group = { name: 'w', match: () => true, transform: scale(1) };
    expect(() => partition([group, group]).init(ones)).toThrow('two groups are named "w".');
  });
});

describe('grouped', () => {
  const noDecay = [{ name: 'no decay', match: biasesAndNorms, weightDecay: 0 }];

  test('the rule for biases is that of `decay`, in one call', () => {
    const [first, second] = [model(), model()];
    grouped(first, sgdTransform, { lr: 0.1, weightDecay: 0.5 }, noDecay).apply(ones);
    sgd(second, { lr: 0.1, weightDecay: 0.5, decay: weightsOnly }).apply(ones);
    for (const name of ['weight', 'bias', 'head'] as const) {
      expect(numbers(first[name])).toEqual(numbers(second[name]));
    }
    expect(numbers(first.bias)).toEqual([5 - 0.1, 6 - 0.1]);
  });

  test('shows who is where', () => {
    const optimizer = grouped(model(), adamwTransform, { lr: 0.1 }, noDecay);
    expect(optimizer.summary()).toBe(
      'no decay: 1 tensor, 2 elements\n  bias [2]\n' +
        'default: 2 tensors, 5 elements\n  weight [2, 2]\n  head [1, 1]',
    );
    expect(optimizer.groups).toEqual({ 'no decay': ['bias'], default: ['weight', 'head'] });
  });

  test('knows what decays: what a step without a gradient would change', () => {
    const decaying = (optimizer: ReturnType<typeof grouped>): string[] =>
      Object.keys(optimizer.parameters).filter((name) => optimizer.decays(name));
    expect(decaying(grouped(model(), adamwTransform, { lr: 0 }, noDecay))).toEqual([
      'weight',
      'head',
    ]);
    expect(decaying(grouped(model(), sgdTransform, { lr: 0.1 }, noDecay))).toEqual([]);
    // Coupled too, with a mask, in a frozen group, and among what else acts on the updates.
    const masked = { lr: 0.1, weightDecay: 1e-9, decay: weightsOnly };
    const frozen = [{ match: (name: string) => name === 'head', lrScale: 0 }];
    expect(decaying(grouped(model(), adamTransform, masked, frozen))).toEqual(['weight']);
    const updates = () => [lookahead({ syncPeriod: 1, alpha: 0.5 })];
    const gradients = [clipByGlobalNorm(1)];
    const shared = { lr: 0.1, gradients, updates };
    expect(decaying(grouped(model(), sgdTransform, shared, noDecay))).toEqual([]);
  });

  test('a strength in a cell decays while it is not 0', () => {
    const weightDecay = cellOf(0);
    const optimizer = grouped(model(), sgdTransform, { lr: 0.1, weightDecay }, noDecay);
    expect(optimizer.decays('weight')).toBe(false);
    weightDecay.write(float64(0.5));
    expect(optimizer.decays('weight')).toBe(true);
    expect(optimizer.decays('bias')).toBe(false);
  });

  test('does not know what strangers do', () => {
    const optimizer = grouped(model(), sgdTransform, { lr: 0.1 }, noDecay);
    expect(() => optimizer.decays('toString')).toThrow(
      new TypeError(
        'GroupedOptimizer.decays: "toString" names no parameter.\n  Known are weight, bias, head.',
      ),
    );
  });

  test('one rate, or schedule, serves all groups, each with its factor', () => {
    const p = model();
    const optimizer = grouped(p, sgdTransform, { lr: exponential(1, { gamma: 0.5 }) }, [
      { match: (name) => name === 'head', lrScale: 0.25 },
      { match: biasesAndNorms, lrScale: 0 },
    ]);
    optimizer.apply(ones);
    optimizer.apply(ones);
    expect(numbers(p.weight)).toEqual([-0.5, 0.5, 1.5, 2.5]);
    expect(numbers(p.head)).toEqual([7 - 1.5 / 4]);
    expect(numbers(p.bias)).toEqual([5, 6]);
    expect(value(optimizer.lr.read())).toBe(0.25);
  });

  test('clipping by the global norm is over all groups', () => {
    const p = model();
    const shared = { lr: 1, gradients: [clipByGlobalNorm(1)] };
    grouped(p, sgdTransform, shared, noDecay).apply({
      weight: mul(ones.weight, 0),
      bias: float64([3, 0]),
      head: float64([[4]]),
    });
    expect(numbers(p.bias)[0]).toBeCloseTo(5 - 0.6, 12);
    expect(numbers(p.head)[0]).toBeCloseTo(7 - 0.8, 12);
  });

  test('a compiled step is the eager one, bit by bit', () => {
    const [eager, compiled] = [model(), model()];
    const make = (p: ReturnType<typeof model>): Optimizer =>
      grouped(p, adamwTransform, { lr: 0.1, weightDecay: 0.1 }, [
        ...noDecay,
        { match: (name) => name === 'head', lrScale: 0.5 },
      ]);
    const [first, second] = [make(eager), make(compiled)];
    const step = compile((g: Tensor) => second.apply({ ...ones, bias: g }));
    for (let k = 0; k < 50; k++) {
      const g = float64([Math.sin(k), Math.cos(k)]);
      first.apply({ ...ones, bias: g });
      step(g);
    }
    for (const name of ['weight', 'bias', 'head'] as const) {
      for (const [i, want] of numbers(eager[name]).entries()) {
        // pow may be an ulp off, some 1e-16 of steps of 0.1.
        expect(Math.abs(numbers(compiled[name])[i]! - want)).toBeLessThan(1e-13);
      }
    }
  });

  test('numbers out of range and settings that do not go together are named', () => {
    const make = (group: object, shared: object = {}): unknown =>
      grouped(model(), sgdTransform, { lr: 1, ...shared }, [{ match: () => true, ...group }]);
    expect(() => make({ lrScale: -1 })).toThrow(
      'grouped: lrScale must be finite and >= 0, got -1.',
    );
    expect(() => make({ match: /w/ })).toThrow(
      'grouped: match of group "group0" must be a function of a parameter\'s name and values, got object.\n' +
        '  Of a pattern make one: (name) => /bias$/.test(name).',
    );
    expect(() => make({ lrScale: 2 }, { updates: () => [lookahead()] })).toThrow(
      'grouped: lrScale 2 cannot reach what `updates` do with the learning rate.',
    );
    expect(() => make({ name: 'default' })).toThrow('two groups are named "default".');
    expect(() => grouped(model(), sgdTransform, { lr: 1 }, {} as never)).toThrow(
      "grouped: needs an optimizer's transform and an array of groups",
    );
  });

  test("a group's own learning rate is refused, with what does that instead", () => {
    const make = (own: object) => (): unknown =>
      grouped(model(), sgdTransform, { lr: 0.1 }, [{ match: biasesAndNorms, ...own }]);
    expect(make({ name: 'head', lr: 0 })).toThrow(
      new TypeError(
        'grouped: group "head" has its own lr.\n  All follow one rate: give the group a factor of it, { lrScale: 0.1 }; 0 freezes it.',
      ),
    );
    expect(make({ gradients: [] })).toThrow('grouped: group "group0" has its own gradients.');
  });

  test('unknown settings are refused, shared and of groups', () => {
    expect(() =>
      grouped(model(), sgdTransform, { lr: 0.1, weight_decay: 1 } as never, noDecay),
    ).toThrow('sgd: unknown option "weight_decay".');
    const misspelt = { match: biasesAndNorms, weightdecay: 0 };
    expect(() => grouped(model(), adamwTransform, { lr: 0.1 }, [misspelt as never])).toThrow(
      'adamw: unknown option "weightdecay".',
    );
  });

  test('a group that gets no parameter is named; in a partition it may be', () => {
    const none = { name: 'typo', match: (name: string) => name === 'haed' };
    expect(() => grouped(model(), sgdTransform, { lr: 1 }, [none])).toThrow(
      new TypeError(
        'grouped: group "typo" has no parameters: it matches none that the groups before it leave.\n' +
          '  There are weight, bias, head.',
      ),
    );
    // Also if another group has taken them all.
    const shadowed = [{ match: () => true }, { name: 'late', match: biasesAndNorms }];
    expect(() => grouped(model(), sgdTransform, { lr: 1 }, shadowed)).toThrow('group "late"');
    const rest = { name: 'rest', match: () => true, transform: scale(-1) };
    const parts = partition([{ ...none, transform: scale(1) }, rest]);
    expect(() => parts.init(ones)).not.toThrow();
    expect(() => partition([{ ...rest, match: /w/ as never }]).init(ones)).toThrow(
      'partition: match of group "rest" must be a function',
    );
  });
});
