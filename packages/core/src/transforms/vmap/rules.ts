import { bind } from '../../bind.ts';
import { type AnyPrimitive, type Batched, erase, type Primitive } from '../../primitive.ts';
import { absP } from '../../primitives/abs.ts';
import { add, addP } from '../../primitives/add.ts';
import { acosP, asinP } from '../../primitives/asin-acos.ts';
import { acoshP, asinhP, atanhP } from '../../primitives/asinh-acosh-atanh.ts';
import { astypeP } from '../../primitives/astype.ts';
import { atan2P, atanP } from '../../primitives/atan.ts';
import { axpbyP } from '../../primitives/axpby.ts';
import { checkP } from '../../primitives/check.ts';
import { equalP, lessEqualP, lessP, notEqualP } from '../../primitives/compare.ts';
import { concatP } from '../../primitives/concat.ts';
import { divP } from '../../primitives/div.ts';
import { erfcP, erfP } from '../../primitives/erf-erfc.ts';
import { erfinvP } from '../../primitives/erfinv.ts';
import { expP } from '../../primitives/exp.ts';
import { expm1P } from '../../primitives/expm1.ts';
import { maximumP, minimumP } from '../../primitives/extremum.ts';
import { flipP } from '../../primitives/flip.ts';
import { floorP } from '../../primitives/floor.ts';
import { gatherP, scatterAddP } from '../../primitives/gather-scatter.ts';
import { logP } from '../../primitives/log.ts';
import { log1pP } from '../../primitives/log1p.ts';
import { log2P, log10P } from '../../primitives/log2-log10.ts';
import { logicalAndP, logicalNotP } from '../../primitives/logical.ts';
import { matmulP } from '../../primitives/matmul.ts';
import { argmaxP, maxP } from '../../primitives/max.ts';
import { mul, mulP } from '../../primitives/mul.ts';
import { negP } from '../../primitives/neg.ts';
import { normP } from '../../primitives/norm.ts';
import { powP } from '../../primitives/pow.ts';
import { floorDivideP, remainderP } from '../../primitives/remainder.ts';
import { reshape, reshapeP } from '../../primitives/reshape.ts';
import { roundP } from '../../primitives/round.ts';
import { sigmoidP } from '../../primitives/sigmoid.ts';
import { signP } from '../../primitives/sign.ts';
import { cosP, sinP } from '../../primitives/sin-cos.ts';
import { coshP, sinhP } from '../../primitives/sinh-cosh.ts';
import { padP, sliceP } from '../../primitives/slice-pad.ts';
import { softplusP } from '../../primitives/softplus.ts';
import { sqrtP } from '../../primitives/sqrt.ts';
import { subP } from '../../primitives/sub.ts';
import { broadcastTo, broadcastToP, sumP } from '../../primitives/sum-broadcast.ts';
import { tanhP } from '../../primitives/tanh.ts';
import { permuteP } from '../../primitives/transpose.ts';
import { whereP } from '../../primitives/where.ts';
import { sumWindowsP, windowsP } from '../../primitives/windows.ts';
import type { Tensor } from '../../tensor.ts';

// Apart from the primitives' own files, so that who does not use vmap does not load its rules.

/** The primitive on all examples at once; the result has them along axis 0. */
export type BatchingRule = (operands: readonly Batched[], attrs: unknown, size: number) => Tensor;

/** The operand with an axis of examples, shared values repeated without a copy. */
const spread = ({ tensor, batched }: Batched, size: number): Tensor =>
  batched ? tensor : broadcastTo(tensor, [size, ...tensor.shape]);

/** A rule that runs the primitive itself with other attributes. */
function same<N extends number, Attrs>(
  primitive: Primitive<N, Attrs>,
  shift: (attrs: Attrs, size: number) => Attrs,
): [AnyPrimitive, BatchingRule] {
  const erased = erase(primitive);
  return [
    erased,
    (operands, attrs, size) =>
      bind(
        erased,
        operands.map((operand) => spread(operand, size)),
        shift(attrs as Attrs, size),
      ),
  ];
}

const elementwise = <N extends number, Attrs>(
  primitive: Primitive<N, Attrs>,
): [AnyPrimitive, BatchingRule] => same(primitive, (attrs) => attrs);

const oneAxis = <N extends number, Attrs extends { readonly axis: number }>(
  primitive: Primitive<N, Attrs>,
): [AnyPrimitive, BatchingRule] => same(primitive, (attrs) => ({ ...attrs, axis: attrs.axis + 1 }));

