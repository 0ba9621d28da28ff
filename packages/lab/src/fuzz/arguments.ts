import { drawn, type fc } from '@tikhonov/check';
import { astype, Cell, type DType, type Tensor } from '@tikhonov/core';
import type { CaseDraw } from '@tikhonov/core/engine';

const dtypes: readonly DType[] = ['float32', 'float64', 'int32', 'uint32', 'bool'];
const numbers = [0, 1, 2, 3, -1, -2, 5, 0.5, -0.5, NaN, Infinity, -Infinity, -0, 1e-9];
const words = ['', 'float32', 'int32', 'same', 'sum', 'mean', 'fro', 'ij,jk->ik', 'i,i', 'x', '0'];

/** Options that some operation has; each is tried on all. */
const options = [
  ...['axis', 'axis1', 'axis2', 'keepdims', 'dtype', 'shape', 'min', 'max', 'k', 'offset', 'mode'],
  ...['value', 'p', 'ord', 'correction', 'stride', 'padding', 'dilation', 'groups', 'kernelSize'],
  ...['outputPadding', 'outputSize', 'ceilMode', 'size', 'alpha', 'negativeSlope', 'approximate'],
  ...['reduction', 'weight', 'bias', 'eps', 'numGroups', 'normalizedShape', 'labelSmoothing'],
  ...['ignoreIndex', 'descending', 'largest', 'reverse', 'upper', 'indexing', 'mask', 'training'],
  ...[
    'momentum',
    'delta',
    'beta',
    'margin',
    'logTarget',
    'isCausal',
    'scale',
    'rcond',
    'threshold',
  ],
] as const;

const anyTensor = (draw: CaseDraw): Tensor =>
  astype(draw.tensor(draw.shape({ maxRank: 4 })), draw.pick(dtypes));

/** Numbers, words, lists of them, and what JavaScript lets slip in. */
function scrap(draw: CaseDraw, depth: number): unknown {
  switch (draw.integer(0, depth > 1 ? 7 : 10)) {
    case 0:
    case 1:
    case 2:
      return draw.pick(numbers);
    case 3:
      return draw.pick(words);
    case 4:
      return draw.pick([null, undefined, true, false]);
    case 5:
      return Array.from({ length: draw.integer(0, 3) }, () => draw.pick(numbers));
    case 6:
      return anyTensor(draw);
    case 7:
      return draw.pick([{}, () => 1, new Float32Array(2), new Date(0)]);
    case 8:
      return Array.from({ length: draw.integer(0, 3) }, () => scrap(draw, depth + 1));
    case 9:
      return new Cell(anyTensor(draw), { name: 'cell' });
    default:
      return someOptions(draw, depth);
  }
}

const someOptions = (
  draw: CaseDraw,
  depth: number,
  names: readonly string[] = options,
): Record<string, unknown> =>
  Object.fromEntries(
    Array.from({ length: draw.integer(0, 3) }, () => [draw.pick(names), scrap(draw, depth + 1)]),
  );

/** Tensors that an operation may well take, of one shape or of none in common. */
function tensorsFirst(draw: CaseDraw, names: readonly string[]): unknown[] {
  const shape = draw.shape({ maxRank: 4 });
  const dtype = draw.pick(dtypes);
  const count = draw.integer(1, 3);
  const first = Array.from({ length: count }, () =>
    draw.integer(0, 4) === 0 ? anyTensor(draw) : astype(draw.tensor(shape), dtype),
  );
  const between = draw.integer(0, 3) === 0 ? [scrap(draw, 0)] : [];
  const last = draw.integer(0, 3) === 0 ? [] : [someOptions(draw, 0, names)];
  return [...first, ...between, ...last];
}

/**
 * Arguments of a call that is wrong, or right by luck.
 *
 * @param names  the options that the operation has, if it has any
 */
export const calls = (names: readonly string[]): fc.Arbitrary<readonly unknown[]> =>
  drawn((draw) =>
    draw.integer(0, 2) === 0
      ? Array.from({ length: draw.integer(0, 4) }, () => scrap(draw, 0))
      : tensorsFirst(draw, names.length === 0 ? options : names),
  );
