import type { Cell, Parameter } from '../cell.ts';
import { zeros, zerosLike } from '../create.ts';
import { TraceError } from '../errors.ts';
import { type Evaluator, frame, type SymbolicValue, within } from '../interpreter.ts';
import { createNode, type Node, newest } from '../tape.ts';
import { Tensor } from '../tensor.ts';
import { boundaryOf } from '../transforms/boundary.ts';

const unknown: SymbolicValue = {
  symbolic: true,
  describe: () => 'a value of a term that is switched off',
};

/**
 * What derivatives are taken with respect to. Zeros are handed to those at once: on the way there they would
 * meet what is infinite.
 */
const isLeaf = ({ edges, name }: Node): boolean => edges.length === 0 || name === 'input';

/** Gives what is run a shape and a dtype, and computes nothing. */
const nothing: Evaluator = {
  run: (_primitive, _inputs, _attrs, avals) => avals.map(() => unknown),
};

/**
 * A 0 in place of the scalar that `f` returns: it depends on whatever that would depend on, and its
 * derivatives are 0. So a term of strength 0 leaves parameters that only it uses a gradient of 0, where
 * they would have none. `f` is called, but none of its operations or checks runs, and cells keep their
 * values; only if it must look at elements, everything is computed, and not used.
 */
export function dormant(f: () => Tensor): Tensor {
  const { recordBelow, evaluator } = frame();
  const start = newest();
  let out: Tensor;
  try {
    out = undone(nothing, f);
  } catch (error) {
    if (!(error instanceof TraceError)) throw error;
    out = undone({ run: (...call) => evaluator.run(...call) }, f);
  }
  const zero = zeros([...out.shape], { dtype: out.dtype });
  const places = boundaryOf([out], (node) => node.id <= start && isLeaf(node)).filter(
    ({ node }) => node.level < recordBelow,
  );
  if (places.length === 0) return zero;
  const node = createNode({
    level: Math.min(...places.map((place) => place.node.level)),
    name: 'dormant',
    outputs: [{ shape: out.shape, dtype: out.dtype }],
    edges: places.map(({ node: parent, output }) => ({
      parent,
      output,
      pullback: () => zerosLike(parent.outputs[output]!),
    })),
    cell: null,
  });
  return new Tensor(zero.shape, zero.dtype, zero.payload, node);
}

/** Calls `f`; what it writes to cells is undone, and the evaluator around learns nothing of it. */
function undone({ run }: Evaluator, f: () => Tensor): Tensor {
  const values = new Map<Cell, Tensor>();
  const grads = new Map<Parameter, boolean>();
  const onWrite = (cell: Cell, value: Tensor): Tensor => {
    if (!values.has(cell)) values.set(cell, cell.peek());
    return value;
  };
  const onGrad = (parameter: Parameter): void => {
    if (!grads.has(parameter)) grads.set(parameter, parameter.hasGrad);
  };
  try {
    return within({ evaluator: { run, onWrite, onGrad } }, f);
  } finally {
    for (const [cell, value] of values) cell.swap(value);
    for (const [parameter, present] of grads) parameter.hasGrad = present;
  }
}
