import type { DType } from '@tikhonov/array';
import { asTensor, type TensorLike } from '../as-tensor.ts';
import { requireNumeric } from '../avals.ts';
import { scalar } from '../create.ts';
import { DTypeError } from '../errors.ts';
import type { Tensor } from '../tensor.ts';
import { contract, type Labelled, labelled, ordered, summed } from './einsum-contract.ts';
import { parseEquation, sizesOf } from './einsum-equation.ts';

/**
 * Einstein summation with NumPy's rules. Every axis has a letter; axes with one letter are multiplied
 * element by element, and letters that the output leaves out are summed over.
 *
 * Without `->` the output has the letters that occur once, in alphabetical order (capitals first). A
 * letter twice in one operand takes a diagonal. `...` stands for leading axes that broadcast; axes of
 * size 1 broadcast under a letter, too. Spaces mean nothing. Two operands are contracted at a time, the
 * pair first whose product saves the most memory; each contraction is one matrix product, summed in
 * float64 and rounded once.
 *
 * @param equation  such as `'bij,bjk->bik'`
 * @param operands  one for each list of letters, of one dtype; float or integer
 * @throws RangeError for an equation that cannot be read; TypeError for a wrong number of operands;
 * ShapeError for operands whose rank or sizes do not fit; DTypeError for bool or differing dtypes
 * @example
 * ```ts
 * const a = tensor([[1, 2], [3, 4]]);
 * einsum('ij,jk->ik', a, a).toArray(); // => [[7, 10], [15, 22]]
 * einsum('ii', a).item(); // => 5
 * einsum('...i,i', a, tensor([1, 10])).toArray(); // => [21, 43]
 * ```
 */
export function einsum(equation: string, ...operands: readonly TensorLike[]): Tensor {
  if (typeof equation !== 'string') {
    throw new TypeError(
      `einsum: the equation must be a string such as 'ij,jk->ik', got ${typeof equation}.`,
    );
  }
  const tensors = ofOneDType(operands);
  const { inputs, output } = parseEquation(equation, tensors);
  const sizes = sizesOf(equation, inputs, tensors);
  let open: Labelled[] = tensors.map((x, k) => labelled(x, inputs[k]!, sizes));
  // Letters of a single operand are summed first: what is left is smaller.
  open = open.map((x, k) => summed(x, neededBy(output, open, k)));
  while (open.length > 1) {
    const [i, j] = bestPair(open, output, sizes);
    const rest = open.filter((_, k) => k !== i && k !== j);
    const kept = new Set([...output, ...rest.flatMap(({ labels }) => labels)]);
    open = [...rest, contract(open[i]!, open[j]!, kept)];
  }
  return ordered(open[0]!, output);
}

function ofOneDType(operands: readonly TensorLike[]): Tensor[] {
  const first = operands.find((x) => typeof x !== 'number');
  const dtype: DType = first === undefined ? 'float32' : asTensor(first, 'einsum').dtype;
  return operands.map((x) => {
    const y = typeof x === 'number' ? scalar(x, dtype, 'einsum') : asTensor(x, 'einsum');
    requireNumeric('einsum', y.dtype);
    if (y.dtype !== dtype) {
      throw new DTypeError(
        `einsum: dtypes differ: ${dtype} and ${y.dtype}. Cast one with astype('${dtype}').`,
      );
    }
    return y;
  });
}

/** The letters that the output or any other operand has. */
const neededBy = (
  output: readonly string[],
  open: readonly Labelled[],
  operand: number,
): ReadonlySet<string> =>
  new Set([...output, ...open.flatMap(({ labels }, k) => (k === operand ? [] : labels))]);

/** The pair whose contraction adds the fewest elements to what is held; of equals the cheapest one. */
function bestPair(
  open: readonly Labelled[],
  output: readonly string[],
  sizes: ReadonlyMap<string, number>,
): readonly [number, number] {
  let best: readonly [number, number] = [0, 1];
  if (open.length === 2) return best;
  let [least, cheapest] = [Infinity, Infinity];
  const volume = (labels: Iterable<string>): number =>
    [...labels].reduce((product, label) => product * sizes.get(label)!, 1);
  for (let i = 0; i < open.length; i++) {
    for (let j = i + 1; j < open.length; j++) {
      const [a, b] = [open[i]!.labels, open[j]!.labels];
      const others = open.flatMap(({ labels }, k) => (k === i || k === j ? [] : labels));
      const kept = new Set([...output, ...others]);
      const both = new Set([...a, ...b]);
      const added = volume([...both].filter((label) => kept.has(label))) - volume(a) - volume(b);
      const cost = volume(both);
      if (added < least || (added === least && cost < cheapest)) {
        [best, least, cheapest] = [[i, j], added, cost];
      }
    }
  }
  return best;
}
