import {
  type AnyPrimitive,
  choleskyP,
  cofactorP,
  detP,
  eighP,
  erase,
  inverseP,
  type MultiPrimitive,
  matrixExpP,
  type Primitive,
  pinvP,
  qrP,
  slogdetP,
  solveP,
  svdP,
  triangularSolveP,
} from '@tikhonov/core/engine';
import type { LoopRule } from '../../rule.ts';
import { choleskyRule } from './cholesky.ts';
import { cofactorRule } from './cofactor.ts';
import { detRule, slogdetRule } from './det.ts';
import { eighRule } from './eigh.ts';
import { matrixExpRule } from './matrix-exp.ts';
import { qrRule } from './qr.ts';
import { inverseRule, solveRule } from './solve.ts';
import { pinvRule, svdRule } from './svd.ts';
import { triangularSolveRule } from './triangular-solve.ts';

/** A rule with the attributes' type that its primitive has. */
const single = <N extends number, Attrs>(
  primitive: Primitive<N, Attrs>,
  rule: LoopRule<Attrs>,
): [AnyPrimitive, LoopRule] => [erase(primitive), rule as LoopRule];

const multi = <N extends number, Attrs>(
  primitive: MultiPrimitive<N, Attrs>,
  rule: LoopRule<Attrs>,
): [AnyPrimitive, LoopRule] => [erase(primitive), rule as LoopRule];

/** Kernels of the decompositions, determinants and systems of linear algebra. */
export const linalgRules: ReadonlyMap<AnyPrimitive, LoopRule> = /* @__PURE__ */ new Map([
  single(choleskyP, choleskyRule),
  single(cofactorP, cofactorRule),
  single(detP, detRule),
  multi(eighP, eighRule),
  single(inverseP, inverseRule),
  single(matrixExpP, matrixExpRule),
  single(pinvP, pinvRule),
  multi(qrP, qrRule),
  multi(slogdetP, slogdetRule),
  single(solveP, solveRule),
  multi(svdP, svdRule),
  single(triangularSolveP, triangularSolveRule),
]);
