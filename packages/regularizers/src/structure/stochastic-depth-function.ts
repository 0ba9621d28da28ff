import {
  add,
  astype,
  cond,
  expandDims,
  full,
  less,
  ShapeError,
  sub,
  sum,
  type Tensor,
  type TensorLike,
  where,
} from '@tikhonov/core';
import {
  asTensor,
  dormant,
  kindOf,
  type OptionNames,
  requireOptions,
  showShape,
} from '@tikhonov/core/engine';
import type { Strength } from '@tikhonov/nn';
import {
  keepMask,
  requireFloating,
  requireNoise,
  requireRng,
  scaledBy,
  unitStrength,
} from './keep-mask.ts';

/** What `StochasticDepth` and `stochasticDepth` have in common. */
export interface StochasticDepthSettings {
  /**
   * Probability that the branch is there, in [0, 1]; a 0-d tensor or cell can be annealed. Of many blocks see
   * `linearDecaySurvival`. @defaultValue 0.5, the paper's for the last block
   */
  readonly survival?: Strength;
  /**
   * `'batch'` draws once for the mini-batch and leaves out the computation of a dropped branch; `'row'` draws for
   * each sample and computes the branch for all. @defaultValue 'batch', as in the paper
   */
  readonly mode?: 'batch' | 'row';
  /**
   * What makes the expectations of training and evaluation agree: `'eval'` weights the branch by `survival` in
   * evaluation, `'keep'` divides it by `survival` in training. @defaultValue 'eval', as in the paper
   */
  readonly scale?: 'eval' | 'keep';
}

/** Options of `stochasticDepth`. */
export interface StochasticDepthOptions extends StochasticDepthSettings {
  /** What the branch is added to. @defaultValue the identity */
  readonly projection?: (x: Tensor) => Tensor;
  /** What is applied to the sum. @defaultValue the identity */
  readonly activation?: (x: Tensor) => Tensor;
  /** @defaultValue false, as in every `forward` */
  readonly training?: boolean;
  /** The random key of the decision; the same key gives the same one. */
  readonly rng?: Tensor;
  /** Decisions instead of a key, 1 for a branch that is there, else 0: `[]`, or `[n]` of the mode `'row'`. */
  readonly gates?: Tensor;
}

/** Options of the layer that are the function's too. */
export const stochasticDepthNames: OptionNames<StochasticDepthSettings> = {
  survival: true,
  mode: true,
  scale: true,
};

const known: OptionNames<StochasticDepthOptions> = {
  ...stochasticDepthNames,
  projection: true,
  activation: true,
  training: 'boolean',
  rng: true,
  gates: true,
};

/** A TypeError for other words, a RangeError for a probability that is none. */
export function requireStochasticDepth(
  name: string,
  { survival = 0.5, mode = 'batch', scale = 'eval' }: StochasticDepthSettings,
): { readonly survival: number | Tensor } & Required<Omit<StochasticDepthSettings, 'survival'>> {
  if (mode !== 'batch' && mode !== 'row') {
    throw new TypeError(`${name}: mode must be 'batch' or 'row', got "${String(mode)}".`);
  }
  if (scale !== 'eval' && scale !== 'keep') {
    throw new TypeError(`${name}: scale must be 'eval' or 'keep', got "${String(scale)}".`);
  }
  return { survival: unitStrength(name, 'survival', survival, { closed: true }), mode, scale };
}

/**
 * A residual block whose branch is left out at random: `act(projection(x) + b branch(x))`, where `b` is 1 with
 * probability `survival`, else 0, in training; `act(projection(x) + survival branch(x))` in evaluation. The branch
 * is dropped iff the uniform draw `u < 1 - survival`, so that 0 and 1 are exact.
 *
 * In the mode `'batch'` a dropped branch is not computed, in compiled functions too: that is what makes training
 * faster. Its parameters have gradients of exactly 0, and running statistics of batch norms in it stay.
 *
 * @param x  `[n, ...]`
 * @param branch  what may be dropped, a function of a tensor that keeps the shape of the projection
 * @returns the shape of the projection
 * @throws RangeError if `survival` is outside [0, 1]; TypeError in training without `rng` and `gates`;
 * ShapeError if branch, projection or gates do not fit
 * @see Huang, Sun, Liu, Sedra & Weinberger, "Deep networks with stochastic depth", ECCV 2016, arXiv 1603.09382
 * @example
 * ```ts
 * const twice = (x: Tensor) => x.mul(2);
 * const x = tensor([1, 2]);
 * const gates = tensor(0);
 * reg.stochasticDepth(x, twice, { survival: 0.5, training: true, gates }).toArray(); // => [1, 2]
 * reg.stochasticDepth(x, twice, { survival: 0.5 }).toArray(); // => [2, 4]
 * ```
 */
