import { clipByGlobalNorm } from '@tikhonov/optim';
import { resolveArguments } from '../arguments.ts';
import type { Argument, Method } from '../method.ts';

export {
  type ClipByGlobalNormOptions,
  type ClippedGradients,
  clipByGlobalNorm,
  clipByNorm,
  clipGradsByGlobalNorm,
  clipGradsByNorm,
  type GivenGradients,
  type GlobalNormOptions,
  globalNorm,
  type NormClipOptions,
} from '@tikhonov/optim';

const settings = [
  {
    name: 'maxNorm',
    description: 'largest norm of all gradients together that is left as it is',
    default: 1,
    source: 'common practice; the paper takes the order of the average norm',
    min: 0,
    open: 'min',
  },
] as const satisfies readonly Argument[];

/** Registry entry of gradient clipping. */
export const gradientClippingMethod: Method = {
  id: 'gradient-clipping',
  section: '3.2',
  title: 'Gradient clipping by global norm',
  family: 'process',
  statement: String.raw`g \mapsto g \cdot \min\left(1, \frac{c}{\lVert g \rVert}\right), \quad \lVert g \rVert \text{ over all parameters together}`,
  reference: {
    authors: 'R. Pascanu, T. Mikolov, Y. Bengio',
    title: 'On the difficulty of training recurrent neural networks',
    venue: 'ICML',
    year: 2013,
    arxiv: '1211.5063',
  },
  arguments: settings,
  notes: [
    "The survey's text scales by the norm, its formula clips each element, and its code calls PyTorch's clip_grad_norm_: three readings of two methods. This is the one by the norm, which keeps the direction; the other is value clipping.",
    'PyTorch divides by the norm plus 1e-6 and so is not exactly idempotent; the default here is eps = 0.',
    'The survey says that clipping imposes (L0, L1)-smoothness. It is the other way round: smoothness of that kind is an assumption on the loss under which clipped descent is provably faster.',
    'What that assumption says of gradients at two points needs a factor that grows with the distance: the form that the survey prints is false for e^w at every distance.',
    'A gradient that is not finite is an error that names its parameter; PyTorch goes on with NaN or 0 by default.',
  ],
  recipe: (plan, values) => {
    const { maxNorm } = resolveArguments('gradient-clipping', settings, values);
    return { ...plan, gradients: [...plan.gradients, () => clipByGlobalNorm(maxNorm)] };
  },
};
