import {
  acoshP,
  acosP,
  asinhP,
  asinP,
  atan2P,
  atanhP,
  atanP,
  coshP,
  cosP,
  erfcP,
  erfinvP,
  erfP,
  expm1P,
  expP,
  floorP,
  log1pP,
  log2P,
  log10P,
  logP,
  type Primitive,
  portableExpP,
  portableLogP,
  powP,
  roundP,
  sigmoidP,
  sinhP,
  sinP,
  softplusP,
  tanhP,
} from '@tikhonov/core/engine';
import { erf, erfc } from '../../math/erf.ts';
import { exp, expm1, sigmoid } from '../../math/exp.ts';
import { acosh, asinh, atanh, cosh, sinh } from '../../math/hyperbolic.ts';
import { acos, asin, atan, atan2 } from '../../math/inverse-trig.ts';
import type { Lanes } from '../../math/lanes.ts';
import { log, log1p, log2, log10, softplus } from '../../math/log.ts';
import { portableExp, portableLog } from '../../math/portable.ts';
import { pow } from '../../math/pow.ts';
import { cos, sin } from '../../math/sin-cos.ts';
import { tanh } from '../../math/tanh.ts';
import { binary, type MapEntry, unary } from './entry.ts';
import { erfinv } from './erfinv.ts';

const one = (primitive: Primitive<1, null>, f: (x: Lanes) => Lanes): MapEntry =>
  unary(primitive, 'dear', (x) => f(x));

const two = (primitive: Primitive<2, null>, f: (x: Lanes, y: Lanes) => Lanes): MapEntry =>
  binary(primitive, 'dear', (x, y) => f(x, y));

/** Functions of floating numbers, all but the first two within the ulps that they state. */
export const functions: readonly MapEntry[] = [
  unary(floorP, 'cheap', (x) => x.op('floor')),
  unary(roundP, 'cheap', (x) => x.op('nearest')),
  one(acosP, acos),
  one(acoshP, acosh),
  one(asinP, asin),
  one(asinhP, asinh),
  one(atanP, atan),
  two(atan2P, atan2),
  one(atanhP, atanh),
  one(cosP, (x) => cos(x.keep())),
  one(coshP, cosh),
  one(erfP, erf),
  one(erfcP, erfc),
  one(erfinvP, erfinv),
  one(expP, exp),
  one(expm1P, expm1),
  one(logP, log),
  one(log10P, log10),
  one(log1pP, log1p),
  one(log2P, log2),
  one(portableExpP, portableExp),
  one(portableLogP, portableLog),
  two(powP, pow),
  one(sigmoidP, sigmoid),
  one(sinP, (x) => sin(x.keep())),
  one(sinhP, sinh),
  one(softplusP, softplus),
  one(tanhP, tanh),
];
