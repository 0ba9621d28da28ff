import { isFloating } from '@tikhonov/array';
import { NoDerivativeError } from './errors.ts';
import { frame } from './interpreter.ts';
import {
  type AnyPrimitive,
  erase,
  type Items,
  type MultiPrimitive,
  type Primitive,
} from './primitive.ts';
import { createNode, type Edge, type NodePullback } from './tape.ts';
import { Tensor } from './tensor.ts';

/**
 * Runs a primitive: infers the output, lets the evaluator produce it, and records how to pull a
 * cotangent back to each tracked input. Every operation of the library comes through here.
 */
export function bind<N extends number, Attrs>(
  primitive: Primitive<N, Attrs>,
  inputs: Items<Tensor, N>,
  attrs: Attrs,
): Tensor {
  const { evaluator, recordBelow } = frame();
  const list: readonly Tensor[] = inputs;
  const erased = erase(primitive);
  const aval = erased.infer(list, attrs);
  const [payload] = evaluator.run(erased, list.map(payloadOf), attrs, [aval], list);
  const level = lowestLevel(list);
  if (level >= recordBelow || level === Infinity || !isFloating(aval.dtype)) {
    return new Tensor(aval.shape, aval.dtype, payload!);
  }
  refuseIfNone(erased);
  // The answer that a rule captures must itself be tracked, or second derivatives through it die:
  // so the tracked tensor exists first, and its edges are filled in afterwards.
  const edges: Edge[] = [];
  const node = createNode({ level, name: primitive.name, outputs: [aval], edges, cell: null });
  const ans = new Tensor(aval.shape, aval.dtype, payload!, node);
  for (let i = 0; i < list.length; i++) {
    const input = list[i]!;
    if (input.node === null || input.level >= recordBelow) continue;
    const rule = erased.vjp(i);
    if (rule === null) continue;
    const pullback = rule(ans, list, attrs);
    edges.push({ parent: input.node, output: input.output, pullback: single(pullback) });
  }
  return edges.length === 0 ? new Tensor(aval.shape, aval.dtype, payload!) : ans;
}

/** As `bind`, for a primitive with several outputs. */
export function bindMulti<N extends number, Attrs>(
  primitive: MultiPrimitive<N, Attrs>,
  inputs: Items<Tensor, N>,
  attrs: Attrs,
): readonly Tensor[] {
  const { evaluator, recordBelow } = frame();
  const list: readonly Tensor[] = inputs;
  const erased = erase(primitive);
  const avals = erased.infer(list, attrs);
  const payloads = evaluator.run(erased, list.map(payloadOf), attrs, avals, list);
  const plain = avals.map((aval, k) => new Tensor(aval.shape, aval.dtype, payloads[k]!));
  const level = lowestLevel(list);
  if (level >= recordBelow || level === Infinity) return plain;
  refuseIfNone(erased);
  const edges: Edge[] = [];
  const node = createNode({ level, name: primitive.name, outputs: avals, edges, cell: null });
  const ans = avals.map((aval, k) =>
    isFloating(aval.dtype) ? new Tensor(aval.shape, aval.dtype, payloads[k]!, node, k) : plain[k]!,
  );
  for (let i = 0; i < list.length; i++) {
    const input = list[i]!;
    if (input.node === null || input.level >= recordBelow) continue;
    const rule = erased.vjp(i);
    if (rule === null) continue;
    const pullback = rule(ans, list, attrs);
    edges.push({ parent: input.node, output: input.output, pullback });
  }
  return edges.length === 0 ? plain : ans;
}

function refuseIfNone({ name, nondifferentiable }: AnyPrimitive): void {
  if (nondifferentiable === undefined) return;
  throw new NoDerivativeError(
    `${name}: has no derivative: ${nondifferentiable}.\n  Pass stopGradient(x) if x counts as a constant here.`,
  );
}

const payloadOf = (x: Tensor): Tensor['payload'] => x.payload;

const single =
  (pullback: (g: Tensor) => Tensor): NodePullback =>
  (gs) =>
    pullback(gs[0]!);

function lowestLevel(inputs: readonly Tensor[]): number {
  let level = Infinity;
  for (const input of inputs) if (input.level < level) level = input.level;
  return level;
}
