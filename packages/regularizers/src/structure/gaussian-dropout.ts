import { add, astype, div, mul, sqrt, sub, type Tensor, type TensorLike } from '@tikhonov/core';
import { type OptionNames, requireOptions } from '@tikhonov/core/engine';
import { type ForwardContext, Module, type Strength } from '@tikhonov/nn';
import { requireContext } from '@tikhonov/nn/engine';
import { resolveArguments } from '../arguments.ts';
import type { Argument, Method } from '../method.ts';
import { describeRate, drawing, normalNoise, requireFloating, unitStrength } from './keep-mask.ts';
import { behindActivations } from './places.ts';

/** What `GaussianDropout` and `gaussianDropout` have in common. */
export interface GaussianDropoutSettings {
  /**
   * The rate of the dropout whose variance the noise has, in [0, 1); a 0-d tensor or cell can be annealed.
   * @defaultValue 0.5 (ours, as for dropout; Keras has none)
   */
  readonly p?: Strength;
}

/** Options of `gaussianDropout`. */
export interface GaussianDropoutOptions extends GaussianDropoutSettings {
  /** @defaultValue false, as in every `forward` */
  readonly training?: boolean;
  /** The random key of the noise; the same key gives the same noise. */
  readonly rng?: Tensor;
  /** Standard normal noise instead of a key, of the shape of `x`. */
  readonly normal?: Tensor;
}

const knownOfLayer: OptionNames<GaussianDropoutSettings> = { p: true };
const known: OptionNames<GaussianDropoutOptions> = {
  ...knownOfLayer,
  training: 'boolean',
  rng: true,
  normal: true,
};

/**
 * Multiplies by noise of mean 1: `y = x (1 + sqrt(p / (1 - p)) e)` with `e ~ N(0, 1)` for each element in
 * training, `y = x` in evaluation. Mean and variance, `x` and `p / (1 - p) x^2`, are those of dropout with
 * rate `p`. The factor may be negative; it is a constant for derivatives.
 *
 * @param x  `[...s]`, floating
 * @returns `[...s]`, dtype of `x`
 * @throws RangeError if `p` is outside [0, 1): at 1 the variance is infinite; TypeError in training without
 * `rng` and `normal`; ShapeError if `normal` does not fit; DTypeError for integers
 * @see Srivastava, Hinton, Krizhevsky, Sutskever & Salakhutdinov, "Dropout: a simple way to prevent neural
 * networks from overfitting", JMLR 15 (2014), section 10
 * @example
 * ```ts
 * const normal = tensor([0, 1, -2]);
 * reg.gaussianDropout(tensor([1, 2, 3]), { p: 0.5, training: true, normal }).toArray(); // => [1, 4, -3]
 * reg.gaussianDropout(tensor([1, 2, 3]), { p: 0.5 }).toArray(); // => [1, 2, 3]
 * ```
 */
export function gaussianDropout(x: TensorLike, options: GaussianDropoutOptions = {}): Tensor {
  requireOptions('gaussianDropout', options, known);
  const source = requireFloating('gaussianDropout', x);
  const { p: rate = 0.5 } = options;
  const p = unitStrength('gaussianDropout', 'p', rate, { closed: false });
  if (options.training !== true) return source;
  const noise = normalNoise('gaussianDropout', source.shape, source.dtype, options);
  return mul(source, add(mul(noise, deviation(p, source)), 1));
}

/** `sqrt(p / (1 - p))` in float64, rounded once. */
function deviation(p: number | Tensor, { dtype }: Tensor): number | Tensor {
  if (typeof p === 'number') return Math.sqrt(p / (1 - p));
  return astype(sqrt(div(p, sub(1, p))), dtype);
}

/**
 * `gaussianDropout` as a layer.
 *
 * @example
 * ```ts
 * const layer = new reg.GaussianDropout({ p: 0.2 });
 * const y = layer.forward(ones([10000]), { training: true, rng: random.key(0) });
 * Math.abs(std(y).item() - 0.5) < 0.02; // => true
 * layer.forward(ones([2])).toArray(); // => [1, 1]
 * ```
 */
export class GaussianDropout extends Module {
  /** The rate; if it is a cell, it is part of the module's state. */
  readonly p: Strength;

  constructor(options: GaussianDropoutSettings = {}) {
    super();
    requireOptions('GaussianDropout', options, knownOfLayer);
    const { p = 0.5 } = options;
    unitStrength('GaussianDropout', 'p', p, { closed: false });
    this.p = p;
  }

  override describe(): string {
    return `GaussianDropout(${describeRate(this.p)})`;
  }

  forward(x: Tensor, context: ForwardContext = {}): Tensor {
    requireContext(this, context);
    return gaussianDropout(x, { p: this.p, ...drawing(context) });
  }
}

const settings = [
  {
    name: 'p',
    description: 'rate of the dropout whose variance the noise has, p / (1 - p)',
    default: 0.5,
    source: 'the rate of dropout on hidden units, for the same variance',
    min: 0,
    max: 1,
    open: 'max',
  },
] as const satisfies readonly Argument[];

/** Registry entry of Gaussian dropout. */
export const gaussianDropoutMethod: Method = {
  id: 'gaussian-dropout',
  section: '2.1',
  title: 'Gaussian dropout',
  family: 'structure',
  statement: String.raw`h \mapsto h \odot (1 + \sqrt{p / (1 - p)}\, \varepsilon), \quad \varepsilon \sim N(0, I) \text{ in training}; \qquad h \mapsto h \text{ in evaluation}`,
  reference: {
    authors: 'N. Srivastava, G. Hinton, A. Krizhevsky, I. Sutskever, R. Salakhutdinov',
    title: 'Dropout: A Simple Way to Prevent Neural Networks from Overfitting',
    venue: 'Journal of Machine Learning Research 15',
    year: 2014,
  },
  arguments: settings,
  notes: [
    'The survey gives the variance p (1 - p), that of a dropout mask before it is divided by its mean 1 - p; noise of mean 1 has p / (1 - p), as in the paper (with its p for keeping) and in Keras.',
    'Gaussian is the noise that multiplies the units, not a probability of dropping.',
    'p = 1 is refused: its variance is infinite (Keras divides by zero).',
    'Behind every hidden activation, as dropout.',
  ],
  recipe: (plan, values) => {
    const { p } = resolveArguments('gaussian-dropout', settings, values);
    const make = (): GaussianDropout => new GaussianDropout({ p });
    return { ...plan, parts: [...plan.parts, behindActivations(make)] };
  },
  gradientCases: (draw) => {
    const shape = draw.shape();
    const [p, normal] = [draw.pick([0, 0.3, 0.8]), draw.tensor(shape)];
    return {
      f: (x) => {
        const y = gaussianDropout(x!, { p, training: true, normal });
        return y.mul(y).sum();
      },
      args: [draw.tensor(shape)],
    };
  },
};
