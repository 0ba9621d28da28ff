import { drawn, type Law, law } from '@tikhonov/check';
import { abs, grad, sign, type Tensor } from '@tikhonov/core';
import { real } from '../laws/draws.ts';
import { recipeLaw } from '../laws/recipe.ts';
import { near } from '../laws/slack.ts';
import { activityL1Method } from './activity-l1.ts';
import { activityLaws } from './activity-penalty.laws.ts';
import { activityL1, activityL1Term } from './activity-penalty.ts';

/** What the L1 penalty of activations promises. */
export const activityL1Laws: readonly Law[] = [
  law({
    id: 'activity-l1/gradient',
    statement: 'The gradient is lambda sign(h) / n for n samples, and 0 at h = 0.',
    cases: drawn((draw) => ({
      h: draw.tensor(draw.shape({ minRank: 1, minSize: 1 })),
      lambda: real(draw, 0.1, 2),
    })),
    slack: ({ h, lambda }) =>
      near(
        grad((x: Tensor) => activityL1(x, { lambda }))(h),
        sign(h).mul(lambda / h.shape[0]!),
        1e-14,
      ),
  }),
  ...activityLaws({
    id: 'activity-l1',
    size: abs,
    penalty: activityL1,
    term: activityL1Term,
  }),
  recipeLaw(activityL1Method, (model, { lambda }, step) =>
    activityL1Term(model, { lambda: lambda! })(step),
  ),
];
