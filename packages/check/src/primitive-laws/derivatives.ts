import type { Aval } from '@tikhonov/core';
import {
  type AnyPrimitive,
  astype,
  type CaseDraw,
  type Tensor,
  type TypedArray,
  vjp,
} from '@tikhonov/core';
import { type CheckGradsOptions, checkGrads } from '../gradients/check-grads.ts';
import { describeReport, severity } from '../gradients/report.ts';
import { type Law, law } from '../law.ts';
import { equalitySlack } from '../slack.ts';
import { apply, copyOf, type Example, examples, floating, isFloat, showExample } from './apply.ts';

/** Whether any input's rule is not `null`. */
export const hasRule = (primitive: AnyPrimitive, inputs: readonly Tensor[]): boolean =>
  inputs.some((_, i) => primitive.vjp(i) !== null);

/** The primitive as a function of its floating inputs alone. */
const ofFloats =
  (primitive: AnyPrimitive, { inputs, attrs }: Example<unknown>) =>
  (...floats: readonly Tensor[]): readonly Tensor[] => {
    const all = [...inputs];
    for (const [k, i] of floating(inputs).entries()) all[i] = floats[k]!;
    return apply(primitive, all, attrs);
  };

const floatsOf = (example: Example<unknown>): Tensor[] =>
  floating(example.inputs).map((i) => example.inputs[i]!);

const drawSeed = (draw: CaseDraw): number => draw.integer(0, 1000);

function gradLaw(
  primitive: AnyPrimitive,
  property: string,
  statement: string,
  options: CheckGradsOptions,
  effort: number,
): Law {
  return law<Example<number>>({
    id: `primitive/${primitive.name}/${property}`,
    statement,
    cases: examples(primitive, drawSeed),
    show: showExample(primitive),
    effort,
    slack: (example) => {
      const floats = floatsOf(example);
      if (floats.length === 0) return 1;
      const report = checkGrads(ofFloats(primitive, example), floats, {
        ...options,
        seed: example.extra,
      });
      if (report.ok) return report.worst === null ? 1 : 1 - severity(report.worst);
      throw new Error(describeReport(report));
    },
  });
}

/** First derivatives, pulled back. A rule of `null` claims zero, and is held to it. */
export const vjpLaw = (primitive: AnyPrimitive): Law =>
  gradLaw(
    primitive,
    'vjp',
    `the pullback of ${primitive.name} is its derivative by central differences`,
    { order: 1, modes: ['reverse'] },
    0.5,
  );

/** First derivatives, pushed forward. */
export const jvpLaw = (primitive: AnyPrimitive): Law =>
  gradLaw(
    primitive,
    'jvp',
    `the derivative of ${primitive.name} along a tangent is that of central differences`,
    { order: 1, modes: ['forward'] },
    0.3,
  );

/** Derivatives of the pullback in both modes. */
export const secondOrderLaw = (primitive: AnyPrimitive): Law =>
  gradLaw(
    primitive,
    'second-order',
    `the derivatives of the pullback of ${primitive.name} are those of central differences`,
    { order: 2 },
    0.25,
  );

/** What a primitive without any rule must be. */
export const constantLaw = (primitive: AnyPrimitive): Law =>
  gradLaw(
    primitive,
    'locally-constant',
    `${primitive.name} has no derivative rule, and does not change where it is checked`,
    { order: 1, modes: ['reverse'] },
    0.5,
  );

interface Combination {
  readonly a: number;
  readonly b: number;
  readonly g: readonly Tensor[];
  readonly h: readonly Tensor[];
}

const drawCombination = (draw: CaseDraw, outputs: readonly Aval[]): Combination => ({
  a: draw.integer(-3, 3),
  b: draw.integer(-3, 3),
  g: outputs.map((y) => draw.tensor(y.shape)),
  h: outputs.map((y) => draw.tensor(y.shape)),
});

