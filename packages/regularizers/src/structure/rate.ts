import type { DType, Tensor } from '@tikhonov/core';
import type { Strength } from '@tikhonov/nn';
import {
  unitStrength as rateOf,
  type UnitRange,
  positiveStrength as widthOf,
} from '@tikhonov/nn/engine';

/** Layers that wrap what comes first. */
const wrapping: readonly string[] = [
  'DropConnect',
  'Standout',
  'StochasticDepth',
  'Zoneout',
  'ZoneoutCell',
];

/** Options that layers insist on. */
const needed: Readonly<Record<string, string>> = {
  MaxPoolDropout: 'kernelSize: 2, ',
  SpatialDropout: 'dims: 2, ',
};

/**
 * Functions of the step are what other libraries take for a rate. Here it is a cell that a layer writes.
 *
 * @param name  of the function or, with a capital letter, of the class
 * @throws TypeError for a function, which says how it becomes a schedule
 */
export function refuseFunction(name: string, what: string, value: unknown): void {
  if (typeof value !== 'function') return;
  const isLayer = /^[A-Z]/.test(name);
  const layer = isLayer ? name : 'DropBlock';
  const [before, option] = [wrapping.includes(layer) ? 'layer, ' : '', isLayer ? what : 'p'];
  const more = Object.hasOwn(needed, layer) ? needed[layer] : '';
  throw new TypeError(
    `${name}: ${what} must be a number, a Tensor or a Cell, got a function.\n` +
      `  A rate that follows the steps: new reg.Scheduled(schedule, (rate) => new reg.${layer}(${before}{ ${more}${option}: rate })).`,
  );
}

/**
 * `unitStrength` of the layers' package, and what to do instead: for functions, as a TypeError, and for percentages.
 */
export function unitStrength(
  name: string,
  what: string,
  value: Strength,
  range: UnitRange,
): number | Tensor {
  refuseFunction(name, what, value);
  if (typeof value === 'number' && !(value >= 0 && (range.closed ? value <= 1 : value < 1))) {
    throw new RangeError(
      `${name}: ${what} must be in ${range.closed ? '[0, 1]' : '[0, 1)'}, got ${value}.\n  It is a probability: 0.2 is 20 percent.`,
    );
  }
  return rateOf(name, what, value, range);
}

/** `positiveStrength` of the layers' package, likewise. */
export function positiveStrength(
  name: string,
  what: string,
  value: Strength,
  dtype: DType,
  options: { readonly orZero?: boolean } = {},
): Tensor {
  refuseFunction(name, what, value);
  return widthOf(name, what, value, dtype, options);
}
