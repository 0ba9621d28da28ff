import * as core from '@tikhonov/core';
import type { Author, Known } from '../author.ts';
import { callWith, expression } from '../calls.ts';
import { float, floatOf, type Item, size } from './item.ts';

const small = { min: -1, max: 1 };

/** A matrix, or the transpose of one that is stored the other way. */
export function matrix(
  author: Author,
  batch: readonly number[],
  rows: number,
  columns: number,
  dtype: core.DType,
): Known {
  if (!author.dice.once(3)) return float(author, [...batch, rows, columns], dtype, small);
  const x = float(author, [...batch, columns, rows], dtype, small);
  return author.one(callWith('transpose', core.transpose, 1), x);
}

const matmul: Item = {
  name: 'matmul',
  weight: 4,
  write: (author) => {
    const { dice } = author;
    const dtype = floatOf(author);
    const batch = dice.once(4) ? [dice.integer(1, 3)] : [];
    const [n, k, m] = [size(author, 1, 17), size(author, 1, 19), size(author, 1, 18)];
    const x = dice.once(6) ? float(author, [k], dtype, small) : matrix(author, batch, n, k, dtype);
    const y = dice.once(6)
      ? float(author, [k], dtype, small)
      : matrix(author, dice.once(2) ? batch : [], k, m, dtype);
    author.one(callWith('matmul', core.matmul, 2), x, y);
  },
};

/** A layer: product, bias, activation. */
const layer: Item = {
  name: 'layer',
  weight: 3,
  write: (author) => {
    const { dice } = author;
    const dtype = floatOf(author);
    const [n, k, m] = [size(author, 1, 9), size(author, 1, 17), size(author, 1, 17)];
    const x = matrix(author, [], n, k, dtype);
    const product = author.one(
      callWith('matmul', core.matmul, 2),
      x,
      matrix(author, [], k, m, dtype),
    );
    const biased = author.one(
      callWith('add', core.add, 2),
      product,
      float(author, [m], dtype, small),
    );
    const { relu, tanh, sigmoid, gelu, softplus } = core;
    const [name, f] = dice.entry({ relu, tanh, sigmoid, gelu, softplus });
    author.one(callWith(name, f, 1), biased);
  },
};

const equations = ['ij,jk->ik', 'ij,jk->k', 'ij,jk->ijk', 'ij,jk->', 'ij,jk->ki'];
const einsum: Item = {
  name: 'einsum',
  write: (author) => {
    const dtype = floatOf(author);
    const [i, j, k] = [size(author, 1, 6), size(author, 1, 6), size(author, 1, 6)];
    const operands = [float(author, [i, j], dtype, small), float(author, [j, k], dtype, small)];
    const equation = author.dice.pick(equations);
    author.emit(
      expression(
        'einsum',
        ([x, y]) => core.einsum(equation, x!, y!),
        ([x, y]) => `einsum('${equation}', ${x}, ${y})`,
      ),
      operands,
    );
  },
};

const vectors: Item = {
  name: 'outer and dot',
  write: (author) => {
    const { dice } = author;
    const [dtype, n] = [floatOf(author), size(author, 1, 33)];
    const [name, f] = dice.entry({ outer: core.outer, dot: core.dot });
    const m = name === 'dot' ? n : size(author, 1, 9);
    author.one(
      callWith(name, f, 2),
      float(author, [n], dtype, small),
      float(author, [m], dtype, small),
    );
  },
};

const tensordot: Item = {
  name: 'tensordot',
  write: (author) => {
    const [dtype, i, j, k] = [
      floatOf(author),
      ...[5, 4, 3].map((n) => size(author, 1, n)),
    ] as const;
    const x = float(author, [i!, j!], dtype, small);
    const y = float(author, [k!, i!], dtype, small);
    author.one(callWith('tensordot', core.tensordot, 2, { axes: [[0], [1]] }), x, y);
  },
};

/** Products. */
export const products: readonly Item[] = [matmul, layer, einsum, vectors, tensordot];
