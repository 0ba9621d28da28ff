import type { PerAxis, Tensor } from '@tikhonov/core';
import { showValue } from '@tikhonov/core/engine';
import {
  Dropout,
  type ForwardContext,
  type LayerLike,
  MaxPool2d,
  Module,
  Sequential,
  type Strength,
} from '@tikhonov/nn';
import { type EvaluationForm, type MissingForm, requireContext } from '@tikhonov/nn/engine';
import { resolveArguments } from '../arguments.ts';
import type { Argument, Method } from '../method.ts';
import { describeRate, drawing } from './keep-mask.ts';
import {
  knownOfLayer,
  type MaxPoolDropoutMode,
  type MaxPoolDropoutSettings,
  maxPoolDropout,
  requirePool,
  requirePoolOptions,
} from './max-pool-dropout-function.ts';
import { insteadOf } from './places.ts';

/**
 * `maxPoolDropout` as a layer, in place of `MaxPool2d`.
 *
 * @example
 * ```ts
 * const layer = new reg.MaxPoolDropout({ kernelSize: 2, p: 0.5 });
 * layer.forward(ones([8, 4, 6, 6])).shape; // => [8, 4, 3, 3]
 * layer.forward(ones([1, 2, 2])).toArray(); // => [[[1 - 1 / 16]]]
 * ```
 */
export class MaxPoolDropout extends Module implements EvaluationForm {
  readonly kernelSize: PerAxis;
  readonly stride: PerAxis;
  readonly padding: PerAxis;
  /** Probability of dropping; if it is a cell, it is part of the module's state. */
  readonly p: Strength;
  readonly mode: MaxPoolDropoutMode;

  constructor(options: MaxPoolDropoutSettings) {
    super();
    requirePoolOptions('MaxPoolDropout', options, knownOfLayer);
    const { p = 0.5 } = options;
    const { pool, mode } = requirePool('MaxPoolDropout', options);
    this.kernelSize = pool.kernelSize;
    this.stride = pool.stride;
    this.padding = pool.padding;
    this.p = p;
    this.mode = mode;
  }

  override describe(): string {
    return `MaxPoolDropout(${showValue(this.kernelSize)}, ${describeRate(this.p)}, ${this.mode})`;
  }

  forward(x: Tensor, context: ForwardContext = {}): Tensor {
    requireContext(this, context);
    const { kernelSize, stride, padding, p, mode } = this;
    return maxPoolDropout(x, { kernelSize, stride, padding, p, mode, ...drawing(context) });
  }

  /** An `nn.MaxPool2d`, for `'scaled'` with its factor; `null` for `'weighted'`, which sorts windows. */
  inEvaluation(): LayerLike | null {
    const { kernelSize, stride, padding, p, mode } = this;
    if (mode === 'weighted') return null;
    const pool = new MaxPool2d(kernelSize, { stride, padding });
    if (mode === 'max') return pool;
    return new Sequential(pool, new Dropout({ p, mode: 'classic' }));
  }

  /** Of `'weighted'`. */
  withoutForm(): MissingForm {
    return {
      why: "in evaluation its mode 'weighted' sorts windows, for which there is no plain layer.",
      instead:
        "Export a layer with mode: 'scaled', which is (1 - p) times the maximum, or with mode: 'max'; their outputs differ.",
    };
  }
}

const settings = [
  {
    name: 'p',
    description: 'probability of dropping a cell before pooling',
    default: 0.3,
    source: 'ours, for windows of 2 x 2; the paper takes 0.5 and more data',
    min: 0,
    max: 1,
    open: 'max',
  },
] as const satisfies readonly Argument[];

/** The pooling of a part, the part itself or the first of a `Sequential`, with dropped cells. */
function withDroppedCells(part: LayerLike, p: number): LayerLike {
  if (part instanceof MaxPool2d) {
    const { kernelSize, stride = kernelSize, padding = 0, ...others } = part.options;
    const symmetric = !Array.isArray(padding) || padding.every((n) => typeof n === 'number');
    if (!symmetric || Object.values(others).some((value) => value !== undefined)) return part;
    return new MaxPoolDropout({ kernelSize, stride, padding: padding as PerAxis, p });
  }
  if (!(part instanceof Sequential)) return part;
  const [first, ...rest] = part.layers as readonly LayerLike[];
  return first === undefined ? part : new Sequential(withDroppedCells(first, p), ...rest);
}

/** Registry entry of max-pooling dropout. */
export const maxPoolDropoutMethod: Method = {
  id: 'max-pool-dropout',
  section: '2.1',
  title: 'Max-pooling dropout',
  family: 'structure',
  statement: String.raw`y = \max_{i \in \text{window}} m_i x_i, \quad m_i \sim \mathrm{Bernoulli}(1 - p) \text{ in training}; \qquad y = \sum_i (1 - p)\, p^{n - i} x_{(i)} \text{ in evaluation}`,
  reference: {
    authors: 'H. Wu, X. Gu',
    title: 'Towards Dropout Training for Convolutional Neural Networks',
    venue: 'Neural Networks 71',
    year: 2015,
    arxiv: '1512.00242',
  },
  arguments: settings,
  notes: [
    'The survey leaves out what matters in evaluation: the activations of a window are weighted by their probabilities of being the maximum (probabilistic weighted pooling).',
    'The paper writes p for keeping; here it is the probability of dropping.',
    'Nothing is rescaled in training. With a negative activation a dropped cell wins, with 0; the weighted pooling is the exact mean there too.',
    'The recipe replaces the max pooling of the network; one of other options than size, stride and padding stays.',
  ],
  networks: ['cnn'],
  recipe: (plan, values) => {
    const { p } = resolveArguments('max-pool-dropout', settings, values);
    const replace = insteadOf('pooling', (part) => withDroppedCells(part, p));
    return { ...plan, parts: [...plan.parts, replace] };
  },
  gradientCases: (draw) => {
    const shape = [draw.integer(1, 2), draw.integer(3, 4), draw.integer(3, 4)];
    const [kernelSize, stride] = [draw.integer(2, 3), draw.integer(1, 2)];
    const options = {
      kernelSize,
      stride,
      padding: draw.integer(0, 1),
      p: draw.pick([0, 0.3, 0.7]),
    };
    const training = draw.pick([true, false]);
    const mask = draw.booleans(shape);
    const mode = draw.pick(['weighted', 'scaled', 'max'] as const);
    return {
      f: (x) => {
        const y = maxPoolDropout(x!, { ...options, mode, training, ...(training ? { mask } : {}) });
        return y.mul(y).sum();
      },
      args: [draw.tensor(shape, { distinct: true, avoid: [0] })],
    };
  },
};
