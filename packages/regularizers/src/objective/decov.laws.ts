import { drawn, type Law, law } from '@tikhonov/check';
import {
  concat,
  diag,
  diagonal,
  grad,
  indexSelect,
  matmul,
  mean,
  type Tensor,
  tensor,
  transpose,
} from '@tikhonov/core';
import { orthogonalOf, real } from '../laws/draws.ts';
import { hiddenTermLaw } from '../laws/hidden-term.ts';
import { recipeLaw } from '../laws/recipe.ts';
import { exactly, near } from '../laws/slack.ts';
import { weightedSamplesLaw } from '../laws/weighted-samples.ts';
import { zeroStrengthLaw } from '../laws/zero-strength.ts';
import { deCov, deCovMethod, deCovTerm } from './decov.ts';

const centered = (h: Tensor): Tensor => h.sub(mean(h, { axis: 0 }));

const covariance = (h: Tensor): Tensor =>
  matmul(transpose(centered(h)), centered(h)).div(h.shape[0]!);

/** Activations and a strength. */
const weighed = drawn((draw) => ({
  h: draw.tensor([draw.integer(1, 4), draw.integer(1, 4)]),
  lambda: real(draw, 0.1, 2),
}));

/** What DeCov promises. */
export const deCovLaws: readonly Law[] = [
  law({
    id: 'decov/pairs',
    statement:
      'It is lambda, by default 1, times the sum of squared covariances over pairs of units, with 1 / n.',
    cases: weighed,
    slack: ({ h, lambda }) => {
      const [d, c] = [h.shape[1]!, covariance(h).data()];
      let pairs = 0;
      for (let i = 0; i < d; i++) for (let j = 0; j < i; j++) pairs += c[i * d + j]! ** 2;
      return Math.min(
        near(deCov(h, { lambda }), lambda * pairs, 1e-12),
        near(deCov(h), pairs, 1e-12),
      );
    },
  }),
  law({
    id: 'decov/gradient',
    statement:
      'The gradient is 2 lambda / n times the centered activations times C without its diagonal.',
    cases: weighed,
    slack: ({ h, lambda }) => {
      const c = covariance(h);
      const others = c.sub(diag(diagonal(c)));
      const want = matmul(centered(h), others).mul((2 * lambda) / h.shape[0]!);
      return near(grad((x: Tensor) => deCov(x, { lambda }))(h), want, 1e-12);
    },
  }),
  law({
    id: 'decov/shift-and-order',
    statement:
      'Adding constants to units and changing their order or that of the samples changes nothing.',
    cases: drawn((draw) => {
      const [n, d] = [draw.integer(1, 4), draw.integer(1, 4)];
      return {
        h: draw.tensor([n, d]),
        shift: draw.tensor([d]),
        rows: draw.permutation(n),
        columns: draw.permutation(d),
      };
    }),
    slack: ({ h, shift, rows, columns }) => {
      const at = (order: number[]): Tensor => tensor(Int32Array.from(order));
      const other = indexSelect(indexSelect(h.add(shift), at(rows)), at(columns), { axis: 1 });
      return near(deCov(other), deCov(h), 1e-11);
    },
  }),
  law({
    id: 'decov/uncorrelated',
    statement:
      'It is 0 for one unit and for uncorrelated units, however large they are; scaling all by a scales it by a^4.',
    cases: drawn((draw) => ({
      q: orthogonalOf(draw, 3),
      scales: draw.tensor([3]),
      h: draw.tensor([3, 2]),
      a: real(draw, -2, 2),
    })),
    slack: ({ q, scales, h, a }) => {
      // Columns of q, and their negatives: mean 0 and orthogonal.
      const independent = concat([q, q.neg()]).mul(scales);
      return Math.min(
        near(deCov(independent), 0, 1e-13),
        exactly(deCov(h.mean({ axis: 1, keepdims: true })), 0),
        near(deCov(h.mul(a)), deCov(h).mul(a ** 4), 1e-12),
      );
    },
  }),
  weightedSamplesLaw('decov', (h, lambda, weights) => deCov(h, { lambda, ...weights }), {}),
  zeroStrengthLaw('decov', (ws, zero) =>
    ws.map((w) => deCov(w.reshape([1, -1]), { lambda: zero })).reduce((a, b) => a.add(b)),
  ),
  recipeLaw(deCovMethod, (model, values, step) =>
    deCovTerm(model, { lambda: values.lambda! })(step),
  ),
  hiddenTermLaw('decov', { activation: 'tanh', penalty: deCov, term: deCovTerm }),
];
