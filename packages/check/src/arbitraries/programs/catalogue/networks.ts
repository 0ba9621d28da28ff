import * as core from '@tikhonov/core';
import { call, callWith, expression, fixed, operand } from '../calls.ts';
import { operandFor } from '../fit.ts';
import { drawShape } from '../values.ts';
import { float, floatOf, type Item, size } from './item.ts';

/** Layer normalization, operation by operation. */
const layerNorm: Item = {
  name: 'layer norm',
  weight: 2,
  write: (author) => {
    const dtype = floatOf(author);
    const x = float(author, drawShape(author, { minRank: 1, minSize: 2 }), dtype, {
      min: -2,
      max: 2,
    });
    const last = x.value.shape.at(-1)!;
    const axis = { axis: -1, keepdims: true };
    const center = author.one(callWith('mean', core.mean, 1, axis), x);
    const shifted = author.one(callWith('sub', core.sub, 2), x, center);
    const spread = author.one(
      callWith('mean', core.mean, 1, axis),
      author.one(callWith('square', core.square, 1), shifted),
    );
    const root = author.one(
      callWith('sqrt', core.sqrt, 1),
      author.one(callWith('add', core.add, 1, 0.1), spread),
    );
    const normal = author.one(callWith('div', core.div, 2), shifted, root);
    const scaled = author.one(callWith('mul', core.mul, 2), normal, float(author, [last], dtype));
    author.one(callWith('add', core.add, 2), scaled, float(author, [last], dtype));
  },
};

/** The mean of squared or absolute differences. */
const regression: Item = {
  name: 'regression loss',
  weight: 2,
  write: (author) => {
    const [shape, dtype] = [drawShape(author, { minSize: 1 }), floatOf(author)];
    const [x, y] = [float(author, shape, dtype), float(author, shape, dtype)];
    const difference = author.one(callWith('sub', core.sub, 2), x, y);
    const [name, f] = author.dice.entry({
      square: core.square,
      abs: core.abs,
      softplus: core.softplus,
    });
    author.one(callWith('mean', core.mean, 1), author.one(callWith(name, f, 1), difference));
  },
};

/** Cross-entropy of labels that must be in range, with a requirement that says so. */
const classification: Item = {
  name: 'cross-entropy',
  weight: 2,
  write: (author) => {
    const dtype = floatOf(author);
    const [n, classes] = [size(author, 1, 9), size(author, 2, 7)];
    const logits = float(author, [n, classes], dtype);
    const labels = operandFor(author, {
      shape: [n],
      dtype: 'int32',
      range: { min: 0, max: classes - 1 },
    });
    const logs = author.one(callWith('logSoftmax', core.logSoftmax, 1, { axis: 1 }), logits);
    const column = author.one(callWith('expandDims', core.expandDims, 1, 1), labels);
    const picked = author.one(callWith('gather', core.gather, 2, { axis: 1 }), logs, column);
    author.one(callWith('neg', core.neg, 1), author.one(callWith('mean', core.mean, 1), picked));
  },
};

/** Scaled dot-product attention with a causal mask. */
const attention: Item = {
  name: 'attention',
  write: (author) => {
    const dtype = floatOf(author);
    const [n, d] = [size(author, 1, 9), size(author, 1, 5)];
    const [q, k, v] = [1, 2, 3].map(() => float(author, [n, d], dtype, { min: -1, max: 1 }));
    const turned = author.one(callWith('transpose', core.transpose, 1), k!);
    const scores = author.one(callWith('matmul', core.matmul, 2), q!, turned);
    const masked = author.one(
      expression(
        'where',
        ([s]) => core.where(core.greater(core.tril(core.ones([n, n])), 0), s!, -Infinity),
        ([s]) => `where(greater(tril(ones([${n}, ${n}])), 0), ${s}, -Infinity)`,
      ),
      scores,
    );
    const weights = author.one(callWith('softmax', core.softmax, 1, { axis: 1 }), masked);
    author.one(callWith('matmul', core.matmul, 2), weights, v!);
  },
};

/** A step of an optimizer with momentum. */
const momentum: Item = {
  name: 'moments',
  write: (author) => {
    const [shape, dtype] = [drawShape(author), floatOf(author)];
    const [m, g] = [float(author, shape, dtype), float(author, shape, dtype)];
    const scaled = author.one(call('mul', core.mul, [operand(0), fixed(0.9)]), m);
    const next = author.one(
      callWith('add', core.add, 2),
      scaled,
      author.one(call('mul', core.mul, [fixed(0.1), operand(0)]), g),
    );
    const root = author.one(
      callWith('sqrt', core.sqrt, 1),
      author.one(callWith('square', core.square, 1), next),
    );
    author.one(
      callWith('div', core.div, 2),
      next,
      author.one(callWith('add', core.add, 1, 1e-3), root),
    );
  },
};

/** Chains that networks are made of. */
export const networks: readonly Item[] = [
  layerNorm,
  regression,
  classification,
  attention,
  momentum,
];
