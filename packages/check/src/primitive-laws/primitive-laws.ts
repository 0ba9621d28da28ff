import type { AnyPrimitive } from '@tikhonov/core';
import fc from 'fast-check';
import { drawn } from '../arbitraries/drawn.ts';
import type { Law } from '../law.ts';
import {
  constantLaw,
  hasRule,
  jvpLaw,
  linearLaw,
  pureLaw,
  secondOrderLaw,
  singlePullbackLaw,
  vjpLaw,
} from './derivatives.ts';
import { inferLaw, singleLaw, viewsLaw } from './values.ts';

/**
 * What every primitive must satisfy, one law per primitive and property: `primitive/exp/vjp` and so
 * on. The shape rule agrees with the kernel; views and copies give the same bits; inputs are not
 * written to; float32 agrees with float64. Unless `discrete`: derivatives agree with central
 * differences at orders 1 and 2, in reverse and forward mode, and pullbacks are linear; without any
 * rule it is locally constant.
 *
 * @param primitives  core's registry, or any part of it
 * @example
 * ```ts
 * const laws = primitiveLaws(primitives.filter(({ name }) => name === 'exp'));
 * runLaws(laws, { runs: 10 }).every(({ holds }) => holds); // => true
 * ```
 */
export const primitiveLaws = (primitives: readonly AnyPrimitive[]): Law[] =>
  primitives.flatMap(lawsOf);

function lawsOf(primitive: AnyPrimitive): Law[] {
  const values = [inferLaw(primitive), viewsLaw(primitive), pureLaw(primitive)];
  if (primitive.discrete !== undefined) return values;
  // Rules are per input, and variadic primitives have as many as a case gives them.
  const [example] = fc.sample(
    drawn((draw) => primitive.cases(draw)),
    { numRuns: 1, seed: 0 },
  );
  const derivatives = hasRule(primitive, example!.inputs)
    ? [
        vjpLaw(primitive),
        jvpLaw(primitive),
        secondOrderLaw(primitive),
        linearLaw(primitive),
        singlePullbackLaw(primitive),
      ]
    : [constantLaw(primitive)];
  return [...values, singleLaw(primitive), ...derivatives];
}
