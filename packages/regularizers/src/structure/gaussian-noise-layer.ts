import { add, greater, mul, type Tensor, type TensorLike, where } from '@tikhonov/core';
import { type OptionNames, requireOptions } from '@tikhonov/core/engine';
import { type ForwardContext, Module, type Strength } from '@tikhonov/nn';
import { requireContext } from '@tikhonov/nn/engine';
import { resolveArguments } from '../arguments.ts';
import type { Argument, Method } from '../method.ts';
import { drawing, normalNoise, requireFloating } from './keep-mask.ts';
import { behindActivations } from './places.ts';
import { positiveStrength } from './rate.ts';

/** What `GaussianNoise` and `activationNoise` have in common. */
export interface GaussianNoiseSettings {
  /**
   * Standard deviation, >= 0, in the units of `x`; a 0-d tensor or cell can be annealed.
   * @defaultValue 0.1 (ours; Keras has none)
   */
  readonly std?: Strength;
}

/** Options of `activationNoise`. */
export interface ActivationNoiseOptions extends GaussianNoiseSettings {
  /** @defaultValue false, as in every `forward` */
  readonly training?: boolean;
  /** The random key of the noise; the same key gives the same noise. */
  readonly rng?: Tensor;
  /** Standard normal noise instead of a key, of the shape of `x`. */
  readonly normal?: Tensor;
}

const knownOfLayer: OptionNames<GaussianNoiseSettings> = { std: true };
const known: OptionNames<ActivationNoiseOptions> = {
  ...knownOfLayer,
  training: 'boolean',
  rng: true,
  normal: true,
};

/**
 * Adds noise: `y = x + std e` with `e ~ N(0, 1)` for each element in training, `y = x` in evaluation and for
 * `std` 0. The derivative is 1.
 *
 * For linear regression noise on `n` rows of inputs adds `n std^2 ||w||^2` to the expected sum of squares, which
 * is ridge (Bishop 1995). The noise on batches of data, `gaussianNoise`, is the same for inputs.
 *
 * @param x  `[...s]`, floating
 * @returns `[...s]`, dtype of `x`
 * @throws RangeError if `std` is negative or not finite; TypeError in training without `rng` and `normal`;
 * ShapeError if `normal` does not fit; DTypeError for integers
 * @see Bishop, "Training with noise is equivalent to Tikhonov regularization", Neural Computation 7 (1995)
 * @example
 * ```ts
 * const normal = tensor([0, 1, -2]);
 * reg.activationNoise(tensor([1, 2, 3]), { std: 0.5, training: true, normal }).toArray(); // => [1, 2.5, 2]
 * reg.activationNoise(tensor([1, 2, 3]), { std: 0.5 }).toArray(); // => [1, 2, 3]
 * ```
 */
export function activationNoise(x: TensorLike, options: ActivationNoiseOptions = {}): Tensor {
  requireOptions('activationNoise', options, known);
  const source = requireFloating('activationNoise', x);
  const { std: given = 0.1 } = options;
  const std = positiveStrength('activationNoise', 'std', given, source.dtype, { orZero: true });
  if (options.training !== true) return source;
  const noise = normalNoise('activationNoise', source.shape, source.dtype, options);
  // Selected, because -0 + 0 is 0.
  return where(greater(std, 0), add(source, mul(noise, std)), source);
}

/**
 * `activationNoise` as a layer. Unlike Keras' layer of this name it takes deviations above 1, which are a matter
 * of units.
 *
 * @example
 * ```ts
 * const layer = new reg.GaussianNoise({ std: 2 });
 * const y = layer.forward(zeros([10000]), { training: true, rng: random.key(0) });
 * Math.abs(std(y).item() - 2) < 0.1; // => true
 * layer.forward(ones([2])).toArray(); // => [1, 1]
 * ```
 */
export class GaussianNoise extends Module {
  /** Standard deviation; if it is a cell, it is part of the module's state. */
  readonly std: Strength;

  constructor(options: GaussianNoiseSettings = {}) {
    super();
    requireOptions('GaussianNoise', options, knownOfLayer);
    const { std = 0.1 } = options;
    positiveStrength('GaussianNoise', 'std', std, 'float64', { orZero: true });
    this.std = std;
  }

  override describe(): string {
    return `GaussianNoise(${typeof this.std === 'number' ? this.std : 'std given'})`;
  }

  forward(x: Tensor, context: ForwardContext = {}): Tensor {
    requireContext(this, context);
    return activationNoise(x, { std: this.std, ...drawing(context) });
  }
}

const settings = [
  {
    name: 'std',
    description: 'standard deviation of the noise, in the units of the hidden units',
    default: 0.1,
    source: 'ours, for hidden units of size 1',
    min: 0,
  },
] as const satisfies readonly Argument[];

/** Registry entry of Gaussian noise on hidden units. */
export const gaussianNoiseLayerMethod: Method = {
  id: 'gaussian-noise-layer',
  section: 'relative',
  title: 'Gaussian noise layer',
  family: 'structure',
  statement: String.raw`h \mapsto h + \sigma \varepsilon, \quad \varepsilon \sim N(0, I) \text{ in training}; \qquad h \mapsto h \text{ in evaluation}`,
  reference: {
    authors: 'C. M. Bishop',
    title: 'Training with Noise is Equivalent to Tikhonov Regularization',
    venue: 'Neural Computation 7(1)',
    year: 1995,
    doi: '10.1162/neco.1995.7.1.108',
  },
  arguments: settings,
  notes: [
    'The survey does not treat it; noise on the inputs is the method gaussian-noise.',
    'Noise that is added can be outgrown: a network that scales its units up makes it small. Multiplied noise, as in Gaussian dropout, cannot.',
    "Keras' layer insists on a deviation in [0, 1]; here any size is taken.",
    'Behind every hidden activation, as dropout.',
  ],
  recipe: (plan, values) => {
    const { std } = resolveArguments('gaussian-noise-layer', settings, values);
    const make = (): GaussianNoise => new GaussianNoise({ std });
    return { ...plan, parts: [...plan.parts, behindActivations(make)] };
  },
  gradientCases: (draw) => {
    const shape = draw.shape();
    const [std, normal] = [draw.pick([0, 0.3, 2]), draw.tensor(shape)];
    return {
      f: (x) => {
        const y = activationNoise(x!, { std, training: true, normal });
        return y.mul(y).sum();
      },
      args: [draw.tensor(shape)],
    };
  },
};
