import type { Value } from '../graph/graph.ts';
import { bytesOf } from '../kernels/map/elements.ts';
import { dense } from '../layout/layout.ts';
import type { Lowerings } from '../lower/lowerings.ts';
import { along, walkOf } from './along.ts';
import { biasOf } from './bias.ts';
import type { Group } from './group.ts';
import { type FusedKernel, kernelOf } from './kernel.ts';
import type { Place, Places } from './places.ts';

/** An operand of an epilogue, as the product's result is walked through. */
export interface Operand {
  readonly root: Value;
  /** Per axis of the product's result. */
  readonly strides: readonly number[];
  readonly offset: number;
}

/** What a product does to its elements before it stores them. */
export interface Ending {
  /** The row that sums start from. */
  readonly bias: Place | null;
  /** The maps, of which one input is the product's element: see `argument`. */
  readonly kernel: FusedKernel | null;
  readonly argument: number;
  /** The kernel's inputs. */
  readonly operands: readonly Operand[];
  /** What is stored: the first where the product would be. Nodes of the kernel; -1 for the argument. */
  readonly results: readonly { readonly value: Value; readonly node: number }[];
}

/**
 * What an epilogue comes to.
 *
 * @param needed  whether a value is used outside of the unit
 */
export function endingOf(
  product: Value,
  epilogue: Group | null,
  places: Places,
  lowerings: Lowerings,
  needed: (value: Value) => boolean,
): Ending {
  const plain = { kernel: null, argument: 0, operands: [] };
  if (epilogue === null) {
    return { ...plain, bias: null, results: [{ value: product, node: -1 }] };
  }
  const { axes, members } = epilogue;
  let sum = product;
  let rest = members;
  let bias: Place | null = null;
  const own = walkThrough(product, epilogue);
  const users = members.filter(({ operands }) => operands.some(({ root }) => root === product));
  if (users.length === 1 && !needed(product)) {
    bias = biasOf(product, axes, own, users[0]!);
    // A bias is added with the product, so it must be there before.
    if (bias !== null && isMade(members, bias)) bias = null;
    if (bias !== null) {
      sum = users[0]!.equation.outputs[0]!;
      rest = members.filter((member) => member !== users[0]);
    }
  }
  if (rest.length === 0) return { ...plain, bias, results: [{ value: sum, node: -1 }] };
  const kernel = kernelOf({ axes, reduced: null, members: rest }, places, lowerings, needed);
  const argument = kernel.inputs.indexOf(sum);
  const operands = kernel.inputs.map((root, k) => {
    const { strides, offset } = kernel.spec.inputs[k]!;
    const found = along(product.shape, axes, own, strides);
    if (found === null) throw new Error('internal: an epilogue walks otherwise than its product.');
    return { root, strides: found, offset };
  });
  const made = kernel.outputs.map((value, k) => ({ value, node: kernel.spec.outputs[k]!.node }));
  const size = bytesOf(product.dtype);
  const first = made.findIndex(({ value }) => bytesOf(value.dtype) === size);
  const raw = { value: sum, node: -1 };
  if (needed(sum) || first < 0)
    return { bias, kernel, argument, operands, results: [raw, ...made] };
  const results = [made[first]!, ...made.filter((_, k) => k !== first)];
  return { bias, kernel, argument, operands, results };
}

/** How an epilogue's group walks through the product. */
function walkThrough(product: Value, { axes, members }: Group): readonly number[] {
  for (const { equation, result } of members) {
    const [value] = equation.outputs;
    if (result !== null) return walkOf(dense(value!.shape).strides, result, axes.length);
  }
  throw new Error(`internal: value ${product.id} has an empty epilogue.`);
}

/** Whether a value is the result of one of the maps. */
const isMade = (members: Group['members'], { root }: Place): boolean =>
  members.some(({ equation }) => equation.outputs.includes(root));
