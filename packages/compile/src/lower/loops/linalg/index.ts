import type { LoopRule } from '../../rule.ts';
import { entry } from '../entry.ts';
import { choleskyRule } from './cholesky.ts';
import { cofactorRule } from './cofactor.ts';
import { detRule, slogdetRule } from './det.ts';
import { eighRule } from './eigh.ts';
import { matrixExpRule } from './matrix-exp.ts';
import { qrRule } from './qr.ts';
import { inverseRule, solveRule } from './solve.ts';
import { pinvRule, svdRule } from './svd.ts';
import { triangularSolveRule } from './triangular-solve.ts';

/** Kernels of the decompositions, determinants and systems of linear algebra. */
export const linalgRules: ReadonlyMap<string, LoopRule> = /* @__PURE__ */ new Map([
  entry('cholesky', choleskyRule),
  entry('cofactor', cofactorRule),
  entry('det', detRule),
  entry('eigh', eighRule),
  entry('inverse', inverseRule),
  entry('matrixExp', matrixExpRule),
  entry('pinv', pinvRule),
  entry('qr', qrRule),
  entry('slogdet', slogdetRule),
  entry('solve', solveRule),
  entry('svd', svdRule),
  entry('triangularSolve', triangularSolveRule),
]);
