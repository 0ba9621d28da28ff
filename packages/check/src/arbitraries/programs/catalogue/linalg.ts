import * as core from '@tikhonov/core';
import { linalg, type Tensor } from '@tikhonov/core';
import type { Author, Known } from '../author.ts';
import { call, callWith, fixed, listExpression, operand } from '../calls.ts';
import { float, floatOf, type Item } from './item.ts';

/** A matrix close enough to 2, 4, 6, ... on the diagonal that its singular values are apart. */
function spread(author: Author, m: number, n: number, scale = 2): Known {
  const dtype = floatOf(author);
  const noise = float(author, [m, n], dtype, { min: -0.3, max: 0.3 }, true);
  const diagonal = Array.from({ length: m }, (_, i) =>
    Array.from({ length: n }, (_, j) => (i === j ? scale * (i + 1) : 0)),
  );
  const fixedPart = author.one({
    ...call('tensor', core.tensor, [fixed(diagonal), fixed({ dtype })]),
  });
  return author.one(callWith('add', core.add, 2), noise, fixedPart);
}

const symmetric = (author: Author, x: Known): Known => {
  const turned = author.one(callWith('transpose', core.transpose, 1), x);
  return author.one(
    callWith('mul', core.mul, 1, 0.5),
    author.one(callWith('add', core.add, 2), x, turned),
  );
};

const one = (
  name: keyof typeof linalg,
  f: (x: Tensor, options?: never) => Tensor,
  operand_: (author: Author, n: number) => Known,
  ...options: readonly unknown[]
): Item => ({
  name: `linalg.${name}`,
  write: (author) => {
    author.one(
      callWith(`linalg.${name}`, f, 1, ...options),
      operand_(author, author.dice.integer(1, 5)),
    );
  },
});

const square = (author: Author, n: number): Known => spread(author, n, n);
const tall = (author: Author, n: number): Known => spread(author, n + author.dice.integer(0, 2), n);

/** A function with a named group of results. */
const parts = (
  name: 'qr' | 'svd' | 'eigh' | 'slogdet',
  keys: readonly string[],
  operand_: (author: Author, n: number) => Known,
): Item => ({
  name: `linalg.${name}`,
  write: (author) => {
    const x = operand_(author, author.dice.integer(1, 4));
    author.emit(
      listExpression(
        `linalg.${name}`,
        ([y]) => {
          const made: Readonly<Record<string, Tensor>> = { ...linalg[name](y!) };
          return keys.map((key) => made[key]!);
        },
        ([y]) => `((r) => [${keys.map((key) => `r.${key}`).join(', ')}])(linalg.${name}(${y}))`,
      ),
      [x],
    );
  },
});

const solving = (name: 'solve' | 'triangularSolve' | 'lstsq'): Item => ({
  name: `linalg.${name}`,
  write: (author) => {
    const { dice } = author;
    const n = dice.integer(1, 5);
    const a = name === 'lstsq' ? tall(author, n) : square(author, n);
    const right = dice.once(2) && name !== 'triangularSolve' ? [] : [dice.integer(1, 4)];
    const b = float(author, [a.value.shape[0]!, ...right], a.value.dtype, {}, true);
    const options =
      name === 'triangularSolve' ? [{ upper: dice.once(2), transpose: dice.once(2) }] : [];
    author.one(
      call(`linalg.${name}`, linalg[name] as (...xs: never[]) => Tensor, [
        operand(0),
        operand(1),
        ...options.map(fixed),
      ]),
      a,
      b,
    );
  },
});

/** Linear algebra on matrices that are far from singular. */
export const linearAlgebra: readonly Item[] = [
  one('inverse', linalg.inverse, square),
  one('det', linalg.det, square),
  one('matrixExp', linalg.matrixExp, (author, n) => spread(author, n, n, 0.3)),
  one('pinv', linalg.pinv, tall),
  one('svdvals', linalg.svdvals, tall),
  one('eigvalsh', linalg.eigvalsh, (author, n) => symmetric(author, square(author, n))),
  one('cholesky', linalg.cholesky, (author, n) => symmetric(author, square(author, n))),
  parts('qr', ['q', 'r'], tall),
  parts('svd', ['u', 's', 'vh'], tall),
  parts('eigh', ['values', 'vectors'], (author, n) => symmetric(author, square(author, n))),
  parts('slogdet', ['sign', 'logabsdet'], square),
  solving('solve'),
  solving('triangularSolve'),
  solving('lstsq'),
];
