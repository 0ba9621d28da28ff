import * as core from '@tikhonov/core';
import { random } from '@tikhonov/core';
import type { Author, Known } from '../author.ts';
import { call, callWith, fixed, operand } from '../calls.ts';
import { operandFor } from '../fit.ts';
import { drawShape } from '../values.ts';
import { float, floatOf, type Item } from './item.ts';

/** A key, or one derived from a key. */
function key(author: Author): Known {
  const given = operandFor(author, { shape: [2], dtype: 'uint32' });
  if (author.dice.once(2)) return given;
  return author.one(callWith('random.foldIn', random.foldIn, 1, author.dice.integer(0, 9)), given);
}

/** Draws that are the same to the bit wherever they are made. */
const distributions = [
  'uniform',
  'normal',
  'truncatedNormal',
  'exponential',
  'gumbel',
  'laplace',
  'rademacher',
] as const;
const draw: Item = {
  name: 'random draw',
  weight: 2,
  write: (author) => {
    const name = author.dice.pick(distributions);
    const shape = drawShape(author);
    author.one(
      callWith(`random.${name}`, random[name] as (from: core.Tensor) => core.Tensor, 1, shape, {
        dtype: floatOf(author),
      }),
      key(author),
    );
  },
};

const whole: Item = {
  name: 'random integers',
  write: (author) => {
    const from = key(author);
    const shape = drawShape(author);
    if (author.dice.once(3))
      return void author.one(
        callWith('random.permutation', random.permutation, 1, author.dice.integer(1, 12)),
        from,
      );
    author.one(callWith('random.randint', random.randint, 1, shape, -3, 5), from);
  },
};

const rates: Item = {
  name: 'random counts',
  write: (author) => {
    const dtype = floatOf(author);
    const rate = operandFor(author, {
      shape: drawShape(author, { maxRank: 2 }),
      dtype,
      range: { min: 0.1, max: 20 },
      exact: true,
      finite: true,
    });
    const name = author.dice.pick(['poisson', 'gamma'] as const);
    const f = random[name] as (...args: never[]) => core.Tensor;
    const options = name === 'gamma' ? [fixed(rate.value.shape), fixed({ dtype })] : [];
    author.one(call(`random.${name}`, f, [operand(0), operand(1), ...options]), key(author), rate);
  },
};

/** A mask, applied and made up for. */
const dropout: Item = {
  name: 'dropout',
  weight: 3,
  write: (author) => {
    const x = float(author, drawShape(author), floatOf(author));
    const keep = author.dice.pick([0.5, 0.9, 0.25]);
    const mask = author.one(
      callWith('random.bernoulli', random.bernoulli, 1, x.value.shape, keep),
      key(author),
    );
    const scaled = author.one(callWith('div', core.div, 1, keep), x);
    author.one(call('where', core.where, [operand(0), operand(1), fixed(0)]), mask, scaled);
  },
};

/** Random draws. */
export const draws: readonly Item[] = [draw, whole, rates, dropout];
