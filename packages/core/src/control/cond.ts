import { isFloating } from '@tikhonov/array';
import { backpropagate } from '../backpropagate.ts';
import type { Cell, Parameter } from '../cell.ts';
import { zerosLike } from '../create.ts';
import { requireFunction, TraceError } from '../errors.ts';
import { frame, isConcrete, within } from '../interpreter.ts';
import { createNode, type Node, newest } from '../tape.ts';
import { Tensor } from '../tensor.ts';
import { boundaryOf, jointPullback } from '../transforms/boundary.ts';
import { rebound, silent } from '../transforms/replay.ts';
import type { Flat, Tree, TreeParts } from '../tree.ts';
import { runBranches } from './cond-primitive.ts';
import { leavesAlike, outputsOf } from './outputs.ts';
import { type Predicate, requirePredicate } from './predicate.ts';
import { labelOf, type Recorded, RegionRecorder } from './recorder.ts';

/**
 * What one of two functions returns: `onTrue()` if the predicate holds, else `onFalse()`. Only the one
 * that is chosen runs, with its checks and its writes to cells; derivatives of any order, also with
 * respect to what the functions close over, are those of the chosen one.
 *
 * In a compiled function both are compiled, and each call runs one. Under `vmap` with a predicate that
 * differs between examples both run and every example selects; a derivative selects too, so that what is
 * infinite in the other branch does no harm. To choose per element, use `where`.
 *
 * @param predicate  bool scalar `[]`, a cell that holds one, or a JS boolean
 * @param onTrue  returns a tensor or a tree of tensors; takes no arguments, but may close over tensors,
 * cells and parameters
 * @param onFalse  as `onTrue`, with a result of the same structure, shapes and dtypes
 * @throws TypeError, DTypeError or ShapeError if the predicate is not a bool scalar
 * @throws TypeError, ShapeError or DTypeError if the branches differ (where both are looked at: not in a
 * plain call)
 * @throws TraceError in a trace, if only one branch leaves a parameter with a gradient
 * @see JAX's `lax.cond`
 * @example
 * ```ts
 * const safeLog = (x: Tensor) => cond(greater(x, 0), () => log(x), () => zerosLike(x));
 * safeLog(tensor(1)).item(); // => 0
 * safeLog(tensor(-1)).item(); // => 0
 * grad(safeLog)(tensor(2)).item(); // => 0.5
 * grad(safeLog)(tensor(-1)).item(); // => 0
 * ```
 */
export function cond<Out extends Tree<Tensor> | TreeParts<Out, Tensor> = Tensor>(
  predicate: Predicate,
  onTrue: () => Out,
  onFalse: () => Out,
): Out {
  requireFunction('cond', onTrue);
  requireFunction('cond', onFalse);
  const chosen = requirePredicate('cond: the predicate', predicate);
  if (typeof chosen === 'boolean' || isConcrete(chosen.payload)) {
    const taken = typeof chosen === 'boolean' ? chosen : chosen.item() !== 0;
    const out = outputsOf('cond', taken ? onTrue() : onFalse());
    return out.rebuild<Out>(out.leaves);
  }
  return record<Out>(chosen, [onTrue, onFalse]);
}

type Branch = () => unknown;

/**
 * Records both branches, and runs them as one primitive. Its derivative is not that of the regions, which
 * know nothing of `stopGradient` or `customGradient`, but a second `cond`: as `checkpoint`, each branch of
 * it calls the function again and pulls back through that.
 */
