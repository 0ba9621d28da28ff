import { describe, expect, test } from '@jest/globals';
import { random } from '@tikhonov/core';
import { crossEntropy, mlp } from '@tikhonov/nn';
import { findMethod, isInRange, methods, type ObjectiveMethod, plainPlan } from '../src/index.ts';

const defaultsOf = (method: (typeof methods)[number]): Record<string, number> =>
  Object.fromEntries(method.arguments.map((argument) => [argument.name, argument.default]));

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
    expect(plan).not.toEqual(plainPlan);
    // Functions are compared by identity, so the made parts are counted instead.
    const shape = (p: typeof plan): unknown => ({
      ...p,
      penalties: p.penalties.length,
      gradients: p.gradients.length,
      callbacks: p.callbacks.length,
    });
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

  test('gives penalties, losses and networks that run', () => {
    const plan = method.recipe(plainPlan, {});
    const model = mlp([3, 4, 2], { seed: 0, ...plan.mlp });
    const x = random.normal(random.key(1), [5, 3]);
    const labels = random.randint(random.key(2), [5], 0, 2);
    const logits = model.forward(x, { training: true, rng: random.key(3) });
    const loss = crossEntropy(logits, labels, plan.loss);
    const total = plan.penalties
      .map((make, i) => make(model, random.key(i))())
      .reduce((sum, penalty) => sum.add(penalty), loss);
    total.backward();
    for (const parameter of model.parameters()) {
      expect(parameter.grad!.data().every(Number.isFinite)).toBe(true);
    }
    expect(plan.callbacks.map((make) => typeof make())).toEqual(plan.callbacks.map(() => 'object'));
  });
});

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
  expect(plainPlan).toEqual({
    mlp: {},
    loss: {},
    penalties: [],
    gradients: [],
    weightDecay: 0,
    callbacks: [],
    validationFraction: 0,
  });
});

test('a method that adds to the objective cannot be listed without its derivative checks', () => {
  const { gradientCases, ...rest } = findMethod('l2');
  expect(typeof gradientCases).toBe('function');
  // @ts-expect-error: `gradientCases` is missing, which tsc must refuse
  const incomplete: ObjectiveMethod = { ...rest, family: 'objective' };
  expect(incomplete.id).toBe('l2');
});
