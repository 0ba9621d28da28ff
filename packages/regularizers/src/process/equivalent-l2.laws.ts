import { drawn, type Law, law } from '@tikhonov/check';
import { grad, matmul, mul, sum, type Tensor, tensor, transpose } from '@tikhonov/core';
import type { CaseDraw } from '@tikhonov/core/engine';
import { orthogonalOf, real } from '../laws/draws.ts';
import { atMost, near } from '../laws/slack.ts';
import { runSgd } from '../laws/training.ts';
import { l2 } from '../objective/l2.ts';
import { equivalentL2 } from './equivalent-l2.ts';

/** A quadratic `1/2 (w - w*)^T Q diag(curvatures) Q^T (w - w*)`. */
interface Quadratic {
  readonly q: Tensor;
  readonly curvatures: Tensor;
  readonly minimum: Tensor;
  readonly steps: number;
  /** Learning rate times steps times the largest curvature. */
  readonly time: number;
}

const quadratic =
  (longest: number) =>
  (draw: CaseDraw): Quadratic => {
    const n = draw.integer(1, 3);
    return {
      q: orthogonalOf(draw, n),
      curvatures: draw.tensor([n], { min: 0.1, max: 2 }),
      minimum: draw.tensor([n], { min: -2, max: 2, avoid: [0] }),
      steps: draw.integer(1, 10),
      time: real(draw, 0.01, longest),
    };
  };

const lossOf =
  ({ q, curvatures, minimum }: Quadratic) =>
  (w: Tensor): Tensor => {
    const along = matmul(transpose(q), w.sub(minimum));
    return sum(mul(curvatures, mul(along, along))).mul(0.5);
  };

const rateOf = ({ curvatures, steps, time }: Quadratic): number =>
  time / steps / curvatures.max().item();

/** Stopping early on quadratic losses: what is known exactly. */
export const equivalentL2Laws: readonly Law[] = [
  law({
    id: 'early-stopping/shrinks-eigen-directions',
    statement:
      'Gradient descent from 0 on a quadratic, stopped after t steps, is 1 - (1 - lr l)^t of the minimum along each direction of curvature l.',
    cases: drawn(quadratic(8)),
    slack: (example) => {
      const { q, curvatures, minimum, steps } = example;
      const lr = rateOf(example);
      const path = runSgd(minimum.mul(0), (w) => lossOf(example)(w.read()), steps, { lr });
      const along = (x: Tensor): Tensor => matmul(transpose(q), x);
      const factors = Array.from(curvatures.data(), (l) => 1 - (1 - lr * l) ** steps);
      // With rates up to 8 times the stable one, errors of rounding grow like the iterates.
      const size = Math.max(1, ...factors.map(Math.abs));
      const want = along(minimum).mul(tensor(Float64Array.from(factors)));
      return near(along(path.at(-1)!).div(size), want.div(size), 1e-12);
    },
  }),
  law({
    id: 'early-stopping/is-l2-of-slow-directions',
    statement:
      'That is the minimum with lambda/2 ||w||^2, lambda = 1 / (lr t), up to a factor between 1 and 1 + lr l t along each direction, while lr l t is small.',
    cases: drawn(quadratic(0.5)),
    slack: (example) => {
      const { q, curvatures, minimum, steps } = example;
      const lr = rateOf(example);
      const lambda = equivalentL2({ lr, steps });
      const shares = Array.from(curvatures.data(), (l) => l / (l + lambda));
      const along = matmul(transpose(q), minimum);
      const ridge = matmul(q, along.mul(tensor(Float64Array.from(shares))));
      const slope = grad((w: Tensor) => lossOf(example)(w).add(l2(w, { lambda, half: true })));
      const ratios = shares.map((share, i) => {
        const l = curvatures.data()[i]!;
        const ratio = (1 - (1 - lr * l) ** steps) / share;
        return Math.min(atMost(1, ratio, 1e-11), atMost(ratio, 1 + lr * l * steps, 1e-11));
      });
      // The slope is measured against its parts, of the size of lambda |w|.
      const size = 1 + lambda;
      return Math.min(near(slope(ridge).div(size), minimum.mul(0), 1e-12), ...ratios);
    },
  }),
];
