import { drawn, type Law, law } from '@tikhonov/check';
import {
  abs,
  add,
  astype,
  concat,
  div,
  exp,
  full,
  grad,
  log,
  logSoftmax,
  mul,
  softmax,
  sub,
  sum,
  type Tensor,
  tensor,
  zerosLike,
} from '@tikhonov/core';
import { atMost, exactly, holds, near } from '../laws/slack.ts';
import { klOfLogits } from './kl-of-logits.ts';

/** What the divergence of logits promises, which virtual adversarial training and others rest on. */
export const klOfLogitsLaws: readonly Law[] = [
  law({
    id: 'virtual-adversarial-training/divergence',
    statement:
      'The divergence of two rows of logits is sum p (log p - log q) of their softmax, p that of the target.',
    cases: drawn((draw) => {
      const shape = [draw.integer(1, 3), draw.integer(2, 4)];
      return { a: draw.tensor(shape), b: draw.tensor(shape) };
    }),
    slack: ({ a, b }) => {
      const [p, q] = [softmax(a), softmax(b)];
      return near(klOfLogits(a, b), sum(mul(p, log(div(p, q))), { axis: 1 }), 1e-13);
    },
  }),
  law({
    id: 'virtual-adversarial-training/divergence-in-float32',
    statement:
      'In float32 the divergence is at least 0, exactly 0 of equal logits, and loses none for near and for certain predictions.',
    cases: drawn((draw) => {
      const shape = [draw.integer(1, 3), draw.integer(2, 4)];
      const size = draw.pick([1e-4, 1e-2, 1, 10]);
      // Certain or not, and rounded to numbers that both dtypes have.
      const bias = tensor(Float64Array.of(draw.pick([0, 8, 20]), ...Array(shape[1]! - 1).fill(0)));
      const a = astype(astype(add(draw.tensor(shape), bias), 'float32'), 'float64');
      const b = astype(astype(add(a, draw.tensor(shape).mul(size)), 'float32'), 'float64');
      return { a, b };
    }),
    slack: ({ a, b }) => {
      const [x, y] = [astype(a, 'float32'), astype(b, 'float32')];
      const got = klOfLogits(x, y);
      const [want, logP, logQ] = [klOfLogits(a, b), logSoftmax(a), logSoftmax(b)];
      // Roundings of the log-probabilities count by what they change, q - p: not by p.
      const change = abs(sub(exp(logQ), exp(logP)));
      const rounded = mul(change, sub(1, add(logP, logQ)));
      const allowed = add(want, sum(rounded, { axis: 1 })).mul(2 ** -20);
      const error = abs(sub(astype(got, 'float64'), want));
      return Math.min(
        ...Array.from(got.data(), (value) => holds(value >= 0)),
        exactly(klOfLogits(x, x), zerosLike(got)),
        atMost(error, add(allowed, 1e-37)),
      );
    },
  }),
  law({
    id: 'virtual-adversarial-training/impossible-classes',
    statement:
      'A class at -Infinity in both adds nothing to the divergence or its gradient; one that the output alone excludes makes it infinite; NaN stays.',
    cases: drawn((draw) => {
      const shape = [draw.integer(1, 3), draw.integer(2, 4)];
      return { a: draw.tensor(shape), b: draw.tensor(shape) };
    }),
    slack: ({ a, b }) => {
      const n = a.shape[0]!;
      const ends = (z: Tensor, end: number): Tensor =>
        concat([z, full([n, 1], end, { dtype: 'float64' })], { axis: 1 });
      const [p, q] = [ends(a, -Infinity), ends(b, -Infinity)];
      const slope = (from: Tensor, to: Tensor): Tensor =>
        grad((z: Tensor) => sum(klOfLogits(from, z)))(to);
      const into = grad((z: Tensor) => sum(klOfLogits(z, q)))(p);
      return Math.min(
        near(klOfLogits(p, q), klOfLogits(a, b), 1e-14),
        near(slope(p, q), ends(slope(a, b), 0), 1e-14),
        near(into, ends(grad((z: Tensor) => sum(klOfLogits(z, b)))(a), 0), 1e-13),
        near(slope(p, ends(b, 0.5)), sub(softmax(ends(b, 0.5)), softmax(p)), 1e-14),
        exactly(klOfLogits(ends(a, 0), q), full([n], Infinity, { dtype: 'float64' })),
        ...Array.from(klOfLogits(ends(a, Number.NaN), ends(b, 0)).data(), (value) =>
          holds(Number.isNaN(value)),
        ),
      );
    },
    effort: 0.25,
  }),
];
