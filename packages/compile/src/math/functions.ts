import { binary, type Emitter, unary } from './emission.ts';
import { erf, erfc } from './erf.ts';
import { exp, expm1, sigmoid } from './exp.ts';
import { acosh, asinh, atanh, cosh, sinh } from './hyperbolic.ts';
import { acos, asin, atan, atan2 } from './inverse-trig.ts';
import type { Lanes } from './lanes.ts';
import { log, log1p, softplus } from './log.ts';
import { log2, log10 } from './log-bases.ts';
import { portableExp, portableLog } from './portable.ts';
import { pow } from './pow.ts';
import { cos, sin } from './sin-cos.ts';
import { tanh } from './tanh.ts';

/** The functions there are; each has the name of its primitive. */
export type FunctionName =
  | 'acos'
  | 'acosh'
  | 'asin'
  | 'asinh'
  | 'atan'
  | 'atan2'
  | 'atanh'
  | 'cos'
  | 'cosh'
  | 'erf'
  | 'erfc'
  | 'exp'
  | 'expm1'
  | 'log'
  | 'log10'
  | 'log1p'
  | 'log2'
  | 'portableExp'
  | 'portableLog'
  | 'pow'
  | 'sigmoid'
  | 'sin'
  | 'sinh'
  | 'softplus'
  | 'tanh';

/** A function of whole vectors. */
export interface VectorFunction {
  /** Writes it: its arguments are on the stack, in order, and its result will be. */
  readonly emit: Emitter;
  /**
   * The largest error, in units in the last place of the true value (a correctly rounded result is
   * within 0.5); for results below the normal numbers, in the smallest number.
   */
  readonly ulps: { readonly f32x4: number; readonly f64x2: number };
}

const one = (f: (x: Lanes) => Lanes, f32x4: number, f64x2: number): VectorFunction => ({
  emit: unary(f),
  ulps: { f32x4, f64x2 },
});

const two = (f: (x: Lanes, y: Lanes) => Lanes, f32x4: number, f64x2: number): VectorFunction => ({
  emit: binary(f),
  ulps: { f32x4, f64x2 },
});

/**
 * The transcendental functions on vectors, by the names of their primitives. At zeros, infinities, NaN
 * and outside of their domains they have the values of the eager kernels; subnormal numbers are
 * numbers like others. The bounds are the largest errors among millions of points, and a tenth or more.
 */
export const functions: { readonly [name in FunctionName]: VectorFunction } = {
  acos: one(acos, 1.3, 1.3),
  acosh: one(acosh, 2.7, 2.6),
  asin: one(asin, 2.8, 2.7),
  asinh: one(asinh, 2, 2.1),
  atan: one(atan, 1.9, 2.1),
  atan2: two(atan2, 1.7, 2.1),
  atanh: one(atanh, 2.4, 2.4),
  cos: one(cos, 1.7, 0.9),
  cosh: one(cosh, 1.6, 1.6),
  erf: one(erf, 1.5, 1.4),
  erfc: one(erfc, 5.3, 5.6),
  exp: one(exp, 1.1, 1.1),
  expm1: one(expm1, 1.9, 2.3),
  log: one(log, 0.95, 0.9),
  log10: one(log10, 0.51, 0.51),
  log1p: one(log1p, 1.5, 1.5),
  log2: one(log2, 0.51, 0.51),
  portableExp: one(portableExp, 0.51, 1.3),
  portableLog: one(portableLog, 0.51, 3),
  pow: two(pow, 0.51, 1.1),
  sigmoid: one(sigmoid, 2, 2),
  sin: one(sin, 1.7, 0.9),
  sinh: one(sinh, 1.8, 1.7),
  softplus: one(softplus, 3, 3),
  tanh: one(tanh, 2.9, 2.8),
};