/** Pullbacks are linear in the cotangent: forward mode is the pullback of the pullback. */
export const linearLaw = (primitive: AnyPrimitive): Law =>
  law<Example<Combination>>({
    id: `primitive/${primitive.name}/linear`,
    statement: `the pullback of ${primitive.name} of a g + b h is a times that of g plus b times that of h`,
    cases: examples(primitive, drawCombination),
    show: showExample(primitive),
    slack: (example) => {
      const { a, b, g, h } = example.extra;
      const [, pullback] = vjp(ofFloats(primitive, example), floatsOf(example));
      const mixed = pullback(g.map((x, k) => x.mul(a).add(h[k]!.mul(b))));
      const [ofG, ofH]: readonly (readonly Tensor[])[] = [pullback(g), pullback(h)];
      let worst = 1;
      for (const [i, got] of (mixed as readonly Tensor[]).entries()) {
        const [x, y, z] = [got.data(), ofG![i]!.data(), ofH![i]!.data()];
        for (let at = 0; at < x.length; at++) {
          const [s, t] = [a * y[at]!, b * z[at]!];
          // A few roundings of terms that may cancel: 1e-11 is 10^5 units in the last place of them.
          const slack = equalitySlack(x[at]!, s + t, 1e-11 * (1 + Math.abs(s) + Math.abs(t)));
          if (Number.isNaN(slack)) return NaN;
          worst = Math.min(worst, slack);
        }
      }
      return worst;
    },
  });

/** The pullback keeps float32, and agrees with float64 to its accuracy. */
export const singlePullbackLaw = (primitive: AnyPrimitive): Law =>
  law<Example<Combination>>({
    id: `primitive/${primitive.name}/float32-pullback`,
    statement: `the pullback of ${primitive.name} in float32 agrees with float64 to 1e-4 (1 + |value|)`,
    cases: examples(primitive, drawCombination),
    show: showExample(primitive),
    effort: 0.5,
    slack: (example) => {
      const { attrs, extra } = example;
      const single = example.inputs.map((x) => (isFloat(x) ? astype(x, 'float32') : x));
      const double = single.map((x) => (isFloat(x) ? astype(x, 'float64') : x));
      const run = (inputs: readonly Tensor[]): readonly Tensor[] => {
        const floats = floating(inputs).map((i) => inputs[i]!);
        const [ys, pullback] = vjp(ofFloats(primitive, { inputs, attrs, extra }), floats);
        return pullback(ys.map((y, k) => astype(astype(extra.g[k]!, 'float32'), y.dtype)));
      };
      const got = run(single).map((x) => astype(x, 'float64'));
      return equalitySlack(got, run(double), { atol: 1e-4, rtol: 1e-4 });
    },
  });

/** Neither kernel nor pullback writes to storage that it was given. */
export const pureLaw = (primitive: AnyPrimitive): Law =>
  law<Example<Combination>>({
    id: `primitive/${primitive.name}/pure`,
    statement: `${primitive.name} and its pullback leave their inputs as they were`,
    cases: examples(primitive, drawCombination),
    show: showExample(primitive),
    slack: (example) => {
      const { inputs, attrs, extra } = example;
      const given = [...inputs, ...extra.g];
      const before = given.map((x): TypedArray => x.view.data.slice());
      const outputs = apply(primitive, inputs, attrs);
      const floats = floatsOf(example);
      if (floats.length > 0 && outputs.every(isFloat)) {
        const [ys, pullback] = vjp(ofFloats(primitive, example), floats);
        const held = ys.map(copyOf);
        pullback(extra.g);
        // The answer that pullbacks capture is an input of theirs too.
        for (const [k, y] of ys.entries()) requireSame(held[k]!.data(), y.data());
      }
      for (const [i, x] of given.entries()) requireSame(before[i]!, x.view.data);
      return 1;
    },
  });

function requireSame(before: TypedArray, after: TypedArray): void {
  const i = before.findIndex((value, at) => !Object.is(value, after[at]));
  if (i !== -1)
    throw new Error(`element ${i} of the storage went from ${before[i]} to ${after[i]}`);
}
