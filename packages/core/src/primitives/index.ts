import { type RegisteredPrimitive, register } from '../checks.ts';
import { choleskyChecks, choleskyP } from '../linalg/cholesky.ts';
import {
  cofactorChecks,
  cofactorP,
  detChecks,
  detP,
  slogdetChecks,
  slogdetP,
} from '../linalg/det.ts';
import { eighChecks, eighP } from '../linalg/eigh.ts';
import { matrixExpChecks, matrixExpP } from '../linalg/matrix-exp.ts';
import { pinvChecks, pinvP } from '../linalg/pinv.ts';
import { qrChecks, qrP } from '../linalg/qr.ts';
import { inverseChecks, inverseP, solveChecks, solveP } from '../linalg/solve.ts';
import { svdChecks, svdP } from '../linalg/svd.ts';
import { triangularSolveChecks, triangularSolveP } from '../linalg/triangular-solve.ts';
import {
  foldInChecks,
  foldInP,
  normalFromBitsChecks,
  normalFromBitsP,
  permutationChecks,
  permutationP,
  randomBitsChecks,
  randomBitsP,
} from '../random/bits.ts';
import {
  portableExpChecks,
  portableExpP,
  portableLogChecks,
  portableLogP,
} from '../random/log-exp.ts';
import { logGammaDrawChecks, logGammaDrawP } from '../random/log-gamma-draw.ts';
import { poissonDrawChecks, poissonDrawP } from '../random/poisson.ts';
import { truncatedDrawChecks, truncatedDrawP } from '../random/truncated-draw.ts';
import { absChecks, absP } from './abs.ts';
import { addChecks, addP } from './add.ts';
import { argsortChecks, argsortP } from './argsort.ts';
import { acosChecks, acosP, asinChecks, asinP } from './asin-acos.ts';
import {
  acoshChecks,
  acoshP,
  asinhChecks,
  asinhP,
  atanhChecks,
  atanhP,
} from './asinh-acosh-atanh.ts';
import { astypeChecks, astypeP } from './astype.ts';
import { atan2Checks, atan2P, atanChecks, atanP } from './atan.ts';
import { axpbyChecks, axpbyP } from './axpby.ts';
import { checkChecks, checkP } from './check.ts';
import { comparisonChecks, equalP, lessEqualP, lessP, notEqualP } from './compare.ts';
import { concatChecks, concatP } from './concat.ts';
import { cumsumChecks, cumsumP } from './cumsum.ts';
import { divChecks, divP } from './div.ts';
import { erfChecks, erfcChecks, erfcP, erfP } from './erf-erfc.ts';
import { erfinvChecks, erfinvP } from './erfinv.ts';
import { expChecks, expP } from './exp.ts';
import { expm1Checks, expm1P } from './expm1.ts';
import { extremumChecks, maximumP, minimumP } from './extremum.ts';
import { flipChecks, flipP } from './flip.ts';
import { floorChecks, floorP } from './floor.ts';
import { gatherChecks, gatherP, scatterAddChecks, scatterAddP } from './gather-scatter.ts';
import { logChecks, logP } from './log.ts';
import { log1pChecks, log1pP } from './log1p.ts';
import { log2Checks, log2P, log10Checks, log10P } from './log2-log10.ts';
import { logicalAndChecks, logicalAndP, logicalNotChecks, logicalNotP } from './logical.ts';
import { matmulChecks, matmulP } from './matmul.ts';
import { argmaxChecks, argmaxP, maxChecks, maxP } from './max.ts';
import { mulChecks, mulP } from './mul.ts';
import { negChecks, negP } from './neg.ts';
import { normChecks, normP } from './norm.ts';
import { powChecks, powP } from './pow.ts';
import { floorDivideChecks, floorDivideP, remainderChecks, remainderP } from './remainder.ts';
import { reshapeChecks, reshapeP } from './reshape.ts';
import { roundChecks, roundP } from './round.ts';
import { sigmoidChecks, sigmoidP } from './sigmoid.ts';
import { signChecks, signP } from './sign.ts';
import { cosChecks, cosP, sinChecks, sinP } from './sin-cos.ts';
import { coshChecks, coshP, sinhChecks, sinhP } from './sinh-cosh.ts';
import { padChecks, padP, sliceChecks, sliceP } from './slice-pad.ts';
import { softplusChecks, softplusP } from './softplus.ts';
import { sqrtChecks, sqrtP } from './sqrt.ts';
import { subChecks, subP } from './sub.ts';
import { broadcastToChecks, broadcastToP, sumChecks, sumP } from './sum-broadcast.ts';
import { tanhChecks, tanhP } from './tanh.ts';
import { permuteChecks, permuteP } from './transpose.ts';
import { whereChecks, whereP } from './where.ts';
import { sumWindowsChecks, sumWindowsP, windowsChecks, windowsP } from './windows.ts';

