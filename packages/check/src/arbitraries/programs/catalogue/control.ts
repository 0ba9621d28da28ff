import * as core from '@tikhonov/core';
import { Author, type Known, Rejection } from '../author.ts';
import { callWith } from '../calls.ts';
import { operandFor } from '../fit.ts';
import { choice, loop } from '../nested-calls.ts';
import { drawShape } from '../values.ts';
import { type Fill, float, floatOf, type Item } from './item.ts';

/** Some values that functions capture. */
function captures(author: Author, most: number): Known[] {
  const { dice, known } = author;
  if (known.length === 0) throw new Rejection('nothing to capture');
  return [...new Set(Array.from({ length: dice.integer(1, most) }, () => dice.pick(known)))];
}

/** An author of a function that runs or not. */
const branchOf = (author: Author): Author =>
  new Author(author.floats, author, {
    kind: author.kind === 'function' ? 'function' : 'branch',
    odd: author.odd,
  });

/** One of two functions, which may write to cells and have requirements. */
const either = (fill: Fill): Item => ({
  name: 'cond',
  weight: 4,
  write: (author) => {
    const { dice } = author;
    const predicate = operandFor(author, { shape: [], dtype: 'bool', exact: true });
    const captured = captures(author, 3);
    const bodies = author.aside(() => {
      let like: readonly Known[] | null = null;
      return [0, 1].map(() => {
        const inner = branchOf(author);
        const parameters = captured.map((x) => inner.parameter(x));
        fill(inner, dice.integer(0, 4));
        like ??= [...new Set([dice.pick(inner.known.slice(-4)), inner.known.at(-1)!])];
        const results = like.map(({ value }) => resultLike(inner, value));
        return inner.body(parameters, results);
      });
    });
    author.emit(choice(bodies[0]!, bodies[1]!), [predicate, ...captured]);
  },
});

const resultLike = (inner: Author, { shape, dtype }: core.Tensor): Known =>
  operandFor(inner, { shape, dtype });

/** A few steps, as many as a value says. */
const repeated = (fill: Fill): Item => ({
  name: 'whileLoop',
  weight: 2,
  write: (author) => {
    const { dice } = author;
    const dtype = floatOf(author);
    const first = float(author, drawShape(author), dtype, {}, true);
    const limit = operandFor(author, { shape: [], dtype: 'int32', range: { min: 0, max: 4 } });
    const captured = dice.once(3) ? [] : captures(author, 2);
    const body = author.aside(() => {
      const inner = branchOf(author);
      const state = inner.parameter(first);
      const parameters = captured.map((x) => inner.parameter(x));
      fill(inner, dice.integer(1, 4));
      const { shape } = first.value;
      // Squashed, so that no number of steps makes it large.
      const made = operandFor(inner, { shape, dtype });
      const mixed = inner.one(callWith('add', core.add, 2), made, state);
      return inner.body([state, ...parameters], [inner.one(callWith('tanh', core.tanh, 1), mixed)]);
    });
    author.emit(loop(body, dice.integer(1, 5)), [first, limit, ...captured]);
  },
});

/** What runs or not, or several times. */
export const control = (fill: Fill): { readonly either: Item; readonly repeated: Item } => ({
  either: either(fill),
  repeated: repeated(fill),
});
