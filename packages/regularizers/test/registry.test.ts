import { describe, expect, test } from '@jest/globals';
import { random, type Tensor } from '@tikhonov/core';
import { Dataset } from '@tikhonov/data';
import { fit } from '@tikhonov/train';
import {
  type ArgumentValues,
  configure,
  findMethod,
  isInRange,
  methods,
  type NetworkKind,
  type NetworkSpec,
  type ObjectiveMethod,
  plainPlan,
  type TrainingPlan,
  type TrainingTask,
} from '../src/index.ts';

const defaultsOf = (method: (typeof methods)[number]): Record<string, number> =>
  Object.fromEntries(method.arguments.map((argument) => [argument.name, argument.default]));

const small = { lr: 0.01, seed: 0, key: random.key(5) };

/** A network of every kind. */
const networks: Readonly<Record<NetworkKind, NetworkSpec>> = {
  mlp: { kind: 'mlp', hidden: [6] },
  cnn: { kind: 'cnn', channels: [3], hidden: [6] },
  resnet: { kind: 'resnet', channels: [3, 4], blocks: 1 },
};
const allKinds: readonly NetworkKind[] = ['mlp', 'cnn', 'resnet'];

const task: TrainingTask = { classes: 3, features: 16, imageShape: [1, 4, 4], rows: 10 };
const examples = new Dataset({
  x: random.uniform(random.key(1), [10, 16], { max: 20, dtype: 'float64' }),
  y: random.randint(random.key(2), [10], 0, 3),
  classes: 3,
});

/** Arguments for methods whose defaults act later than after two epochs. */
const actsAtOnce: Readonly<Record<string, ArgumentValues>> = {
  'disturb-label': { rate: 0.5 },
  flooding: { floodLevel: 10 },
  lookahead: { syncPeriod: 2 },
  'max-norm': { maxValue: 0.3 },
};

