import * as core from '@tikhonov/core';
import { isFloating } from '@tikhonov/core';
import { Author, type Known, Rejection } from '../author.ts';
import { callWith } from '../calls.ts';
import { operandFor } from '../fit.ts';
import { type Derivative, derivative } from '../nested-calls.ts';
import type { Fill, Item } from './item.ts';

const kinds: readonly Derivative[] = ['grad', 'grad', 'vjp', 'vjp', 'jvp', 'hvp'];

/** Values of the function that depend on its first parameters, floating and finite. */
function outcomes(
  inner: Author,
  parameters: readonly Known[],
  dependent: ReadonlySet<number>,
): Known[] {
  return inner.known.filter(
    ({ ref, value, finite }) =>
      (finite || inner.odd) &&
      isFloating(value.dtype) &&
      dependent.has(ref) &&
      !parameters.some((p) => p.ref === ref),
  );
}

/** Numbers of values that are computed from the given ones. */
function reached(inner: Author, from: readonly Known[]): Set<number> {
  const found = new Set(from.map(({ ref }) => ref));
  for (const { operands, results } of inner.body([], []).steps) {
    if (operands.some((ref) => found.has(ref))) for (const ref of results) found.add(ref);
  }
  return found;
}

/** Derivatives of functions with some operations. */
export const derivatives = (fill: Fill): readonly Item[] => [
  {
    name: 'derivative',
    weight: 8,
    write: (author) => {
      const { dice } = author;
      const kind = dice.pick(kinds);
      const dtype = dice.pick(author.floats);
      const floats = author.known.filter(
        ({ value, finite }) =>
          (finite || author.odd) && value.dtype === dtype && value.size > 0 && value.size <= 300,
      );
      if (floats.length === 0) throw new Rejection('nothing to differentiate by');
      const own = distinct(Array.from({ length: dice.integer(1, 2) }, () => dice.pick(floats)));
      const others = dice.once(2) ? [] : distinct([dice.pick(author.known)]);
      const inner = new Author([dtype], author, { kind: 'function', odd: author.odd });
      const parameters = [...own, ...others].map((x) => inner.parameter(x));
      fill(inner, dice.integer(1, kind === 'hvp' ? 3 : 6));
      const ends = outcomes(inner, parameters, reached(inner, parameters.slice(0, own.length)));
      if (ends.length === 0) throw new Rejection('nothing to differentiate');
      const single = kind === 'grad' || kind === 'hvp';
      const last = ends.slice(-3);
      const results = single ? [total(inner, last)] : last;
      const call = derivative(kind, inner.body(parameters, results), own.length, {
        checkpoint: dice.once(5),
      });
      const like = kind === 'vjp' ? results : kind === 'grad' ? [] : own;
      const given = like.map(({ value }) =>
        operandFor(author, {
          shape: value.shape,
          dtype: value.dtype,
          range: { min: -2, max: 2 },
          finite: true,
        }),
      );
      author.emit(call, [...own, ...others, ...given]);
    },
  },
];

/** The sum of all elements of some values, each of them weighted differently. */
function total(inner: Author, values: readonly Known[]): Known {
  const sums = values.map((x, k) => {
    const sum = inner.one(callWith('sum', core.sum, 1), x);
    return k === 0 ? sum : inner.one(callWith('mul', core.mul, 1, 0.5 + k), sum);
  });
  const { dtype } = sums[0]!.value;
  return sums
    .filter(({ value }) => value.dtype === dtype)
    .reduce((a, b) => inner.one(callWith('add', core.add, 2), a, b));
}

const distinct = (list: readonly Known[]): Known[] => [...new Set(list)];
