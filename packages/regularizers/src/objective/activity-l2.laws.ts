import { drawn, type Law, law } from '@tikhonov/check';
import { grad, square, type Tensor } from '@tikhonov/core';
import { real } from '../laws/draws.ts';
import { recipeLaw } from '../laws/recipe.ts';
import { near } from '../laws/slack.ts';
import { activityL2Method } from './activity-l2.ts';
import { activityLaws } from './activity-penalty.laws.ts';
import { activityL2, activityL2Term } from './activity-penalty.ts';

/** What the L2 penalty of activations promises. */
export const activityL2Laws: readonly Law[] = [
  law({
    id: 'activity-l2/gradient',
    statement: 'The gradient is 2 lambda h / n for n samples, and 0 at h = 0.',
    cases: drawn((draw) => ({
      h: draw.tensor(draw.shape({ minRank: 1, minSize: 1 })),
      lambda: real(draw, 0.1, 2),
    })),
    slack: ({ h, lambda }) =>
      near(
        grad((x: Tensor) => activityL2(x, { lambda }))(h),
        h.mul((2 * lambda) / h.shape[0]!),
        1e-14,
      ),
  }),
  ...activityLaws({
    id: 'activity-l2',
    size: square,
    penalty: activityL2,
    term: activityL2Term,
  }),
  recipeLaw(activityL2Method, (model, { lambda }, step) =>
    activityL2Term(model, { lambda: lambda! })(step),
  ),
];
