import { checkGrads, drawn, type Law, law } from '@tikhonov/check';
import type { GradientCase, Method } from '../method.ts';

/** By how much first and second derivatives agree with differences, in units of the tolerance. */
export function gradientSlack({ f, args }: GradientCase): number {
  const { worst, problem } = checkGrads(f, args, { order: 2, modes: ['reverse', 'forward'] });
  if (problem !== null) return Number.NaN;
  return worst === null ? 1 : 1 - worst.error / worst.tolerance;
}

/** The law that every differentiable method obeys; none for the others. */
export function gradientLaw({ id, gradientCases }: Method): Law[] {
  if (gradientCases === undefined) return [];
  return [
    law({
      id: `${id}/gradients`,
      statement:
        'First and second derivatives, in reverse and in forward mode, agree with central differences.',
      cases: drawn((draw) => gradientCases(draw)),
      slack: gradientSlack,
      effort: 0.25,
    }),
  ];
}
