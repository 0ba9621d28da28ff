import { describe, expect, test } from '@jest/globals';
import { type Law, primitiveLaws, runLaw } from '@tikhonov/check';
import type { Tensor } from '@tikhonov/core';
import { type AnyPrimitive, primitives, type RegisteredPrimitive } from '@tikhonov/core/engine';

type Single = Extract<AnyPrimitive, { kind: 'single' }>;
type Rule = ReturnType<Single['vjp']>;
/** An entry of the registry whose primitive has one output. */
interface Entry extends RegisteredPrimitive {
  readonly primitive: Single;
}

const lawOf = (entry: Entry, property: string): Law => {
  const id = `primitive/${entry.name}/${property}`;
  const found = primitiveLaws([entry]).find((law) => law.id === id);
  if (found === undefined) throw new Error(`no law ${id}`);
  return found;
};

/** A copy of the entry with another primitive in parts. */
const altered = (entry: Entry, parts: Partial<Single>): Entry => ({
  ...entry,
  primitive: { ...entry.primitive, ...parts },
});

/** A copy of the entry whose primitive's rule for one input is changed. */
const withRule = (entry: Entry, input: number, change: (rule: NonNullable<Rule>) => Rule): Entry =>
  altered(entry, {
    vjp: (index) => {
      const rule = entry.primitive.vjp(index);
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
const rules = primitives
  .filter(isSingle)
  .flatMap((entry) =>
    entry.discrete === undefined
      ? [0, 1, 2, 3]
          .filter((input) => hasRule(entry, input))
          .map((input) => [entry.name, input, entry] as const)
      : [],
  );

function isSingle(entry: RegisteredPrimitive): entry is Entry {
  return entry.primitive.kind === 'single';
}

function entryOf(name: string): Entry {
  return primitives.filter(isSingle).find((entry) => entry.name === name)!;
}

function hasRule({ primitive }: Entry, input: number): boolean {
  return (primitive.vjp(input) ?? null) !== null;
}

describe('the laws catch a wrong rule', () => {
  test('there are rules to break', () => {
    expect(rules.length).toBeGreaterThanOrEqual(45);
  });

  test.each(rules)('a pullback of %s for input %i with the wrong sign', (_name, input, entry) => {
    const law = lawOf(withRule(entry, input, negated), 'vjp');
    expect(runLaw(law, { seed: 11, runs: 200 }).holds).toBe(false);
  });

  test.each(rules)('a pullback of %s for input %i that is not linear', (_name, input, entry) => {
    const offset =
      (rule: NonNullable<Rule>): Rule =>
      (ans, inputs, attrs) => {
        const pullback = rule(ans, inputs, attrs);
        return (g) => pullback(g).add(1);
      };
    const law = lawOf(withRule(entry, input, offset), 'linear');
    expect(runLaw(law, { seed: 11, runs: 200 }).holds).toBe(false);
  });

  test.each(rules)('a rule of %s for input %i that claims zero', (_name, input, entry) => {
    const broken = withRule(entry, input, () => null);
    const others = [0, 1, 2].some((other) => hasRule(broken, other));
    const law = lawOf(broken, others ? 'vjp' : 'locally-constant');
    expect(runLaw(law, { seed: 11, runs: 200 }).holds).toBe(false);
  });

  test.each(['exp', 'tanh', 'sigmoid', 'mul', 'div', 'norm', 'matmul'])(
    'a pullback of %s that second derivatives cannot see through',
    (name) => {
      const entry = entryOf(name);
      const opaque =
        (rule: NonNullable<Rule>): Rule =>
        (ans, inputs, attrs) =>
          rule(
            ans.detach(),
            inputs.map((x: Tensor) => x.detach()),
            attrs,
          );
      const broken = altered(entry, {
        vjp: (i) => withRule(entry, i, opaque).primitive.vjp(i),
      });
      expect(runLaw(lawOf(broken, 'vjp'), { seed: 11 }).holds).toBe(true);
      expect(runLaw(lawOf(broken, 'second-order'), { seed: 11, runs: 200 }).holds).toBe(false);
    },
  );
});

describe('the laws catch a wrong kernel', () => {
  const exp = entryOf('exp');

  test('one that writes to its input', () => {
    const broken = altered(exp, {
      forward: (inputs, attrs) => {
        const [x] = inputs;
        const out = exp.primitive.forward(inputs, attrs);
        if (x!.data.length > 0) x!.data[x!.offset] = 7;
        return out;
      },
    });
    expect(runLaw(lawOf(broken, 'pure'), { seed: 11 }).holds).toBe(false);
  });

  test('one that ignores strides', () => {
    const broken = altered(exp, {
      forward: ([x], attrs) => {
        const stride = x!.shape.map((_, k) => x!.shape.slice(k + 1).reduce((a, b) => a * b, 1));
        return exp.primitive.forward([{ ...x!, stride }], attrs);
      },
    });
    expect(runLaw(lawOf(broken, 'views'), { seed: 11 }).holds).toBe(false);
  });

  test('one whose shape rule is wrong', () => {
    const broken = altered(exp, {
      infer: ([x]) => ({ shape: [...x!.shape, 1], dtype: x!.dtype }),
    });
    expect(runLaw(lawOf(broken, 'infer'), { seed: 11 }).holds).toBe(false);
  });

  test('one without a rule that is not constant', () => {
    const broken = altered(exp, { vjp: () => null });
    expect(runLaw(lawOf(broken, 'locally-constant'), { seed: 11 }).holds).toBe(false);
  });
});
