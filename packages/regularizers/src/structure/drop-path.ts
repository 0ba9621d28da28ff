import { expandDims, ShapeError, type Tensor, type TensorLike } from '@tikhonov/core';
import { type OptionNames, requireOptions } from '@tikhonov/core/engine';
import { type ForwardContext, Module, Sequential, type Strength } from '@tikhonov/nn';
import { requireContext } from '@tikhonov/nn/engine';
import { resolveArguments } from '../arguments.ts';
import type { Argument, Method } from '../method.ts';
import { dropPathRates } from './block-rates.ts';
import {
  describeRate,
  drawing,
  inverted,
  keepMask,
  requireFloating,
  scaledBy,
  unitStrength,
} from './keep-mask.ts';
import { insteadOfBlocks, withBody } from './residual-blocks.ts';

/** What `DropPath` and `dropPath` have in common. */
export interface DropPathSettings {
  /** Probability of dropping, in [0, 1]; a 0-d tensor or cell can be annealed. @defaultValue 0 (timm) */
  readonly p?: Strength;
  /**
   * Whether what is kept is divided by `1 - p`. Without it the expectation in training is `(1 - p) x`, while
   * evaluation is the identity all the same. @defaultValue true (timm)
   */
  readonly scaleByKeep?: boolean;
}

/** Options of `dropPath`. */
export interface DropPathOptions extends DropPathSettings {
  /** @defaultValue false, as in every `forward` */
  readonly training?: boolean;
  /** The random key of the mask; the same key gives the same mask. */
  readonly rng?: Tensor;
  /** A mask `[n]` instead of a key: 1 or true keeps a sample, 0 or false drops it. */
  readonly mask?: Tensor;
}

const knownOfLayer: OptionNames<DropPathSettings> = { p: true, scaleByKeep: 'boolean' };
const known: OptionNames<DropPathOptions> = {
  ...knownOfLayer,
  training: 'boolean',
  rng: true,
  mask: true,
};

/**
 * Drops whole samples with probability `p`, one decision for each: `y_n = m_n x_n / (1 - p)` in training, `y = x` in
 * evaluation. For the branch of a residual block, not for the sum: `dropout` with a mask `[n, 1, ..., 1]`.
 *
 * The mask is a constant. Samples are selected, not multiplied: a dropped NaN becomes 0.
 *
 * @param x  `[n, ...]`, floating
 * @returns the shape and dtype of `x`
 * @throws RangeError if `p` is outside [0, 1]; TypeError in training without `rng` and `mask`; ShapeError for a
 * mask other than `[n]` or an `x` without axes; DTypeError for integers
 * @see Larsson, Maire & Shakhnarovich, "FractalNet: ultra-deep neural networks without residuals", ICLR 2017,
 * arXiv 1605.07648
 * @example
 * ```ts
 * const mask = tensor([1, 0]);
 * const x = tensor([[1, 2], [3, 4]]);
 * reg.dropPath(x, { p: 0.5, training: true, mask }).toArray(); // => [[2, 4], [0, 0]]
 * reg.dropPath(x, { p: 0.5 }).toArray(); // => [[1, 2], [3, 4]]
 * ```
 */
export function dropPath(x: TensorLike, options: DropPathOptions = {}): Tensor {
  requireOptions('dropPath', options, known);
  const source = requireFloating('dropPath', x);
  const { scaleByKeep = true, training = false, rng, mask } = options;
  const { p: rate = 0 } = options;
  const p = unitStrength('dropPath', 'p', rate, { closed: true });
  if (!training) return source;
  if (source.rank === 0) {
    throw new ShapeError(
      'dropPath: x must have samples along axis 0, got shape [].\n  Give a single sample an axis of 1 in front.',
    );
  }
  const drawn = keepMask('dropPath', source.shape.slice(0, 1), p, {
    ...(rng === undefined ? {} : { rng }),
    ...(mask === undefined ? {} : { mask }),
  });
  const rows = source.shape.slice(1).reduce<Tensor>((kept) => expandDims(kept, -1), drawn);
  return scaleByKeep ? inverted(source, rows, p) : scaledBy(source, 1, rows);
}

