import type { Operation } from '@tikhonov/check';
import { operation } from '@tikhonov/check';
import * as core from '@tikhonov/core';
import { anyAxis, binary, reduced, unary, unaryWith } from './draws.ts';

const discrete = 'the result is bool';
const integers = [-3, -2, -1, 0, 1, 2, 3];

/** Elementwise functions and activations that are composed of primitives. */
export const elementwise: readonly Operation[] = [
  unary('ceil', core.ceil, { avoid: integers, note: 'derivative 0 everywhere' }),
  unary('trunc', core.trunc, { avoid: integers, note: 'derivative 0 everywhere' }),
  unary('tan', core.tan, { min: -1.3, max: 1.3 }),
  unary('exp2', core.exp2),
  unary('reciprocal', core.reciprocal, { avoid: [0], note: 'infinite at 0' }),
  unary('rsqrt', core.rsqrt, { min: 0.1 }),
  unary('square', core.square),
  binary('hypot', core.hypot, { x: { avoid: [0] }, y: { avoid: [0] } }),
  binary('logaddexp', core.logaddexp),
  binary('outer', (x, y) => core.outer(core.flatten(x), core.flatten(y))),
  operation('lerp', (draw) => {
    const shape = draw.shape();
    const [a, b] = [draw.tensor(shape), draw.tensor(reduced(draw, shape))];
    return [(x, y, w) => core.lerp(x!, y!, w!), a, b, draw.tensor(reduced(draw, shape))];
  }),
  unaryWith('clamp', core.clamp, (draw) => ({ min: draw.pick([-1, -2]), max: draw.pick([1, 2]) }), {
    avoid: [-2, -1, 1, 2],
    note: 'derivative 1 at the bounds',
  }),
  operation('maskedFill', (draw) => {
    const shape = draw.shape();
    const mask = draw.booleans(shape);
    return [(x, m) => core.maskedFill(x!, m!, 0.5), draw.tensor(shape), mask];
  }),
  unary('nanToNum', core.nanToNum, { nonFinite: 'it is replaced' }),
  binary('isClose', core.isClose, { discrete }),
  binary('allClose', core.allClose, { discrete }),
  operation(
    'logicalXor',
    (draw) => {
      const shape = draw.shape();
      return [(x, y) => core.logicalXor(x!, y!), draw.booleans(shape), draw.booleans(shape)];
    },
    { discrete },
  ),
  unary('isNaN', core.isNaN, { discrete }),
  unary('isFinite', core.isFinite, { discrete }),
  unary('isInf', core.isInf, { discrete }),
  binary('greater', core.greater, { discrete }),
  binary('greaterEqual', core.greaterEqual, { discrete }),
  operation(
    'logicalOr',
    (draw) => {
      const shape = draw.shape();
      return [(x, y) => core.logicalOr(x!, y!), draw.booleans(shape), draw.booleans(shape)];
    },
    { discrete },
  ),
  unary('relu', core.relu, { avoid: [0], note: 'derivative 0 at 0' }),
  unary('relu6', core.relu6, { max: 8, avoid: [0, 6], note: 'derivative 0 at 0 and 6' }),
  unaryWith('leakyRelu', core.leakyRelu, (draw) => ({ negativeSlope: draw.pick([0.01, 0.2]) }), {
    avoid: [0],
  }),
  operation('prelu', (draw) => {
    const shape = draw.shape({ minRank: 2 });
    const weight = draw.tensor([draw.pick([1, shape[1]!])]);
    return [(x, w) => core.prelu(x!, w!), draw.tensor(shape, { avoid: [0] }), weight];
  }),
  unaryWith('threshold', core.threshold, () => ({ threshold: 0.5, value: -1 }), { avoid: [0.5] }),
  unaryWith('elu', core.elu, (draw) => ({ alpha: draw.pick([1, 0.5]) }), { avoid: [0] }),
  unaryWith('celu', core.celu, (draw) => ({ alpha: draw.pick([1, 0.5]) }), { avoid: [0] }),
  unary('selu', core.selu, { avoid: [0] }),
  unary('silu', core.silu),
  unary('mish', core.mish),
  unaryWith('gelu', core.gelu, (draw) => ({ approximate: draw.pick(['none', 'tanh'] as const) })),
  operation('glu', (draw) => {
    const shape = draw.shape({ minRank: 1 });
    const axis = anyAxis(draw, shape.length);
    const at = axis < 0 ? axis + shape.length : axis;
    const even = shape.map((n, k) => (k === at ? 2 * n : n));
    return [(x) => core.glu(x!, { axis }), draw.tensor(even)];
  }),
  unaryWith('hardtanh', core.hardtanh, () => ({ minVal: -1, maxVal: 2 }), { avoid: [-1, 2] }),
  unary('hardsigmoid', core.hardsigmoid, { min: -4, max: 4, avoid: [-3, 3] }),
  unary('hardswish', core.hardswish, { min: -4, max: 4, avoid: [-3, 3] }),
  unary('logSigmoid', core.logSigmoid),
  unary('softsign', core.softsign, { avoid: [0] }),
  ...(
    [
      ['softmax', core.softmax],
      ['softmin', core.softmin],
      ['logSoftmax', core.logSoftmax],
    ] as const
  ).map(([name, f]) =>
    unaryWith(name, f, (draw, x) => ({ axis: anyAxis(draw, x.rank) }), { minRank: 1 }),
  ),
];
