import type { CaseDraw } from '@tikhonov/core/engine';
import type { Argument, ArgumentValues, Method } from '../method.ts';
import { real } from './draws.ts';

/** A value near the default that the argument may have, and that is hardly ever the default itself. */
function otherValue(draw: CaseDraw, { default: usual, min = 0, max, integer }: Argument): number {
  if (integer === true) return draw.integer(min, Math.max(min, 1) + 2);
  return usual === 0 ? real(draw, 0.1, 1) : usual * real(draw, 0.5, max === undefined ? 2 : 1);
}

/** Values of all of a method's arguments, so that a recipe that loses one is noticed. */
export const otherArguments = (draw: CaseDraw, method: Method): ArgumentValues =>
  Object.fromEntries(method.arguments.map((one) => [one.name, otherValue(draw, one)]));