describe.each(methods.map((method) => [method.id, method] as const))('%s', (id, method) => {
  test('has a kebab-case id, a title and a statement in LaTeX', () => {
    expect(id).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
    expect(method.title.length).toBeGreaterThan(3);
    expect(method.statement).toMatch(/\\[a-z]+/);
    const braces = method.statement.replace(/\\[{}]/g, '');
    expect(braces.split('{').length).toBe(braces.split('}').length);
  });

  test('cites its source completely', () => {
    const { authors, title, venue, year, arxiv, doi } = method.reference;
    for (const part of [authors, title, venue]) expect(part.length).toBeGreaterThan(3);
    expect(Number.isInteger(year) && year > 1940 && year < 2100).toBe(true);
    if (arxiv !== undefined) expect(arxiv).toMatch(/^\d{4}\.\d{4,5}$/);
    if (doi !== undefined) expect(doi).toMatch(/^10\.\d{4,}\/\S+$/);
  });

  test('has documented arguments with defaults in range', () => {
    for (const argument of method.arguments) {
      expect(argument.description.length).toBeGreaterThan(10);
      expect(argument.source.length).toBeGreaterThan(2);
      expect([argument.name, isInRange(argument, argument.default)]).toEqual([argument.name, true]);
    }
    const names = method.arguments.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(method.notes.length).toBeGreaterThan(0);
  });

  test('changes the plain plan, and only by its own doing', () => {
    const plan = method.recipe(plainPlan, {});
    // What plans do not know is not changed by them.
    if (method.networks?.length === 0) return expect(plan).toEqual(plainPlan);
    expect(plan).not.toEqual(plainPlan);
    // Functions are compared by identity, so the made parts are counted instead.
    const shape = (p: typeof plan): unknown =>
      Object.fromEntries(
        Object.entries(p).map(([name, part]) => [name, Array.isArray(part) ? part.length : part]),
      );
    expect(shape(method.recipe(plainPlan, defaultsOf(method)))).toEqual(shape(plan));
    expect(plainPlan.penalties).toEqual([]);
  });

  test('is refused with values out of range or unknown names', () => {
    expect(() => method.recipe(plainPlan, { nonsense: 1 })).toThrow(TypeError);
    for (const { name } of method.arguments) {
      expect(() => method.recipe(plainPlan, { [name]: -1 })).toThrow(RangeError);
      expect(() => method.recipe(plainPlan, { [name]: Number.NaN })).toThrow(RangeError);
    }
  });

  const kinds = method.networks ?? allKinds;
  // All kinds of networks see a method of the network itself; of others one is enough.
  const tried = method.family === 'structure' ? kinds : kinds.slice(0, 1);
  if (tried.length === 0) return;

  test.each(tried)(
    'trains a network, and the compiled training is the same as the eager one: %s',
    async (kind) => {
      const plan = method.recipe({ ...plainPlan, network: { dtype: 'float64' } }, {});
      const eager = await trained(plan, networks[kind], false);
      const compiled = await trained(plan, networks[kind], true);
      expect(eager.stopReason).toBe('completed');
      expect(Object.keys(compiled.state)).toEqual(Object.keys(eager.state));
      for (const [name, value] of Object.entries(eager.state)) {
        const other = compiled.state[name]!.data();
        for (const [i, x] of value.data().entries()) expect(other[i]).toBeCloseTo(x, 9);
      }
      const moved = Object.entries(eager.state).some(
        ([name, value]) => String(value.data()) !== String(eager.before[name]!.data()),
      );
      expect(moved).toBe(true);
    },
  );

  const seen = kinds.filter((kind) => kind !== 'resnet' || method.family === 'structure');
  test.each(seen)(
    'does something: what it trains differs from what the plain plan trains: %s',
    async (kind) => {
      const values = id in actsAtOnce ? actsAtOnce[id]! : {};
      const start: TrainingPlan = { ...plainPlan, network: { dtype: 'float64' } };
      const plan = method.recipe(start, values);
      const plain = await trained(start, networks[kind], true);
      const other = await trained(plan, networks[kind], true);
      // Early stopping, averages and the like may not change the weights in two epochs.
      if (plan.callbacks.length > 0) return;
      const weights = (state: Readonly<Record<string, Tensor>>): string =>
        Object.values(state)
          .map((x) => String(x.data()))
          .join();
      expect(weights(other.state)).not.toBe(weights(plain.state));
    },
  );
});

/** Two epochs of a small network. */
async function trained(plan: TrainingPlan, network: NetworkSpec, compiled: boolean) {
  const { model, options } = configure(plan, { ...small, network, task });
  const before = model.stateDict();
  const { stopReason } = await fit(model, {
    ...options,
    train: examples,
    ...(plan.validationFraction === 0 ? {} : { validation: examples }),
    epochs: 2,
    batchSize: 5,
    seed: 0,
    compiled,
  });
  return { before, stopReason, state: model.stateDict() };
}

test('ids are unique, and each finds its method', () => {
  const ids = methods.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  for (const method of methods) expect(findMethod(method.id)).toBe(method);
});

test('an unknown id is refused with the nearest ones, else with all', () => {
  expect(() => findMethod('dropuot')).toThrow(
    /^There is no method "dropuot"\.\n {2}Did you mean dropout\? All methods: l2, /,
  );
  expect(() => findMethod('transformer')).toThrow(/Choose one of l2, l1, /);
});

test('the plain plan regularizes nothing', () => {
  const { model, options } = configure(plainPlan, { ...small, hidden: [6], task });
  expect(Object.values(plainPlan).flat()).toEqual([{}, {}, 0, 0]);
  expect(Object.keys(model.namedParameters()).length).toBe(4);
  expect([options.penalties, options.transforms, options.callbacks]).toEqual([[], [], []]);
});

test('a method that adds to the objective cannot be listed without its derivative checks', () => {
  const { gradientCases, ...rest } = findMethod('l2');
  expect(typeof gradientCases).toBe('function');
  // @ts-expect-error: `gradientCases` is missing, which tsc must refuse
  const incomplete: ObjectiveMethod = { ...rest, family: 'objective' };
  expect(incomplete.id).toBe('l2');
});
