import {
  add,
  clamp,
  greaterEqual,
  lessEqual,
  logicalAnd,
  mul,
  random,
  type Tensor,
  type TensorLike,
} from '@tikhonov/core';
import { check, type OptionNames, requireOptions } from '@tikhonov/core/engine';
import { type ForwardContext, Module } from '@tikhonov/nn';
import { requireContext } from '@tikhonov/nn/engine';
import { resolveArguments } from '../arguments.ts';
import type { Argument, Method } from '../method.ts';
import {
  drawing,
  inverted,
  keepMask,
  requireFloating,
  requireNoise,
  requireProbability,
  requireRng,
} from './keep-mask.ts';
import { behindActivations } from './places.ts';

/** How the rate of a pass is drawn. */
export interface StochasticRateSettings {
  /**
   * `'uniform'`: `p ~ U(min, max)`; `'normal'`: `p ~ N(mean, std^2)`, clipped to `[0, maxP]`.
   * @defaultValue 'uniform'
   */
  readonly distribution?: 'uniform' | 'normal';
  /** The smallest rate, in [0, max]; for `'uniform'`. @defaultValue 0.1 (ours) */
  readonly min?: number;
  /** The largest rate, in [min, 1]; for `'uniform'`. @defaultValue 0.6 (ours) */
  readonly max?: number;
  /** Before clipping; for `'normal'`. @defaultValue 0.3 (ours) */
  readonly mean?: number;
  /** Standard deviation before clipping, >= 0; for `'normal'`. @defaultValue 0.1 (ours) */
  readonly std?: number;
  /** The largest rate, in [0, 1]; for `'normal'`. @defaultValue 0.95 (ours) */
  readonly maxP?: number;
}

/** Options of `stochasticRate`. */
export interface StochasticRateOptions extends StochasticRateSettings {
  /** The random key of the rate. */
  readonly rng?: Tensor;
  /** The draw instead of a key, `[]`: uniform in [0, 1), or standard normal. */
  readonly rateDraw?: Tensor;
}

/** Options of `stochasticDropout`. */
export interface StochasticDropoutOptions extends StochasticRateOptions {
  /** @defaultValue false, as in every `forward` */
  readonly training?: boolean;
  /** A mask instead of a key, of the shape of `x`: 1 or true keeps, 0 or false drops. */
  readonly mask?: Tensor;
}

const knownOfLayer: OptionNames<StochasticRateSettings> = {
  distribution: true,
  min: true,
  max: true,
  mean: true,
  std: true,
  maxP: true,
};
const knownOfRate: OptionNames<StochasticRateOptions> = {
  ...knownOfLayer,
  rng: true,
  rateDraw: true,
};
const known: OptionNames<StochasticDropoutOptions> = {
  ...knownOfRate,
  training: 'boolean',
  mask: true,
};

function resolved(name: string, options: StochasticRateSettings) {
  const { distribution = 'uniform', min = 0.1, max = 0.6 } = options;
  const { mean = 0.3, std = 0.1, maxP = 0.95 } = options;
  if (distribution !== 'uniform' && distribution !== 'normal') {
    throw new TypeError(
      `${name}: distribution must be 'uniform' or 'normal', got "${String(distribution)}".`,
    );
  }
  requireProbability(name, 'min', min);
  requireProbability(name, 'max', max);
  requireProbability(name, 'maxP', maxP);
  if (min > max)
    throw new RangeError(
      `${name}: needs min <= max, got ${min} and ${max}.\n  The rate is drawn between them, by default from 0.1 to 0.6.`,
    );
  if (!(std >= 0 && Number.isFinite(std) && Number.isFinite(mean))) {
    throw new RangeError(
      `${name}: needs finite mean and std >= 0, got ${mean} and ${std}.\n  They are of the normal distribution of the rate, by default 0.3 and 0.1.`,
    );
  }
  return { distribution, min, max, mean, std, maxP };
}

/**
 * The rate of a pass of `stochasticDropout`: a number in [0, 1], drawn once for the whole batch.
 *
 * @returns `[]`, float64
 * @throws RangeError for settings or a draw out of range; TypeError without `rng` and `rateDraw`; ShapeError if `rateDraw`
 * is not a scalar
 * @example
 * ```ts
 * reg.stochasticRate({ min: 0.2, max: 0.4, rateDraw: tensor(0.5) }).item(); // => 0.3
 * ```
 */
export function stochasticRate(options: StochasticRateOptions): Tensor {
  requireOptions('stochasticRate', options, knownOfRate);
  return rateOf('stochasticRate', options);
}

function rateOf(name: string, options: StochasticRateOptions): Tensor {
  const { distribution, min, max, mean, std, maxP } = resolved(name, options);
  const draw = (draws: typeof random.uniform | typeof random.normal): Tensor =>
    options.rateDraw === undefined
      ? draws(requireRng(name, options.rng, 'rateDraw'), [], { dtype: 'float64' })
      : givenDraw(name, options.rateDraw, distribution);
  return distribution === 'uniform'
    ? clamp(add(mul(draw(random.uniform), max - min), min), { min, max })
    : clamp(add(mul(draw(random.normal), std), mean), { min: 0, max: maxP });
}

/** A draw that is given: a RangeError unless it is one of the distribution, as a rate must not become NaN. */
function givenDraw(name: string, rateDraw: Tensor, distribution: 'uniform' | 'normal'): Tensor {
  const fitting = requireNoise(name, 'rateDraw', rateDraw, []);
  const draw = requireFloating(name, fitting, 'rateDraw').astype('float64');
  const [low, high] = distribution === 'uniform' ? [0, 1] : [-Number.MAX_VALUE, Number.MAX_VALUE];
  check(
    logicalAnd(greaterEqual(draw, low), lessEqual(draw, high)),
    () =>
      new RangeError(
        `${name}: rateDraw must be ${distribution === 'uniform' ? 'in [0, 1)' : 'finite'}, got ${String(draw)}.\n  It is a draw of the ${distribution === 'uniform' ? 'uniform' : 'standard normal'} distribution, or leave it out and pass rng.`,
      ),
  );
  return draw;
}

