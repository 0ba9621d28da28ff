import type { DType } from '@tikhonov/core';
import { isFloating } from '@tikhonov/core';
import {
  type AnyPrimitive,
  absP,
  acoshP,
  acosP,
  addP,
  asinhP,
  asinP,
  astypeP,
  atanhP,
  atanP,
  concatP,
  coshP,
  cosP,
  divP,
  equalP,
  erase,
  erfcP,
  erfP,
  expm1P,
  expP,
  floorP,
  lessEqualP,
  lessP,
  log1pP,
  log2P,
  log10P,
  logicalAndP,
  logicalNotP,
  logP,
  matmulP,
  maximumP,
  maxP,
  minimumP,
  mulP,
  negP,
  notEqualP,
  type Primitive,
  permuteP,
  powP,
  reshapeP,
  roundP,
  sigmoidP,
  signP,
  sinhP,
  sinP,
  sliceP,
  softplusP,
  sqrtP,
  subP,
  sumP,
  tanhP,
  whereP,
} from '@tikhonov/core/engine';
import type { OnnxScope } from '../scope.ts';
import type { OnnxValue, Trials } from '../values.ts';

/** An operation's inputs and attributes in both trials, and the sizes of its result. */
export interface Call<Attrs> {
  readonly inputs: readonly OnnxValue[];
  readonly attrs: readonly [Attrs, Attrs];
  readonly trials: Trials;
  readonly dtype: DType;
}

/** How a primitive is written. */
export interface Rule<Attrs = unknown> {
  /** Whether it goes element by element, so that ONNX repeats smaller inputs by itself. */
  readonly elementwise: boolean;
  readonly write: (scope: OnnxScope, call: Call<Attrs>) => OnnxValue;
}

type Entry = readonly [AnyPrimitive, Rule];

/** The types of a rule and its primitive agree here, and are forgotten. */
const entry = <N extends number, Attrs>(
  primitive: Primitive<N, Attrs>,
  rule: Rule<Attrs>,
): Entry => {
  const erased: unknown = rule;
  return [erase(primitive), erased as Rule];
};

const map = <N extends number>(
  primitive: Primitive<N, null>,
  write: (scope: OnnxScope, inputs: readonly OnnxValue[], result: { dtype: DType }) => OnnxValue,
): Entry =>
  entry(primitive, {
    elementwise: true,
    write: (scope, { inputs, dtype }) => write(scope, inputs, { dtype }),
  });

const named = <N extends number>(primitive: Primitive<N, null>, op: string): Entry =>
  map(primitive, (scope, inputs, result) => scope.op(op, inputs, {}, result));

const move = <N extends number, Attrs>(
  primitive: Primitive<N, Attrs>,
  write: Rule<Attrs>['write'],
): Entry => entry(primitive, { elementwise: false, write });

/** `f(x + shift)` or the like with a number. */
const scaled =
  (first: string, second: string, number: number) =>
  (scope: OnnxScope, [x]: readonly OnnxValue[]): OnnxValue =>
    scope.op(second, [scope.op(first, [x!]), scope.number(number)]);

const reduction =
  (op: 'ReduceSum' | 'ReduceMax'): Rule<{ readonly axes: readonly number[] }>['write'] =>
  (scope, { inputs: [x], attrs: [{ axes }], trials }) =>
    axes.length === 0 ? x! : scope.reduce(op, x!, axes, trials);

const written: readonly Entry[] = [
  named(absP, 'Abs'),
  named(acosP, 'Acos'),
  named(acoshP, 'Acosh'),
  named(addP, 'Add'),
  named(asinP, 'Asin'),
  named(asinhP, 'Asinh'),
  named(atanP, 'Atan'),
  named(atanhP, 'Atanh'),
  named(cosP, 'Cos'),
  named(coshP, 'Cosh'),
  named(divP, 'Div'),
  named(equalP, 'Equal'),
  named(erfP, 'Erf'),
  named(expP, 'Exp'),
  named(floorP, 'Floor'),
  named(lessEqualP, 'LessOrEqual'),
  named(lessP, 'Less'),
  named(logP, 'Log'),
  named(logicalAndP, 'And'),
  named(logicalNotP, 'Not'),
  named(maximumP, 'Max'),
  named(minimumP, 'Min'),
  named(mulP, 'Mul'),
  named(negP, 'Neg'),
  named(powP, 'Pow'),
  named(roundP, 'Round'),
  named(sigmoidP, 'Sigmoid'),
  named(signP, 'Sign'),
  named(sinP, 'Sin'),
  named(sinhP, 'Sinh'),
  named(softplusP, 'Softplus'),
  named(sqrtP, 'Sqrt'),
  named(subP, 'Sub'),
  named(tanhP, 'Tanh'),
  named(whereP, 'Where'),
  map(erfcP, (scope, [x]) => scope.op('Sub', [scope.number(1), scope.op('Erf', [x!])])),
  map(expm1P, scaled('Exp', 'Sub', 1)),
  map(log1pP, (scope, [x]) => scope.op('Log', [scope.op('Add', [x!, scope.number(1)])])),
  map(log2P, scaled('Log', 'Div', Math.LN2)),
  map(log10P, scaled('Log', 'Div', Math.LN10)),
  map(notEqualP, (scope, inputs, result) =>
    scope.op('Not', [scope.op('Equal', inputs, {}, result)]),
  ),
  entry(astypeP, {
    elementwise: true,
    write: (scope, { inputs: [x], dtype }) =>
      x!.dtype === dtype || (isFloating(dtype) && x!.dtype === scope.dtype)
        ? x!
        : scope.cast(x!, isFloating(dtype) ? scope.dtype : dtype),
  }),
  move(concatP, (scope, { inputs, attrs: [{ axis }], trials }) =>
    scope.op('Concat', inputs, { axis }, { trials }),
  ),
  move(matmulP, (scope, { inputs, trials }) => scope.op('MatMul', inputs, {}, { trials })),
  move(maxP, reduction('ReduceMax')),
  move(permuteP, (scope, { inputs: [x], attrs: [{ permutation }], trials }) =>
    scope.op('Transpose', [x!], { perm: permutation }, { trials }),
  ),
  move(reshapeP, (scope, { inputs: [x], trials }) => scope.reshape(x!, trials)),
  move(sumP, reduction('ReduceSum')),
  move(sliceP, (scope, { inputs: [x], attrs, trials }) => scope.slice(x!, attrs, trials)),
];

/** The rules by primitive. */
export const rules: ReadonlyMap<AnyPrimitive, Rule> = /* @__PURE__ */ new Map(written);