export function stochasticDepth(
  x: TensorLike,
  branch: (x: Tensor) => Tensor,
  options: StochasticDepthOptions = {},
): Tensor {
  const name = 'stochasticDepth';
  requireOptions(name, options, known);
  for (const [what, f] of Object.entries({ branch, ...functionsOf(options) })) {
    if (typeof f === 'function') continue;
    throw new TypeError(
      `${name}: ${what} must be a function of a tensor, got ${kindOf(f)}.\n  Of a module pass (x) => module.forward(x, context), or use the class StochasticDepth.`,
    );
  }
  const { projection, activation } = options;
  const { survival, mode, scale } = requireStochasticDepth(name, options);
  const source = asTensor(x, name);
  const base = requireFloating(name, projection === undefined ? source : projection(source));
  const change = (): Tensor => requireAlike(name, branch(source), base);
  const y = gatedSum(name, { base, change, survival, mode, scale, options });
  return activation === undefined ? y : activation(y);
}

const functionsOf = ({ projection, activation }: StochasticDepthOptions): object => ({
  ...(projection === undefined ? {} : { projection }),
  ...(activation === undefined ? {} : { activation }),
});

interface Sum {
  readonly base: Tensor;
  readonly change: () => Tensor;
  readonly survival: number | Tensor;
  readonly mode: 'batch' | 'row';
  readonly scale: 'eval' | 'keep';
  readonly options: StochasticDepthOptions;
}

/** The base with as much of the change as there shall be. */
function gatedSum(name: string, sum: Sum): Tensor {
  const { base, change, survival, mode, scale, options } = sum;
  if (options.training !== true) {
    if (scale === 'keep') return add(base, change());
    return survival === 0 ? without(base, change) : add(base, weighted(change(), survival));
  }
  const shape = mode === 'batch' ? [] : base.shape.slice(0, 1);
  if (mode === 'row' && base.rank === 0) {
    throw new ShapeError(
      `${name}: mode 'row' needs samples along axis 0, got shape [].\n  Take mode 'batch', or give a single sample an axis of 1 in front.`,
    );
  }
  const { rng, gates } = options;
  const drop = typeof survival === 'number' ? 1 - survival : sub(1, survival);
  const kept = keepMask(
    name,
    shape,
    drop,
    gates === undefined
      ? { rng: requireRng(name, rng, 'gates') }
      : { mask: requireNoise(name, 'gates', gates, shape) },
  );
  // Nothing is divided by a probability of 0: with it, no branch is there unless a gate says so.
  const factor = scale === 'eval' ? 1 : inverse(survival);
  if (mode === 'row') {
    const rows = base.shape.slice(1).reduce<Tensor>((mask) => expandDims(mask, -1), kept);
    return add(base, scaledBy(change(), factor, rows));
  }
  // A certain decision is none.
  if (gates === undefined && survival === 1) return add(base, change());
  return cond(
    kept,
    () => add(base, scaledBy(change(), factor, true)),
    () => without(base, change),
  );
}

/** What is added in evaluation with the scale `'eval'`: `survival` times the branch, 0 whatever it is for 0. */
export const expectedBranch = (change: Tensor, survival: Strength): Tensor =>
  weighted(change, unitStrength('StochasticDepth', 'survival', survival, { closed: true }));

const weighted = (change: Tensor, survival: number | Tensor): Tensor =>
  scaledBy(change, survival, typeof survival === 'number' ? survival > 0 : less(0, survival));

/** `1 / survival` in float64, 1 for 0. */
function inverse(survival: number | Tensor): number | Tensor {
  if (typeof survival === 'number') return survival === 0 ? 1 : 1 / survival;
  return where(less(0, survival), survival, 1).pow(-1);
}

/** The base alone, which is a function of what the change depends on all the same. */
const without = (base: Tensor, change: () => Tensor): Tensor =>
  where(
    full([], 1, { dtype: 'bool' }),
    base,
    astype(
      dormant(() => sum(change())),
      base.dtype,
    ),
  );

function requireAlike(name: string, change: Tensor, base: Tensor): Tensor {
  if (showShape(change.shape) === showShape(base.shape)) return change;
  throw new ShapeError(
    `${name}: the branch gives ${showShape(change.shape)}, which cannot be added to ${showShape(base.shape)}.\n  Pass { projection } with what changes the shape in the same way.`,
  );
}