/**
 * Dropout with a random rate: in training one `p` for the whole call, `p ~ U(min, max)` or a clipped normal, then
 * `dropout` with that `p`; in evaluation `y = x`. Given `p`, all that holds of dropout holds. Rate and mask are
 * constants.
 *
 * The key gives both: the rate is drawn from it with `'rate'` folded in, the mask with `'mask'`.
 *
 * @param x  `[...s]`, floating
 * @returns `[...s]`, dtype of `x`
 * @throws RangeError for settings or a draw out of range; TypeError in training without `rng` and the given noise; ShapeError
 * if that does not fit; DTypeError for integers
 * @see Park & Kwak, "Analysis on the dropout effect in convolutional neural networks", ACCV 2016
 * @example
 * ```ts
 * const [rateDraw, mask] = [tensor(0.5), tensor([1, 0])];
 * const options = { min: 0.4, max: 0.6, training: true, rateDraw, mask };
 * reg.stochasticDropout(tensor([1, 2]), options).toArray(); // => [2, 0]
 * ```
 */
export function stochasticDropout(x: TensorLike, options: StochasticDropoutOptions = {}): Tensor {
  const name = 'stochasticDropout';
  requireOptions(name, options, known);
  const source = requireFloating(name, x);
  const { rng, mask, rateDraw, training = false, ...settings } = options;
  resolved(name, settings);
  if (!training) return source;
  // Only what is not given needs the key.
  const from = (part: string) => (rng === undefined ? {} : { rng: folded(name, rng, part) });
  const p = rateOf(name, rateDraw === undefined ? { ...settings, ...from('rate') } : options);
  const drawn = keepMask(name, source.shape, p, mask === undefined ? from('mask') : { mask });
  return inverted(source, drawn, p);
}

const folded = (name: string, rng: unknown, part: string): Tensor =>
  random.foldIn(requireRng(name, rng, 'mask'), part);

/**
 * `stochasticDropout` as a layer.
 *
 * @example
 * ```ts
 * const layer = new reg.StochasticDropout({ min: 0.5, max: 0.5 });
 * layer.forward(ones([1000]), { training: true, rng: random.key(0) }).max().item(); // => 2
 * layer.forward(ones([2])).toArray(); // => [1, 1]
 * ```
 */
export class StochasticDropout extends Module {
  readonly settings: Required<StochasticRateSettings>;

  constructor(options: StochasticRateSettings = {}) {
    super();
    requireOptions('StochasticDropout', options, knownOfLayer);
    this.settings = resolved('StochasticDropout', options);
  }

  override describe(): string {
    const { distribution, min, max, mean, std } = this.settings;
    const rate = distribution === 'uniform' ? `U(${min}, ${max})` : `N(${mean}, ${std}^2)`;
    return `StochasticDropout(${rate})`;
  }

  forward(x: Tensor, context: ForwardContext = {}): Tensor {
    requireContext(this, context);
    return stochasticDropout(x, { ...this.settings, ...drawing(context) });
  }
}

const settings = [
  {
    name: 'min',
    description: 'the smallest probability of dropping',
    default: 0.1,
    source: 'ours, around the rates of dropout',
    min: 0,
    max: 1,
    open: 'max',
  },
  {
    name: 'max',
    description: 'the largest probability of dropping, at least min',
    default: 0.6,
    source: 'ours, around the rates of dropout',
    min: 0,
    max: 1,
    open: 'max',
  },
] as const satisfies readonly Argument[];

/** Registry entry of dropout with a random rate. */
export const stochasticDropoutMethod: Method = {
  id: 'stochastic-dropout',
  section: 'relative',
  title: 'Stochastic dropout',
  family: 'structure',
  statement: String.raw`h \mapsto \frac{m \odot h}{1 - p}, \quad m_i \sim \mathrm{Bernoulli}(1 - p), \quad p \sim U(a, b) \text{ in each step}; \qquad h \mapsto h \text{ in evaluation}`,
  reference: {
    authors: 'S. Park, N. Kwak',
    title: 'Analysis on the Dropout Effect in Convolutional Neural Networks',
    venue: 'ACCV',
    year: 2016,
  },
  arguments: settings,
  notes: [
    'The survey takes it for Gaussian dropout on max-pooling layers, together with max-drop; it is dropout whose rate is drawn anew in every step.',
    "The authors' layer clips the rate at 0.7 and the scale at 1.5, after which the mean is not kept; that is not followed.",
    'Behind every hidden activation, as dropout; each layer draws its own rate.',
  ],
  recipe: (plan, values) => {
    const { min, max } = resolveArguments('stochastic-dropout', settings, values);
    const make = (): StochasticDropout => new StochasticDropout({ min, max });
    // Tells of a pair of values that does not fit before anything is trained.
    make();
    return { ...plan, parts: [...plan.parts, behindActivations(make)] };
  },
  gradientCases: (draw) => {
    const shape = draw.shape();
    const rateDraw = draw.tensor([], { min: 0, max: 1 });
    const mask = draw.booleans(shape);
    return {
      f: (x) => {
        const y = stochasticDropout(x!, { training: true, rateDraw, mask });
        return y.mul(y).sum();
      },
      args: [draw.tensor(shape)],
    };
  },
};
