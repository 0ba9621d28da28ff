import {
  Linear,
  type Module,
  spectrallyNormalizedWeight,
  spectralNormalization,
} from '@tikhonov/nn';
import { resolveArguments } from '../arguments.ts';
import type { Argument, Method, Network } from '../method.ts';
import { seen } from './reparametrized.ts';

export {
  type SpectralNormalizationOptions,
  type SpectralWeight,
  type SpectralWeightOptions,
  spectrallyNormalizedWeight,
  spectralNormalization,
} from '@tikhonov/nn';

const settings = [
  {
    name: 'nPowerIterations',
    description: 'rounds of power iteration per step',
    default: 1,
    source: 'the paper, and PyTorch',
    min: 1,
    integer: true,
  },
] as const satisfies readonly Argument[];

/** All layers with a weight but the last, which must be free to give confident logits. */
function isNotLast(model: Network): (name: string, layer: Module) => boolean {
  const weighted = model.modules().filter((part) => part instanceof Linear);
  return (_name, layer) => weighted.length < 2 || layer !== weighted.at(-1);
}

/** Registry entry of spectral normalization. */
export const spectralNormalizationMethod: Method = {
  id: 'spectral-normalization',
  section: 'relative',
  title: 'Spectral normalization',
  family: 'structure',
  statement: String.raw`\hat W = \frac{W}{\sigma(W)}, \quad \sigma(W) \approx u^\top W v, \quad v \leftarrow \frac{W^\top u}{\lVert W^\top u \rVert}, \; u \leftarrow \frac{W v}{\lVert W v \rVert}`,
  reference: {
    authors: 'T. Miyato, T. Kataoka, M. Koyama, Y. Yoshida',
    title: 'Spectral Normalization for Generative Adversarial Networks',
    venue: 'ICLR',
    year: 2018,
    arxiv: '1802.05957',
  },
  arguments: settings,
  notes: [
    'The vectors are constants for the gradient, the norm that they estimate is not: dW = (g - <g, W / sigma> u v^T) / sigma.',
    'Vectors move in training only. They begin with 15 rounds, as in PyTorch.',
    'The estimate is never above the norm, so the norm of what is left is 1 or slightly more.',
    'A weight of zeros cannot be divided by its norm; it is refused when it is used.',
    'The kernel of a convolution counts as the matrix [out, in kh kw], whose norm is not that of the convolution as an operator on images.',
    'A post that the survey links divides by the square of the norm; it is the norm.',
  ],
  recipe: (plan, values) => {
    const options = resolveArguments('spectral-normalization', settings, values);
    return {
      ...plan,
      models: [
        ...plan.models,
        (model, { key }) =>
          spectralNormalization(model, { ...options, key, filter: isNotLast(model) }),
      ],
    };
  },
  gradientCases: (draw) => {
    const [out, rest] = [draw.integer(1, 3), draw.integer(1, 3)];
    // Of one sign, so that u^T W v is not near 0; without rounds the vectors stay what they are.
    const positive = { min: 0.5, max: 2 };
    const [u, v] = [draw.tensor([out], positive), draw.tensor([rest], positive)];
    return {
      f: (w) => seen(spectrallyNormalizedWeight(w!, { u, v, nPowerIterations: 0 }).weight),
      args: [draw.tensor([out, rest], positive)],
    };
  },
};
