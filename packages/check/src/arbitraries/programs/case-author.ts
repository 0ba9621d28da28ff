import { isFloating, type Tensor } from '@tikhonov/core';
import {
  type CaseDraw,
  type Evaluator,
  fromView,
  type Payload,
  type View,
  within,
} from '@tikhonov/core/engine';
import fc from 'fast-check';
import { permutations } from '../layouts.ts';
import type { Author, Known } from './author.ts';
import { primitiveCall } from './calls.ts';
import { operandFor } from './fit.ts';
import { drawShape } from './values.ts';

/** What a case's operands must be beyond what it says. */
export interface CaseDemand {
  readonly exact?: boolean;
  readonly finite?: boolean;
}

/** Source of random cases whose tensors are values of the program that is being written. */
const caseDraw = (author: Author, demand: CaseDemand): CaseDraw => ({
  integer: (min, max) => author.dice.integer(min, max),
  pick: (options) => author.dice.pick(options),
  shape: (range) => drawShape(author, range),
  axes: (rank) =>
    author.dice.of(
      fc
        .tuple(permutations(rank), fc.nat({ max: rank }))
        .map(([order, count]) => order.slice(0, count)),
    ),
  permutation: (n) => author.dice.of(permutations(n)),
  tensor: (shape, range) => operandFor(author, { shape, dtype: 'float64', range, ...demand }).value,
  integers: (shape, min, max) =>
    operandFor(author, { shape, dtype: 'int32', range: { min, max } }).value,
  bits: (shape) => operandFor(author, { shape, dtype: 'uint32' }).value,
  booleans: (shape) => operandFor(author, { shape, dtype: 'bool' }).value,
});

/** Writes what a case computes on the way to its inputs into the program. */
const recorder = (author: Author): Evaluator => ({
  run: (primitive, inputs, attrs) => {
    const operands = inputs.map((input) => author.adopt(fromView(input as View)));
    return author
      .emit(primitiveCall(primitive, attrs), operands)
      .map(({ value }): Payload => value.payload);
  },
});

/** Draws a case with values of the program; `tensorsOf` says which of them are tensors. */
export function drawCase<Case>(
  author: Author,
  cases: (draw: CaseDraw) => Case,
  tensorsOf: (drawn: Case) => readonly Tensor[],
  demand: CaseDemand,
): { readonly drawn: Case; readonly operands: readonly Known[] } {
  const drawn = within({ evaluator: recorder(author) }, () => cases(caseDraw(author, demand)));
  return { drawn, operands: tensorsOf(drawn).map((x) => author.adopt(x)) };
}

/** Whether a value has a floating dtype. */
export const isFloat = ({ value }: Known): boolean => isFloating(value.dtype);
