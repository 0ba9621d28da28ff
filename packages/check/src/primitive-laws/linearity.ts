import { astype, jvp, type Tensor, type TypedArray, tensor, vjp } from '@tikhonov/core';
import type { Aval, CaseDraw } from '@tikhonov/core/engine';
import { type Law, law } from '../law.ts';
import { equalitySlack } from '../slack.ts';
import { type Many, pulledBack } from './derivatives.ts';
import {
  copyOf,
  dtypesOf,
  type Example,
  examples,
  type Floating,
  floating,
  floatsOf,
  inDtype,
  isFloat,
  ofFloats,
  type Subject,
  showExample,
} from './subject.ts';

interface Combination {
  readonly a: number;
  readonly b: number;
  readonly g: readonly Tensor[];
  readonly h: readonly Tensor[];
}

const drawCombination = (draw: CaseDraw, outputs: readonly Aval[]): Combination => ({
  a: draw.integer(-3, 3),
  b: draw.integer(-3, 3),
  g: outputs.filter(isFloat).map((y) => draw.tensor(y.shape)),
  h: outputs.filter(isFloat).map((y) => draw.tensor(y.shape)),
});

const castAll = (xs: readonly Tensor[], dtype: Floating): Tensor[] =>
  xs.map((x) => inDtype(x, dtype));

/** The case with every floating tensor in one dtype; tangents of its floating inputs too. */
const castExample = (example: Example<Combination>, dtype: Floating): Example<Combination> => {
  const { g, h, ...rest } = example.extra;
  return {
    ...example,
    inputs: castAll(example.inputs, dtype),
    extra: { ...rest, g: castAll(g, dtype), h: castAll(h, dtype) },
  };
};

/**
 * A few roundings of terms that may cancel: 1e-11 is 10^5 units in the last place of a double, 1e-4 is
 * 10^3 of a single, whose cases are the doubles' rounded.
 */
const roundings = { float64: 1e-11, float32: 1e-4 } as const;

/** Cotangents in the dtypes of the outputs. */
const alike = (gs: readonly Tensor[], ys: readonly Tensor[]): Tensor[] =>
  gs.map((g, k) => inDtype(g, ys[k]!.dtype === 'float32' ? 'float32' : 'float64'));

/** Pullbacks are linear in the cotangent: forward mode is the pullback of the pullback. */
export const linearLaw = (subject: Subject): Law =>
  law<Example<Combination>>({
    id: `${subject.id}/linear`,
    statement: `the pullback of ${subject.name} of a g + b h is a times that of g plus b times that of h`,
    cases: examples(subject, drawCombination),
    show: showExample(subject),
    dtypes: dtypesOf(subject),
    slack: (example) =>
      Math.min(...subject.dtypes.map((dtype) => linearSlack(subject, example, dtype))),
  });

function linearSlack(subject: Subject, drawn: Example<Combination>, dtype: Floating): number {
  const example = castExample(drawn, dtype);
  const { a, b, g, h } = example.extra;
  const floats = floatsOf(example);
  if (floats.length === 0) return 1;
  const [ys, pullback] = vjp(ofFloats(subject, example), floats);
  const [gs, hs] = [alike(g, ys), alike(h, ys)];
  const mixed = pullback(gs.map((x, k) => x.mul(a).add(hs[k]!.mul(b))));
  const [ofG, ofH]: readonly (readonly Tensor[])[] = [pullback(gs), pullback(hs)];
  let worst = 1;
  for (const [i, got] of (mixed as readonly Tensor[]).entries()) {
    const [x, y, z] = [got.data(), ofG![i]!.data(), ofH![i]!.data()];
    for (let at = 0; at < x.length; at++) {
      const [s, t] = [a * y[at]!, b * z[at]!];
      const tolerance = roundings[dtype] * (1 + Math.abs(s) + Math.abs(t));
      const slack = equalitySlack(x[at]!, s + t, tolerance);
      if (Number.isNaN(slack)) return NaN;
      worst = Math.min(worst, slack);
    }
  }
  return worst;
}

/** Forward and reverse mode are transposes of each other, whatever the true derivative is. */
export const dotProductLaw = (subject: Subject): Law =>
  law<Example<readonly Tensor[]>>({
    id: `${subject.id}/dot-product`,
    statement: `<u, J v> = <J^T u, v>: jvp and vjp of ${subject.name} are transposes of each other`,
    cases: examples(subject, (draw, outputs) =>
      outputs.filter(isFloat).map((y) => draw.tensor(y.shape)),
    ),
    show: showExample(subject),
    dtypes: dtypesOf(subject),
    slack: (example) =>
      Math.min(...subject.dtypes.map((dtype) => dotSlack(subject, example, dtype))),
  });