/**
 * `dropPath` as a layer, the last one of the branch of a residual block.
 *
 * @example
 * ```ts
 * const branch = new nn.Sequential(new nn.Linear(2, 2, { seed: 0 }), new reg.DropPath({ p: 0.2 }));
 * const block = new nn.Residual(branch);
 * block.forward(ones([3, 2]), { training: true, rng: random.key(0) }).shape; // => [3, 2]
 * ```
 */
export class DropPath extends Module {
  /** Probability of dropping; if it is a cell, it is part of the module's state. */
  readonly p: Strength;
  readonly scaleByKeep: boolean;

  constructor(options: DropPathSettings = {}) {
    super();
    requireOptions('DropPath', options, knownOfLayer);
    const { p = 0, scaleByKeep = true } = options;
    unitStrength('DropPath', 'p', p, { closed: true });
    this.p = p;
    this.scaleByKeep = scaleByKeep;
  }

  override describe(): string {
    return `DropPath(${describeRate(this.p)}${this.scaleByKeep ? '' : ', unscaled'})`;
  }

  forward(x: Tensor, context: ForwardContext = {}): Tensor {
    requireContext(this, context);
    const { p, scaleByKeep } = this;
    return dropPath(x, { p, scaleByKeep, ...drawing(context) });
  }
}

const settings = [
  {
    name: 'p',
    description:
      'probability of dropping the branch of the last block; it grows linearly from 0 at the first',
    default: 0.2,
    source: 'ours, for networks of a few blocks',
    min: 0,
    max: 1,
    open: 'max',
  },
] as const satisfies readonly Argument[];

/** Registry entry of DropPath. */
export const dropPathMethod: Method = {
  id: 'drop-path',
  section: 'relative',
  title: 'DropPath (stochastic depth per sample)',
  family: 'structure',
  statement: String.raw`h_l = \phi\left(h_{l-1} + \frac{m_{l,n}}{1 - p_l} f_l(h_{l-1})\right), \quad m_{l,n} \sim \mathrm{Bernoulli}(1 - p_l) \text{ for each sample } n`,
  reference: {
    authors: 'G. Larsson, M. Maire, G. Shakhnarovich',
    title: 'FractalNet: Ultra-Deep Neural Networks without Residuals',
    venue: 'ICLR',
    year: 2017,
    arxiv: '1605.07648',
  },
  arguments: settings,
  notes: [
    "The name is of FractalNet; in the form used here, for residual branches and samples, it is stochastic depth with mode 'row' and scale 'keep'.",
    'Some repositories call it DropConnect, which drops weights.',
    'Rates are evenly spaced from 0 (timm): the first block is never dropped, other than in the paper on stochastic depth.',
    'Without scaleByKeep evaluation is the identity all the same (timm), so that the expectation is not preserved.',
  ],
  networks: ['resnet'],
  recipe: (plan, values) => {
    const { p: last } = resolveArguments('drop-path', settings, values);
    const part = insteadOfBlocks('drop-path', (block, { index, count }) => {
      const p = dropPathRates(count, last)[index]!;
      return withBody(block, new Sequential(block.body, new DropPath({ p })));
    });
    return { ...plan, parts: [...plan.parts, part] };
  },
  gradientCases: (draw) => {
    const n = draw.integer(1, 3);
    const [p, mask] = [draw.pick([0, 0.3]), draw.booleans([n])];
    const scaleByKeep = draw.pick([true, false]);
    return {
      f: (x) => {
        const y = dropPath(x!, { p, scaleByKeep, training: true, mask });
        return y.mul(y).sum();
      },
      args: [draw.tensor([n, 2])],
    };
  },
};
