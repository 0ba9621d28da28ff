import type { RegisteredPrimitive } from '@tikhonov/core/engine';
import fc from 'fast-check';
import { drawn } from '../arbitraries/drawn.ts';
import type { Law } from '../law.ts';
import {
  constantLaw,
  hasRule,
  jvpLaw,
  secondOrderLaw,
  thirdOrderLaw,
  vjpLaw,
} from './derivatives.ts';
import {
  dotProductLaw,
  linearLaw,
  pureLaw,
  singlePullbackLaw,
  singleSecondLaw,
} from './linearity.ts';
import { infiniteLaw, nanLaw } from './non-finite.ts';
import type { Operation } from './operation.ts';
import { operationSubject, primitiveSubject, type Subject } from './subject.ts';
import { inferLaw, singleLaw, viewsLaw } from './values.ts';

/**
 * What every primitive must satisfy, one law per primitive and property: `primitive/exp/vjp` and so
 * on. The shape rule agrees with the kernel; views and copies give the same bits; inputs are not
 * written to; float32 agrees with float64. Unless `discrete`: derivatives agree with central
 * differences at orders 1, 2 and 3, in reverse and forward mode; both modes are transposes of each
 * other and pullbacks are linear, in both dtypes; float32 derivatives agree with float64 ones; NaN
 * reaches what depends on it. Without any rule it is locally constant.
 *
 * @param primitives  core's registry, or any part of it
 * @example
 * ```ts
 * const laws = primitiveLaws(primitives.filter(({ name }) => name === 'exp'));
 * runLaws(laws, { runs: 10 }).every(({ holds }) => holds); // => true
 * ```
 */
export const primitiveLaws = (primitives: readonly RegisteredPrimitive[]): Law[] =>
  primitives.flatMap(lawsOf);

function lawsOf(registered: RegisteredPrimitive): Law[] {
  const { primitive } = registered;
  const subject = primitiveSubject(registered);
  const values = [inferLaw(registered), viewsLaw(subject), pureLaw(subject)];
  if (registered.discrete !== undefined) return values;
  // Rules are per input, and variadic primitives have as many as a case gives them.
  const [example] = fc.sample(
    drawn((draw) => registered.cases(draw)),
    { numRuns: 1, seed: 0 },
  );
  const hasRules = hasRule(primitive, example!.inputs);
  return [
    ...values,
    ...single(subject, singleLaw),
    ...(subject.takesFloats ? [...nanLaws(subject, hasRules), infiniteLaw(subject)] : []),
    ...(primitive.nondifferentiable !== undefined
      ? []
      : hasRules
        ? derivativeLaws(subject, 3)
        : [constantLaw(subject)]),
  ];
}

/** A law about float32, where there is one. */
const single = (subject: Subject, make: (subject: Subject) => Law): Law[] =>
  subject.dtypes.includes('float32') ? [make(subject)] : [];

const nanLaws = (subject: Subject, hasRules: boolean): Law[] =>
  subject.nonFinite === undefined ? [nanLaw(subject, hasRules)] : [];

const derivativeLaws = (subject: Subject, order: 1 | 2 | 3): Law[] => [
  vjpLaw(subject),
  jvpLaw(subject),
  linearLaw(subject),
  dotProductLaw(subject),
  ...single(subject, singlePullbackLaw),
  ...(order >= 2 ? [secondOrderLaw(subject), ...single(subject, singleSecondLaw)] : []),
  ...(order >= 3 ? [thirdOrderLaw(subject)] : []),
];

/**
 * The laws of primitives that make sense for any operation: `operation/softmax/vjp` and so on.
 *
 * @param operations  see `operation`
 */
export const operationLaws = (operations: readonly Operation[]): Law[] =>
  operations.flatMap((operation) => {
    const subject = operationSubject(operation);
    const values = [viewsLaw(subject), pureLaw(subject)];
    if (operation.discrete !== undefined) return values;
    return [
      ...values,
      ...single(subject, singleLaw),
      // Not `infinite`: whether a difference inside is 0 or a rounding error, dtypes may disagree.
      ...nanLaws(subject, true),
      ...derivativeLaws(subject, operation.order ?? 3),
    ];
  });