function dotSlack(subject: Subject, example: Example<readonly Tensor[]>, dtype: Floating): number {
  const inputs = castAll(example.inputs, dtype);
  const floats = floating(inputs).map((i) => inputs[i]!);
  if (floats.length === 0) return 1;
  const f = ofFloats(subject, { ...example, inputs });
  const v = floats.map(tangentOf);
  const [ys, pullback] = vjp((...xs: readonly Tensor[]) => f(...xs), floats);
  const u = alike(example.extra, ys);
  const [, along] = jvp((...xs: readonly Tensor[]) => f(...xs), floats, v);
  const left = dot(u, along as readonly Tensor[]);
  const right = dot(pullback(u) as readonly Tensor[], v);
  const tolerance = roundings[dtype] * (1 + left.size + right.size);
  return equalitySlack(left.value, right.value, tolerance);
}

/** A tangent that no structure of the input explains, with elements in [-1, 1]. */
function tangentOf(x: Tensor, k: number): Tensor {
  const values = Float64Array.from({ length: x.size }, (_, i) => Math.sin(1.7 * i + 2.3 * k + 0.9));
  return tensor(values, { shape: x.shape, dtype: x.dtype });
}

/** The inner product of two lists of tensors, and the sum of the sizes of its terms. */
function dot(xs: readonly Tensor[], ys: readonly Tensor[]): { value: number; size: number } {
  let [value, size] = [0, 0];
  for (const [k, x] of xs.entries()) {
    const [a, b] = [x.data(), ys[k]!.data()];
    for (let i = 0; i < a.length; i++) {
      value += a[i]! * b[i]!;
      size += Math.abs(a[i]! * b[i]!);
    }
  }
  return { value, size };
}

/** Derivatives of order 1 and 2 in float32: they keep the dtype, and agree with float64. */
export const singlePullbackLaw = (subject: Subject): Law =>
  singleLawOf(subject, 'float32-pullback', 'the pullback', 0.5, (f, floats, { g }) =>
    pulledBack(f, alike(g, f(...floats)))(...floats),
  );

/** The derivative of the pullback in float32. */
export const singleSecondLaw = (subject: Subject): Law =>
  singleLawOf(
    subject,
    'float32-second-order',
    'the pullback of the pullback',
    0.3,
    (f, floats, { g }) =>
      pulledBack(pulledBack(f, alike(g, f(...floats))), floats.map(tangentOf))(...floats),
  );

type Run = (f: Many, floats: readonly Tensor[], drawn: Combination) => readonly Tensor[];

function singleLawOf(
  subject: Subject,
  property: string,
  what: string,
  effort: number,
  run: Run,
): Law {
  return law<Example<Combination>>({
    id: `${subject.id}/${property}`,
    statement: `${what} of ${subject.name} in float32 agrees with float64 to 1e-4 (1 + |value|)`,
    cases: examples(subject, drawCombination),
    show: showExample(subject),
    effort,
    dtypes: ['float32'],
    slack: (example) => {
      const single = castExample(example, 'float32');
      const double = castExample(single, 'float64');
      if (floatsOf(single).length === 0) return 1;
      const [got, want] = [single, double].map((each) =>
        run(ofFloats(subject, each), floatsOf(each), each.extra),
      );
      return equalitySlack(
        got!.map((x) => astype(x, 'float64')),
        want!,
        { atol: 1e-4, rtol: 1e-4 },
      );
    },
  });
}

/** Neither kernel nor pullback writes to storage that it was given. */
export const pureLaw = (subject: Subject): Law =>
  law<Example<Combination>>({
    id: `${subject.id}/pure`,
    statement: `${subject.name} and its pullback leave their inputs as they were`,
    cases: examples(subject, drawCombination),
    show: showExample(subject),
    dtypes: dtypesOf(subject),
    slack: (example) => {
      for (const dtype of subject.dtypes) requirePure(subject, castExample(example, dtype));
      return 1;
    },
  });

function requirePure(subject: Subject, example: Example<Combination>): void {
  const { inputs, attrs, extra } = example;
  const given = [...inputs, ...extra.g];
  const before = given.map((x): TypedArray => x.view.data.slice());
  const outputs = subject.apply(inputs, attrs);
  const floats = floatsOf(example);
  if (subject.differentiable && floats.length > 0 && outputs.some(isFloat)) {
    const f = ofFloats(subject, example);
    const [ys, pullback] = vjp((...xs: readonly Tensor[]) => f(...xs), floats);
    const held = ys.map(copyOf);
    pullback(alike(extra.g, ys));
    // The answer that pullbacks capture is an input of theirs too.
    for (const [k, y] of ys.entries()) requireSame(held[k]!.data(), y.data());
  }
  for (const [i, x] of given.entries()) requireSame(before[i]!, x.view.data);
}

function requireSame(before: TypedArray, after: TypedArray): void {
  const i = before.findIndex((value, at) => !Object.is(value, after[at]));
  if (i === -1) return;
  throw new Error(`element ${i} of the storage went from ${before[i]} to ${after[i]}`);
}