const someAxes = <N extends number, Attrs extends { readonly axes: readonly number[] }>(
  primitive: Primitive<N, Attrs>,
): [AnyPrimitive, BatchingRule] =>
  same(primitive, (attrs) => ({ ...attrs, axes: attrs.axes.map((axis) => axis + 1) }));

const axpbyRule: BatchingRule = ([x, y, a, b], _attrs, size) => {
  const factor = (operand: Batched): Tensor => {
    const all = spread(operand, size);
    return reshape(all, [size, ...x!.tensor.shape.slice(x!.batched ? 1 : 0).map(() => 1)]);
  };
  return add(mul(spread(x!, size), factor(a!)), mul(spread(y!, size), factor(b!)));
};

const matmulRule: BatchingRule = ([a, b], attrs, size) => {
  const [left, right] = [a!.tensor, b!.tensor];
  if (a!.batched && !b!.batched && left.rank === 3) {
    // All rows against one matrix: a single product.
    const [, n, inner] = left.shape as readonly [number, number, number];
    const rows = bind(matmulP, [reshape(left, [size * n, inner]), right], null);
    return reshape(rows, [size, n, right.shape[1]!]);
  }
  return bind(erase(matmulP), [spread(a!, size), spread(b!, size)], attrs);
};

const broadcastRule: BatchingRule = ([x], attrs, size) => {
  const { shape } = attrs as { readonly shape: readonly number[] };
  const inner = x!.tensor.shape.slice(1);
  const aligned = [size, ...new Array<number>(shape.length - inner.length).fill(1), ...inner];
  return broadcastTo(reshape(x!.tensor, aligned), [size, ...shape]);
};

/**
 * How primitives run on all examples at once, by primitive. One without a rule here runs example by
 * example.
 */
export const batchingRules: ReadonlyMap<AnyPrimitive, BatchingRule> = /* @__PURE__ */ new Map([
  elementwise(absP),
  elementwise(acosP),
  elementwise(acoshP),
  elementwise(addP),
  elementwise(asinP),
  elementwise(asinhP),
  elementwise(astypeP),
  elementwise(atan2P),
  elementwise(atanP),
  elementwise(atanhP),
  elementwise(checkP),
  elementwise(cosP),
  elementwise(coshP),
  elementwise(divP),
  elementwise(equalP),
  elementwise(erfP),
  elementwise(erfcP),
  elementwise(erfinvP),
  elementwise(expP),
  elementwise(expm1P),
  elementwise(floorDivideP),
  elementwise(floorP),
  elementwise(lessEqualP),
  elementwise(lessP),
  elementwise(log10P),
  elementwise(log1pP),
  elementwise(log2P),
  elementwise(logP),
  elementwise(logicalAndP),
  elementwise(logicalNotP),
  elementwise(maximumP),
  elementwise(minimumP),
  elementwise(mulP),
  elementwise(negP),
  elementwise(notEqualP),
  elementwise(powP),
  elementwise(remainderP),
  elementwise(roundP),
  elementwise(sigmoidP),
  elementwise(signP),
  elementwise(sinP),
  elementwise(sinhP),
  elementwise(softplusP),
  elementwise(sqrtP),
  elementwise(subP),
  elementwise(tanhP),
  elementwise(whereP),
  // They act on the last axes, whatever comes before.
  elementwise(sumWindowsP),
  elementwise(windowsP),
  oneAxis(argmaxP),
  oneAxis(concatP),
  oneAxis(gatherP),
  oneAxis(scatterAddP),
  someAxes(flipP),
  someAxes(maxP),
  someAxes(normP),
  someAxes(sumP),
  same(reshapeP, ({ shape }, size) => ({ shape: [size, ...shape] })),
  same(permuteP, ({ permutation }) => ({ permutation: [0, ...permutation.map((k) => k + 1)] })),
  same(sliceP, ({ starts, stops, steps }, size) => ({
    starts: [0, ...starts],
    stops: [size, ...stops],
    steps: [1, ...steps],
  })),
  same(padP, ({ low, high, interior }) => ({
    low: [0, ...low],
    high: [0, ...high],
    interior: [0, ...interior],
  })),
  [erase(axpbyP), axpbyRule],
  [erase(broadcastToP), broadcastRule],
  [erase(matmulP), matmulRule],
]);