function record<Out>(predicate: Tensor, branches: readonly [Branch, Branch]): Out {
  const { depth, recordBelow, evaluator } = frame();
  const start = newest();
  const sides = branches.map((branch) => {
    const recorder = new RegionRecorder(evaluator);
    return { recorder, branch, ...recorder.record(() => outputsOf('cond', branch())) };
  }) as readonly Side[] as readonly [Side, Side];
  const { out } = sides[0];
  const leaves = sides.map((side) => leavesOf(out, side.out));
  const grads = gradsAfter(sides);
  const cells = writtenBy(sides, grads);
  const outputs = runBranches(
    predicate,
    sides.map(({ recorder, writes }, k) => {
      const state = cells.map((cell) => writes.get(cell) ?? cell.read());
      return { recorder, out: [...leaves[k]!, ...state] };
    }),
  );
  for (const [i, cell] of cells.entries()) cell.write(outputs[out.leaves.length + i]!);
  for (const [parameter, present] of grads) parameter.hasGrad = present;

  const floats = out.leaves.flatMap(({ dtype }, k) => (isFloating(dtype) ? [k] : []));
  const before = (node: Node): boolean => node.id <= start;
  const places = boundaryOf(
    leaves.flatMap((side) => floats.map((k) => side[k]!)),
    before,
  );
  if (places.length === 0) return out.rebuild<Out>(outputs.slice(0, out.leaves.length));
  const oldest = places[0]!.node.id;

  const pullBack = ({ recorder, branch }: Side, gs: readonly Tensor[]): readonly Tensor[] => {
    const again = rebound(recorder.state, () =>
      within({ depth, recordBelow, evaluator: silent(frame().evaluator) }, () =>
        leavesOf(out, outputsOf('cond', branch())),
      ),
    );
    const seeds = floats.map((k, i) => ({ output: again[k]!, cotangent: gs[i]! }));
    const found = backpropagate(seeds, before, oldest);
    return places.map(
      ({ node, output }) => found.get(node)?.[output] ?? zerosLike(node.outputs[output]!),
    );
  };
  const pullback = jointPullback((gs) =>
    cond<readonly Tensor[]>(
      predicate,
      () => pullBack(sides[0], gs),
      () => pullBack(sides[1], gs),
    ),
  );
  const node = createNode({
    level: Math.min(...places.map((place) => place.node.level)),
    name: 'cond',
    outputs: floats.map((k) => outputs[k]!).map(({ shape, dtype }) => ({ shape, dtype })),
    edges: places.map(({ node: parent, output }, i) => ({ parent, output, pullback: pullback(i) })),
    cell: null,
  });
  return out.rebuild<Out>(
    out.leaves.map((_, k) => {
      const x = outputs[k]!;
      const tracked = leaves.some((side) => side[k]!.node !== null);
      return tracked ? new Tensor(x.shape, x.dtype, x.payload, node, floats.indexOf(k)) : x;
    }),
  );
}

/** A branch and what it did. */
interface Side extends Recorded<Flat<Tensor>> {
  readonly recorder: RegionRecorder;
  readonly branch: Branch;
}

const leavesOf = (want: Flat<Tensor>, got: Flat<Tensor>): readonly Tensor[] =>
  leavesAlike(
    'cond',
    want,
    got,
    (second, first, place) =>
      `cond: the branches return different tensors${place}: ${first} if true, ${second} if false.\n` +
      '  Give both results the same structure, shapes and dtypes.',
  );

/** Whether the parameters whose gradients a branch touched have one afterwards. */
function gradsAfter(sides: readonly Side[]): ReadonlyMap<Parameter, boolean> {
  const parameters = new Set(sides.flatMap(({ grads }) => [...grads.keys()]));
  return new Map(
    [...parameters].map((parameter) => {
      const [first, second] = sides.map(({ grads }) => grads.get(parameter) ?? parameter.hasGrad);
      if (first !== second) {
        throw new TraceError(
          `cond: only one of the branches leaves ${labelOf(parameter)} with a gradient.\n` +
            '  Call backward() and zeroGrad() in both, or outside on what cond returns.',
        );
      }
      return [parameter, first!] as const;
    }),
  );
}

/** The cells that a branch wrote; what a gradient held before it was forgotten concerns nobody. */
function writtenBy(
  sides: readonly Side[],
  grads: ReadonlyMap<Parameter, boolean>,
): readonly Cell[] {
  const cells = new Set(sides.flatMap(({ writes }) => [...writes.keys()]));
  for (const [parameter, present] of grads) if (!present) cells.delete(parameter.gradCell);
  return [...cells];
}
