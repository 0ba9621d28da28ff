import { erf, erfc } from '../../math/erf.ts';
import { exp, expm1, sigmoid } from '../../math/exp.ts';
import { log, log1p, softplus } from '../../math/log.ts';
import { pow } from '../../math/pow.ts';
import { tanh } from '../../math/tanh.ts';
import { binary, dear, type MapEntry, unary } from './entry.ts';

/** Functions of floating numbers that networks use, all but the first two within the ulps that they state. */
export const functions: readonly MapEntry[] = [
  unary('floor', 'cheap', (x) => x.op('floor')),
  unary('round', 'cheap', (x) => x.op('nearest')),
  dear('erf', erf),
  dear('erfc', erfc),
  dear('exp', exp),
  dear('expm1', expm1),
  dear('log', log),
  dear('log1p', log1p),
  binary('pow', 'dear', pow),
  dear('sigmoid', sigmoid),
  dear('softplus', softplus),
  dear('tanh', tanh),
];
