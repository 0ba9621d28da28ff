import { drawn, type Law, law } from '@tikhonov/check';
import { mul, parameter, sum, type Tensor } from '@tikhonov/core';
import type { CaseDraw } from '@tikhonov/core/engine';
import { sgd } from '@tikhonov/optim';
import { real } from '../laws/draws.ts';
import { applied, lengthOf } from '../laws/named-gradients.ts';
import { transformLaw } from '../laws/recipe-parts.ts';
import { atMost, exactly, near } from '../laws/slack.ts';
import { centralizeGradients, gradientCentralizationMethod } from './gradient-centralization.ts';

const kernel = (draw: CaseDraw): { readonly g: Tensor } => ({
  g: draw.tensor(
    draw.pick([
      [3, 2],
      [2, 3, 2],
      [1, 4],
      [2, 1, 2],
    ]),
  ),
});

const centred = (g: Tensor): Tensor => applied(centralizeGradients(), { g }).g!;

/** The mean of every slice along axis 0. */
const unitMeans = (x: Tensor): number[] => {
  const data = Array.from(x.data());
  const size = data.length / x.shape[0]!;
  return Array.from(
    { length: x.shape[0]! },
    (_, i) => data.slice(i * size, (i + 1) * size).reduce((a, b) => a + b, 0) / size,
  );
};

/** What centralising gradients promises. */
export const gradientCentralizationLaws: readonly Law[] = [
  law({
    id: 'gradient-centralization/by-definition',
    statement:
      "From every unit's gradient, a slice along axis 0, its mean is subtracted; afterwards every mean is 0.",
    cases: drawn(kernel),
    slack: ({ g }) => {
      const means = unitMeans(g);
      const size = g.size / g.shape[0]!;
      const want = Array.from(g.data(), (x, i) => x - means[Math.floor(i / size)]!);
      return Math.min(
        near(centred(g), want, 1e-14),
        near(
          unitMeans(centred(g)),
          means.map(() => 0),
          1e-14,
        ),
      );
    },
  }),
  law({
    id: 'gradient-centralization/projection',
    statement:
      'It is an orthogonal projection: applied twice it changes nothing more, what is taken away is orthogonal to what stays, and nothing gets longer.',
    cases: drawn(kernel),
    slack: ({ g }) => {
      const once = centred(g);
      return Math.min(
        near(centred(once), once, 1e-14),
        near(sum(mul(g.sub(once), once)), 0, 1e-12),
        atMost(lengthOf({ once }), lengthOf({ g }), 1e-14),
      );
    },
  }),
  law({
    id: 'gradient-centralization/vectors-stay',
    statement: 'Vectors and scalars, as biases, are left as they are.',
    cases: drawn((draw) => ({ g: draw.tensor(draw.pick([[], [3]])) })),
    slack: ({ g }) => exactly(centred(g), g),
  }),
  law({
    id: 'gradient-centralization/single-weights-stay',
    statement:
      'A unit of one weight, as the gains of weight normalization are, keeps its gradient: it would be its own mean.',
    cases: drawn((draw) => ({
      g: draw.tensor(
        draw.pick([
          [3, 1],
          [1, 1],
          [2, 1, 1],
        ]),
      ),
    })),
    slack: ({ g }) => exactly(centred(g), g),
  }),
  law({
    id: 'gradient-centralization/keeps-the-means',
    statement:
      "Gradient descent with it keeps the mean of every unit's weights: they move on the plane on which they started.",
    cases: drawn((draw) => ({
      w: draw.tensor([2, 3]),
      target: draw.tensor([2, 3]),
      lr: real(draw, 0.01, 0.3),
    })),
    slack: ({ w, target, lr }) => {
      const cell = parameter(w);
      const optimizer = sgd({ w: cell }, { lr, gradients: [centralizeGradients()] });
      for (let k = 0; k < 4; k++) {
        const away = (): Tensor => cell.read().sub(target);
        optimizer.minimize(() => sum(mul(away(), away())));
      }
      return near(unitMeans(cell.read()), unitMeans(w), 1e-13);
    },
  }),
  transformLaw(gradientCentralizationMethod, 'gradients', () => centralizeGradients()),
];
