import { DTypeError, isFloating } from '@tikhonov/core';
import type { RegisteredPrimitive } from '@tikhonov/core/engine';
import { numericsOf } from '../../../agreement/numerics.ts';
import type { Operation } from '../../../primitive-laws/operation.ts';
import { inferred } from '../../../primitive-laws/subject.ts';
import type { Author, Known } from '../author.ts';
import { opaqueCall, primitiveCall } from '../calls.ts';
import { drawCase } from '../case-author.ts';
import { cast } from '../fit.ts';
import { floatOf, type Item } from './item.ts';

/** Primitives that jump: an operand that is not known to the bit would leave them open. */
const jumps = new Set([
  ...['argmax', 'argsort', 'equal', 'floor', 'floorDivide', 'less', 'lessEqual', 'logGammaDraw'],
  ...['notEqual', 'poissonDraw', 'remainder', 'round', 'sign', 'truncatedDraw'],
]);

/** Primitives that make an error, or an endless search, of what is not finite. */
const needsFinite = (name: string): boolean =>
  numericsOf(name).kind === 'matrix' ||
  ['logGammaDraw', 'poissonDraw', 'truncatedDraw'].includes(name);

/** What little else uses, by what it takes to be as frequent as others. */
const weightOf = (name: string): number => {
  if (['axpby', 'cofactor', 'erf', 'round'].includes(name)) return 4;
  if (['floor', 'floorDivide', 'matrixExp', 'poissonDraw', 'remainder'].includes(name)) return 3;
  return numericsOf(name).kind === 'function' || name.startsWith('portable') ? 3 : 1;
};

/** Floating operands in the dtype of the operation, integers as they are. */
const inDtype = (
  author: Author,
  operands: readonly Known[],
  dtype: 'float64' | 'float32',
): Known[] => operands.map((x) => (isFloating(x.value.dtype) ? cast(author, x, dtype) : x));

/** A primitive on one of its own cases, made of values of the program. */
export const primitiveItem = (registered: RegisteredPrimitive): Item => ({
  name: `primitive ${registered.name}`,
  weight: weightOf(registered.name),
  write: (author) => {
    const { primitive, name } = registered;
    const demand = { exact: jumps.has(name), finite: needsFinite(name) };
    const { drawn, operands } = drawCase(author, registered.cases, ({ inputs }) => inputs, demand);
    const dtype = floatOf(author);
    const takes = (as: 'float64' | 'float32'): boolean => {
      try {
        const avals = operands.map(({ value }) => ({
          shape: value.shape,
          dtype: isFloating(value.dtype) ? as : value.dtype,
        }));
        inferred(primitive, avals, drawn.attrs);
        return true;
      } catch (error) {
        if (error instanceof DTypeError) return false;
        throw error;
      }
    };
    const as = dtype === 'float32' && takes('float32') ? 'float32' : 'float64';
    author.emit(primitiveCall(primitive, drawn.attrs), inDtype(author, operands, as));
  },
});

/** A composite on one of its cases. */
export const operationItem = (operation: Operation): Item => ({
  name: `operation ${operation.name}`,
  write: (author) => {
    const demand = {
      exact: operation.discrete !== undefined,
      finite: operation.name.startsWith('linalg'),
    };
    const { drawn, operands } = drawCase(
      author,
      operation.cases,
      ([, ...inputs]) => inputs,
      demand,
    );
    author.emit(opaqueCall(operation.name, drawn[0]), operands);
  },
});
