import { mean, mul, square, sub, sum, tensor } from '@tikhonov/core';
import { gaussianNoise } from '@tikhonov/data';
import { resolveArguments } from '../arguments.ts';
import type { Argument, Method } from '../method.ts';

export { type GaussianNoiseOptions, gaussianNoise } from '@tikhonov/data';

const settings = [
  {
    name: 'sigma',
    description: 'standard deviation of the noise, in the units of the inputs',
    default: 0.3,
    source: 'ours, for pixels in [0, 1]',
    min: 0,
  },
] as const satisfies readonly Argument[];

/** Registry entry of Gaussian input noise. */
export const gaussianNoiseMethod: Method = {
  id: 'gaussian-noise',
  section: '3.1',
  title: 'Gaussian input noise',
  family: 'process',
  statement: String.raw`x \mapsto x + \sigma \varepsilon, \quad \varepsilon \sim N(0, I); \qquad E \, L(x + \sigma \varepsilon) = L(x) + \frac{\sigma^2}{2} \operatorname{tr} \nabla_x^2 L + O(\sigma^4)`,
  reference: {
    authors: 'C. M. Bishop',
    title: 'Training with Noise is Equivalent to Tikhonov Regularization',
    venue: 'Neural Computation 7(1)',
    year: 1995,
    doi: '10.1162/neco.1995.7.1.108',
  },
  arguments: settings,
  notes: [
    'The survey names random noise as an example of extra operations and gives no formula; its link is empty.',
    'Drawn anew for every row and step, in training only.',
    'For a linear model with squared error the expectation is exactly L2 regularization with lambda = sigma^2.',
  ],
  recipe: (plan, values) => {
    const { sigma } = resolveArguments('gaussian-noise', settings, values);
    return {
      ...plan,
      transforms: [
        ...plan.transforms,
        () =>
          (batch, { key }) => ({ ...batch, x: gaussianNoise(batch.x, { sigma, key }) }),
      ],
    };
  },
  gradientCases: (draw) => {
    const shape = [draw.integer(1, 3), draw.integer(1, 3)];
    const [noise, sigma] = [draw.tensor(shape), draw.pick([0, 0.3, 2])];
    const w = tensor(Float64Array.from({ length: shape[1]! }, (_, i) => i + 1));
    const loss = (x: Parameters<typeof sum>[0]) =>
      mean(square(sub(sum(mul(x, w), { axis: 1 }), 1)));
    return {
      f: (x) => loss(gaussianNoise(x!, { sigma, noise })),
      args: [draw.tensor(shape)],
    };
  },
};
