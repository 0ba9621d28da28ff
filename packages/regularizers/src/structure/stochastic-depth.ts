import type { Tensor } from '@tikhonov/core';
import { mean, tanh } from '@tikhonov/core';
import { requireOptions } from '@tikhonov/core/engine';
import {
  childContext,
  type ForwardContext,
  type LayerLike,
  Module,
  Residual,
  Sequential,
  type Strength,
} from '@tikhonov/nn';
import { callLayer, type EvaluationForm, requireContext, requireLayer } from '@tikhonov/nn/engine';
import { resolveArguments } from '../arguments.ts';
import type { Argument, Method } from '../method.ts';
import { linearDecaySurvival } from './block-rates.ts';
import { describeRate, drawing } from './keep-mask.ts';
import { insteadOfBlocks } from './residual-blocks.ts';
import {
  expectedBranch,
  requireStochasticDepth,
  type StochasticDepthSettings,
  stochasticDepth,
  stochasticDepthNames,
} from './stochastic-depth-function.ts';

/** Options of `StochasticDepth`. */
export interface StochasticDepthLayerOptions extends StochasticDepthSettings {
  /** What the branch is added to; it is never dropped. @defaultValue the identity */
  readonly projection?: LayerLike;
  /** What is applied to the sum. @defaultValue the identity */
  readonly activation?: LayerLike;
}

/**
 * A residual block whose branch is left out at random in training; see `stochasticDepth`. Parameters are named as in
 * `nn.Residual`, `body...` and `projection...`, so that states fit both.
 *
 * @throws TypeError for what is no layer; RangeError if `survival` is outside [0, 1]
 * @example
 * ```ts
 * const block = new reg.StochasticDepth(new nn.Linear(2, 2, { seed: 0 }), { survival: 0.8, activation: relu });
 * block.forward(ones([3, 2]), { training: true, rng: random.key(0) }).shape; // => [3, 2]
 * ```
 */
export class StochasticDepth extends Module implements EvaluationForm {
  readonly body: LayerLike;
  readonly projection: LayerLike | null;
  readonly activation: LayerLike | null;
  /** Probability that the branch is there; if it is a cell, it is part of the module's state. */
  readonly survival: Strength;
  readonly mode: 'batch' | 'row';
  readonly scale: 'eval' | 'keep';

  constructor(body: LayerLike, options: StochasticDepthLayerOptions = {}) {
    super();
    const name = 'StochasticDepth';
    requireOptions(name, options, { ...stochasticDepthNames, projection: true, activation: true });
    const { projection = null, activation = null, survival = 0.5 } = options;
    requireLayer(`${name}: body`, body);
    if (projection !== null) requireLayer(`${name}: projection`, projection);
    if (activation !== null) requireLayer(`${name}: activation`, activation);
    const { mode, scale } = requireStochasticDepth(name, options);
    this.body = body;
    this.projection = projection;
    this.activation = activation;
    this.survival = survival;
    this.mode = mode;
    this.scale = scale;
  }

  override describe(): string {
    const details = [`survival ${describeRate(this.survival)}`, this.mode, `scale ${this.scale}`];
    return `StochasticDepth(${details.join(', ')})`;
  }

  forward(x: Tensor, context: ForwardContext = {}): Tensor {
    requireContext(this, context);
    const { body, projection, activation, survival, mode, scale } = this;
    const part = (layer: LayerLike, name: string) => (y: Tensor) =>
      callLayer(layer, name, y, context);
    return stochasticDepth(x, part(body, 'body'), {
      survival,
      mode,
      scale,
      ...(projection === null ? {} : { projection: part(projection, 'projection') }),
      ...(activation === null ? {} : { activation: part(activation, 'activation') }),
      ...drawing(childContext(context, 'gates')),
    });
  }

  /** The residual block with its branch weighted. */
  inEvaluation(): LayerLike {
    const { body, projection, activation, survival, scale } = this;
    const weighted = (y: Tensor): Tensor => expectedBranch(y, survival);
    const parts = body instanceof Sequential ? body.layers : [body];
    const branch = scale === 'keep' ? body : new Sequential(...parts, weighted);
    const block = new Residual(branch, projection === null ? {} : { projection });
    return activation === null ? block : new Sequential(block, activation);
  }
}

const settings = [
  {
    name: 'survival',
    description:
      'probability that the last block is there; it falls linearly from 1 before the first',
    default: 0.8,
    source: "ours, for networks of a few blocks; the paper's 0.5 is for dozens",
    min: 0,
    max: 1,
    open: 'min',
  },
] as const satisfies readonly Argument[];

/** Registry entry of stochastic depth. */
export const stochasticDepthMethod: Method = {
  id: 'stochastic-depth',
  section: '2.7',
  title: 'Stochastic depth',
  family: 'structure',
  statement: String.raw`h_l = \phi(h_{l-1} + b_l f_l(h_{l-1})), \quad b_l \sim \mathrm{Bernoulli}(s_l) \text{ in training}; \qquad b_l = s_l \text{ in evaluation}; \qquad s_l = 1 - \tfrac{l}{L} (1 - s_L)`,
  reference: {
    authors: 'G. Huang, Y. Sun, Z. Liu, D. Sedra, K. Weinberger',
    title: 'Deep Networks with Stochastic Depth',
    venue: 'ECCV',
    year: 2016,
    arxiv: '1603.09382',
  },
  arguments: settings,
  notes: [
    'In evaluation the branch is weighted by its probability of survival; the survey says of being dropped.',
    'Only the branch is dropped: the block needs a skip connection, and one that changes the shape keeps its projection.',
    "One decision for the whole mini-batch, so that a dropped branch is not computed at all, nor its batch statistics. mode 'row' decides for each sample.",
    "scale: 'keep' divides by the probability in training instead (torchvision, timm).",
    "The paper's rates fall from block 1 on; timm's, of DropPath, from block 2 on.",
  ],
  networks: ['resnet'],
  recipe: (plan, values) => {
    const { survival: last } = resolveArguments('stochastic-depth', settings, values);
    const part = insteadOfBlocks('stochastic-depth', ({ body, projection }, { index, count }) => {
      const survival = linearDecaySurvival(count, last)[index]!;
      return new StochasticDepth(body, {
        survival,
        ...(projection === null ? {} : { projection }),
      });
    });
    return { ...plan, parts: [...plan.parts, part] };
  },
  gradientCases: (draw) => {
    const [n, d] = [draw.integer(1, 3), draw.integer(1, 3)];
    const [scale, training] = [draw.pick(['eval', 'keep'] as const), draw.pick([true, false])];
    const mode = draw.pick(['batch', 'row'] as const);
    const gates = draw.booleans(mode === 'batch' ? [] : [n]);
    return {
      f: (x, w) =>
        mean(
          stochasticDepth(x!, (h) => tanh(h.mul(w!)), {
            survival: 0.6,
            mode,
            scale,
            training,
            gates,
            activation: (y) => y.mul(y),
          }),
        ),
      args: [draw.tensor([n, d]), draw.tensor([d])],
    };
  },
};