/** Every primitive. The checks iterate over this list; a new primitive is its file and its line. */
export const primitives: readonly RegisteredPrimitive[] = [
  register(absP, absChecks),
  register(acosP, acosChecks),
  register(acoshP, acoshChecks),
  register(addP, addChecks),
  register(argmaxP, argmaxChecks),
  register(argsortP, argsortChecks),
  register(asinP, asinChecks),
  register(asinhP, asinhChecks),
  register(astypeP, astypeChecks),
  register(atan2P, atan2Checks),
  register(atanP, atanChecks),
  register(atanhP, atanhChecks),
  register(axpbyP, axpbyChecks),
  register(broadcastToP, broadcastToChecks),
  register(checkP, checkChecks),
  register(choleskyP, choleskyChecks),
  register(cofactorP, cofactorChecks),
  register(concatP, concatChecks),
  register(cosP, cosChecks),
  register(detP, detChecks),
  register(coshP, coshChecks),
  register(cumsumP, cumsumChecks),
  register(divP, divChecks),
  register(eighP, eighChecks),
  register(equalP, comparisonChecks),
  register(erfP, erfChecks),
  register(erfcP, erfcChecks),
  register(erfinvP, erfinvChecks),
  register(expP, expChecks),
  register(expm1P, expm1Checks),
  register(flipP, flipChecks),
  register(floorDivideP, floorDivideChecks),
  register(floorP, floorChecks),
  register(foldInP, foldInChecks),
  register(gatherP, gatherChecks),
  register(inverseP, inverseChecks),
  register(lessEqualP, comparisonChecks),
  register(lessP, comparisonChecks),
  register(log10P, log10Checks),
  register(log1pP, log1pChecks),
  register(log2P, log2Checks),
  register(logGammaDrawP, logGammaDrawChecks),
  register(logP, logChecks),
  register(logicalAndP, logicalAndChecks),
  register(logicalNotP, logicalNotChecks),
  register(matmulP, matmulChecks),
  register(matrixExpP, matrixExpChecks),
  register(maxP, maxChecks),
  register(maximumP, extremumChecks),
  register(minimumP, extremumChecks),
  register(mulP, mulChecks),
  register(negP, negChecks),
  register(normP, normChecks),
  register(normalFromBitsP, normalFromBitsChecks),
  register(notEqualP, comparisonChecks),
  register(padP, padChecks),
  register(permutationP, permutationChecks),
  register(permuteP, permuteChecks),
  register(pinvP, pinvChecks),
  register(portableExpP, portableExpChecks),
  register(portableLogP, portableLogChecks),
  register(poissonDrawP, poissonDrawChecks),
  register(powP, powChecks),
  register(qrP, qrChecks),
  register(randomBitsP, randomBitsChecks),
  register(remainderP, remainderChecks),
  register(reshapeP, reshapeChecks),
  register(roundP, roundChecks),
  register(scatterAddP, scatterAddChecks),
  register(sigmoidP, sigmoidChecks),
  register(signP, signChecks),
  register(sinP, sinChecks),
  register(sinhP, sinhChecks),
  register(sliceP, sliceChecks),
  register(slogdetP, slogdetChecks),
  register(softplusP, softplusChecks),
  register(solveP, solveChecks),
  register(sqrtP, sqrtChecks),
  register(subP, subChecks),
  register(sumP, sumChecks),
  register(svdP, svdChecks),
  register(sumWindowsP, sumWindowsChecks),
  register(tanhP, tanhChecks),
  register(triangularSolveP, triangularSolveChecks),
  register(truncatedDrawP, truncatedDrawChecks),
  register(whereP, whereChecks),
  register(windowsP, windowsChecks),
];
