import { describe, expect, test } from '@jest/globals';
import { type Law, primitiveLaws, runLaw } from '@tikhonov/check';
import { type AnyPrimitive, primitives, type Tensor } from '@tikhonov/core';

type Single = Extract<AnyPrimitive, { kind: 'single' }>;
type Rule = ReturnType<Single['vjp']>;

const lawOf = (primitive: AnyPrimitive, property: string): Law => {
  const id = `primitive/${primitive.name}/${property}`;
  const found = primitiveLaws([primitive]).find((law) => law.id === id);
  if (found === undefined) throw new Error(`no law ${id}`);
  return found;
};

/** A copy of the primitive whose rule for one input is changed. */
const withRule = (
  primitive: Single,
  input: number,
  change: (rule: NonNullable<Rule>) => Rule,
): Single => ({
  ...primitive,
  vjp: (index) => {
    const rule = primitive.vjp(index);
    return index === input && rule !== null ? change(rule) : rule;
  },
});

const negated =
  (rule: NonNullable<Rule>): Rule =>
  (ans, inputs, attrs) => {
    const pullback = rule(ans, inputs, attrs);
    return (g) => pullback(g).neg();
  };

/** Every rule of the registry; variadic primitives have at least a first one. */
const rules = primitives.flatMap((primitive) =>
  primitive.kind === 'single' && primitive.discrete === undefined
    ? [0, 1, 2]
        .filter((input) => hasRule(primitive, input))
        .map((input) => [primitive.name, input, primitive] as const)
    : [],
);

function hasRule(primitive: Single, input: number): boolean {
  return (primitive.vjp(input) ?? null) !== null;
}

describe('the laws catch a wrong rule', () => {
  test('there are rules to break', () => {
    expect(rules.length).toBeGreaterThanOrEqual(45);
  });

  test.each(rules)(
    'a pullback of %s for input %i with the wrong sign',
    (_name, input, primitive) => {
      const law = lawOf(withRule(primitive, input, negated), 'vjp');
      expect(runLaw(law, { seed: 11, runs: 200 }).holds).toBe(false);
    },
  );

  test.each(rules)(
    'a pullback of %s for input %i that is not linear',
    (_name, input, primitive) => {
      const offset =
        (rule: NonNullable<Rule>): Rule =>
        (ans, inputs, attrs) => {
          const pullback = rule(ans, inputs, attrs);
          return (g) => pullback(g).add(1);
        };
      const law = lawOf(withRule(primitive, input, offset), 'linear');
      expect(runLaw(law, { seed: 11, runs: 200 }).holds).toBe(false);
    },
  );

  test.each(rules)('a rule of %s for input %i that claims zero', (_name, input, primitive) => {
    const broken = withRule(primitive, input, () => null);
    const others = [0, 1, 2].some((other) => hasRule(broken, other));
    const law = lawOf(broken, others ? 'vjp' : 'locally-constant');
    expect(runLaw(law, { seed: 11, runs: 200 }).holds).toBe(false);
  });

  test.each(['exp', 'tanh', 'sigmoid', 'mul', 'div', 'norm', 'matmul'])(
    'a pullback of %s that second derivatives cannot see through',
    (name) => {
      const primitive = primitives.find((entry) => entry.name === name) as Single;
      const opaque =
        (rule: NonNullable<Rule>): Rule =>
        (ans, inputs, attrs) =>
          rule(
            ans.detach(),
            inputs.map((x: Tensor) => x.detach()),
            attrs,
          );
      const broken = {
        ...primitive,
        vjp: (i: number): Rule => withRule(primitive, i, opaque).vjp(i),
      };
      expect(runLaw(lawOf(broken, 'vjp'), { seed: 11 }).holds).toBe(true);
      expect(runLaw(lawOf(broken, 'second-order'), { seed: 11, runs: 200 }).holds).toBe(false);
    },
  );
});

describe('the laws catch a wrong kernel', () => {
  const exp = primitives.find(({ name }) => name === 'exp') as Single;

  test('one that writes to its input', () => {
    const broken: Single = {
      ...exp,
      forward: (inputs, attrs) => {
        const [x] = inputs;
        const out = exp.forward(inputs, attrs);
        if (x!.data.length > 0) x!.data[x!.offset] = 7;
        return out;
      },
    };
    expect(runLaw(lawOf(broken, 'pure'), { seed: 11 }).holds).toBe(false);
  });

  test('one that ignores strides', () => {
    const broken: Single = {
      ...exp,
      forward: ([x], attrs) => {
        const stride = x!.shape.map((_, k) => x!.shape.slice(k + 1).reduce((a, b) => a * b, 1));
        return exp.forward([{ ...x!, stride }], attrs);
      },
    };
    expect(runLaw(lawOf(broken, 'views'), { seed: 11 }).holds).toBe(false);
  });

  test('one whose shape rule is wrong', () => {
    const broken: Single = {
      ...exp,
      infer: ([x]) => ({ shape: [...x!.shape, 1], dtype: x!.dtype }),
    };
    expect(runLaw(lawOf(broken, 'infer'), { seed: 11 }).holds).toBe(false);
  });

  test('one without a rule that is not constant', () => {
    const broken: Single = { ...exp, vjp: () => null };
    expect(runLaw(lawOf(broken, 'locally-constant'), { seed: 11 }).holds).toBe(false);
  });
});
