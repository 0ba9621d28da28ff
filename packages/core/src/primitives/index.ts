import { type AnyPrimitive, erase } from '../primitive.ts';
import { foldInP, normalFromBitsP, permutationP, randomBitsP } from '../random/bits.ts';
import { absP } from './abs.ts';
import { addP } from './add.ts';
import { astypeP } from './astype.ts';
import { checkP } from './check.ts';
import { equalP, lessEqualP, lessP, notEqualP } from './compare.ts';
import { concatP } from './concat.ts';
import { divP } from './div.ts';
import { expP } from './exp.ts';
import { expm1P } from './expm1.ts';
import { maximumP, minimumP } from './extremum.ts';
import { flipP } from './flip.ts';
import { floorP } from './floor.ts';
import { gatherP, scatterAddP } from './gather-scatter.ts';
import { logP } from './log.ts';
import { log1pP } from './log1p.ts';
import { logicalAndP, logicalNotP } from './logical.ts';
import { matmulP } from './matmul.ts';
import { argmaxP, maxP } from './max.ts';
import { mulP } from './mul.ts';
import { negP } from './neg.ts';
import { normP } from './norm.ts';
import { powP } from './pow.ts';
import { reshapeP } from './reshape.ts';
import { sigmoidP } from './sigmoid.ts';
import { signP } from './sign.ts';
import { cosP, sinP } from './sin-cos.ts';
import { padP, sliceP } from './slice-pad.ts';
import { softplusP } from './softplus.ts';
import { sqrtP } from './sqrt.ts';
import { subP } from './sub.ts';
import { broadcastToP, sumP } from './sum-broadcast.ts';
import { tanhP } from './tanh.ts';
import { permuteP } from './transpose.ts';
import { whereP } from './where.ts';

/** Every primitive. The checks iterate over this list; a new primitive is its file and its line. */
export const primitives: readonly AnyPrimitive[] = [
  erase(absP),
  erase(addP),
  erase(argmaxP),
  erase(astypeP),
  erase(broadcastToP),
  erase(checkP),
  erase(concatP),
  erase(cosP),
  erase(divP),
  erase(equalP),
  erase(expP),
  erase(expm1P),
  erase(flipP),
  erase(floorP),
  erase(foldInP),
  erase(gatherP),
  erase(lessEqualP),
  erase(lessP),
  erase(log1pP),
  erase(logP),
  erase(logicalAndP),
  erase(logicalNotP),
  erase(matmulP),
  erase(maxP),
  erase(maximumP),
  erase(minimumP),
  erase(mulP),
  erase(negP),
  erase(normP),
  erase(normalFromBitsP),
  erase(notEqualP),
  erase(padP),
  erase(permutationP),
  erase(permuteP),
  erase(powP),
  erase(randomBitsP),
  erase(reshapeP),
  erase(scatterAddP),
  erase(sigmoidP),
  erase(signP),
  erase(sinP),
  erase(sliceP),
  erase(softplusP),
  erase(sqrtP),
  erase(subP),
  erase(sumP),
  erase(tanhP),
  erase(whereP),
];
