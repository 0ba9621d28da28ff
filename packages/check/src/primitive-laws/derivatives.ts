import { random, type Tensor, vjp } from '@tikhonov/core';
import type { AnyPrimitive, Aval, CaseDraw } from '@tikhonov/core/engine';
import { checkGrads } from '../gradients/check-grads.ts';
import { describeReport, type GradReport, severity } from '../gradients/report.ts';
import type { CheckGradsOptions } from '../gradients/settings.ts';
import { type Law, law } from '../law.ts';
import {
  type Example,
  examples,
  floatsOf,
  isFloat,
  ofFloats,
  type Subject,
  showExample,
} from './subject.ts';

/** Whether any input's rule is not `null`. */
export const hasRule = (primitive: AnyPrimitive, inputs: readonly Tensor[]): boolean =>
  inputs.some((_, i) => primitive.vjp(i) !== null);

const drawSeed = (draw: CaseDraw): number => draw.integer(0, 1000);

function gradLaw(
  subject: Subject,
  property: string,
  statement: string,
  options: CheckGradsOptions,
  effort: number,
): Law {
  return law<Example<number>>({
    id: `${subject.id}/${property}`,
    statement,
    cases: examples(subject, drawSeed),
    show: showExample(subject),
    effort,
    dtypes: ['float64'],
    slack: (example) => {
      const floats = floatsOf(example);
      if (floats.length === 0) return 1;
      const report = checkGrads(ofFloats(subject, example), floats, {
        ...options,
        // Cases are drawn away from kinks: one that is found is a mistake of the case.
        kinks: 'fail',
        seed: example.extra,
      });
      return slackOf(report);
    },
  });
}

/** First derivatives, pulled back. A rule of `null` claims zero, and is held to it. */
export const vjpLaw = (subject: Subject): Law =>
  gradLaw(
    subject,
    'vjp',
    `the pullback of ${subject.name} is its derivative by central differences`,
    { order: 1, modes: ['reverse'] },
    0.5,
  );

/** First derivatives, pushed forward. */
export const jvpLaw = (subject: Subject): Law =>
  gradLaw(
    subject,
    'jvp',
    `the derivative of ${subject.name} along a tangent is that of central differences`,
    { order: 1, modes: ['forward'] },
    0.3,
  );

/** What a primitive without any rule must be. */
export const constantLaw = (subject: Subject): Law =>
  gradLaw(
    subject,
    'locally-constant',
    `${subject.name} has no derivative rule, and does not change where it is checked`,
    { order: 1, modes: ['reverse'] },
    0.5,
  );

/** Derivatives of the pullback in both modes. */
export const secondOrderLaw = (subject: Subject): Law =>
  gradLaw(
    subject,
    'second-order',
    `the derivatives of the pullback of ${subject.name} are those of central differences`,
    { order: 2 },
    0.25,
  );

/**
 * Third derivatives along a random direction and in a random combination: first ones of
 * `x -> pullback of (x -> pullback(x)(g)) of h`, so that only one order is differenced.
 */
export const thirdOrderLaw = (subject: Subject): Law =>
  law<Example<Cotangents>>({
    id: `${subject.id}/third-order`,
    statement: `the third derivatives of ${subject.name} along a direction are those of central differences`,
    cases: examples(subject, drawCotangents),
    show: showExample(subject),
    effort: 0.5,
    dtypes: ['float64'],
    slack: (example) => {
      const floats = floatsOf(example);
      if (floats.length === 0) return 1;
      const { g, seed } = example.extra;
      const h = floats.map((x, i) => {
        const own = random.foldIn(random.key(seed), i);
        return random.normal(own, x.shape, { dtype: 'float64' });
      });
      const slope = pulledBack(ofFloats(subject, example), g);
      const report = checkGrads(pulledBack(slope, h), floats, {
        order: 1,
        modes: ['reverse'],
        samples: 1,
        kinks: 'fail',
        seed,
      });
      return slackOf(report);
    },
  });

/** A function of tensors to a list of them. */
export type Many = (...xs: readonly Tensor[]) => readonly Tensor[];

/** The function `x -> pullback(x)(g)`. */
export const pulledBack =
  (f: Many, g: readonly Tensor[]): Many =>
  (...xs) => {
    const [, pullback] = vjp((...at: readonly Tensor[]) => f(...at), xs);
    return pullback(g) as readonly Tensor[];
  };

interface Cotangents {
  readonly g: readonly Tensor[];
  readonly seed: number;
}

const drawCotangents = (draw: CaseDraw, outputs: readonly Aval[]): Cotangents => ({
  g: outputs.filter(isFloat).map((y) => draw.tensor(y.shape)),
  seed: drawSeed(draw),
});

function slackOf(report: GradReport): number {
  if (report.ok) return report.worst === null ? 1 : 1 - severity(report.worst);
  throw new Error(describeReport(report));
}
