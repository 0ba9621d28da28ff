import {
  add,
  astype,
  maximum,
  minimum,
  mul,
  neg,
  random,
  ShapeError,
  sign,
  stopGradient,
  sub,
  type Tensor,
  zerosLike,
} from '@tikhonov/core';
import { type OptionNames, requireOptions, showShape, showValue } from '@tikhonov/core/engine';
import { requireStrength, type Strength } from '../strength.ts';
import {
  gradientsPerSample,
  requireBatch,
  type SampleLosses,
  unitPerSample,
} from './per-sample.ts';

/** What every perturbation takes. */
interface PerturbationOptions {
  /** How far an input moves, >= 0, in units of the input; see `direction`. */
  readonly epsilon: Strength;
  /** Least value of an input; perturbed ones are raised to it. @defaultValue none */
  readonly clipMin?: number;
  /** Greatest value of an input. @defaultValue none */
  readonly clipMax?: number;
}

/** A single step from the input. */
export interface SingleStepOptions extends PerturbationOptions {
  /**
   * `'fgsm'`: `epsilon` times the sign of the gradient; `'fgm'`: `epsilon` times the gradient divided by its
   * length, sample by sample; `'gradient'`: `epsilon` times the gradient. @defaultValue 'fgsm'
   */
  readonly direction?: 'fgsm' | 'fgm' | 'gradient';
}

/** Several steps within the box of half width `epsilon` around the input. */
export interface ProjectedStepsOptions extends PerturbationOptions {
  readonly direction: 'pgd';
  /** How many, >= 1. @defaultValue 7, as Madry et al. train on CIFAR-10 */
  readonly steps?: number;
  /** Length of a step in every coordinate, >= 0. @defaultValue `2.5 * epsilon / steps`, as Madry et al. attack */
  readonly stepSize?: Strength;
  /** Where to start, as an offset of the input, of its shape; brought into the box. @defaultValue see `key` */
  readonly start?: Tensor;
  /** Random key of a uniform start in the box. @defaultValue without it the start is the input itself */
  readonly key?: Tensor;
}

/** Options of `adversarialExample`. */
export type AdversarialExampleOptions = SingleStepOptions | ProjectedStepsOptions;

const singleStep: OptionNames<SingleStepOptions> = {
  epsilon: true,
  direction: true,
  clipMin: true,
  clipMax: true,
};
const projectedSteps: OptionNames<ProjectedStepsOptions> = {
  ...singleStep,
  steps: true,
  stepSize: true,
  start: true,
  key: true,
};

/**
 * Inputs moved so that their loss grows: `x + epsilon sign(g)` (the fast gradient sign method),
 * `x + epsilon g / ||g||`, `x + epsilon g`, or projected gradient ascent in the box around `x`, with
 * `g = d loss_n / d x_n`. They are constants: nothing can be differentiated through them. A sample with
 * gradient 0 stays where it is.
 *
 * @param losses  one per sample, `[n, ...] -> [n]`, of the model in training mode but with
 *   `updateState: false`, and the masks of the step
 * @param x  `[n, ...]`, floating
 * @returns `[n, ...]`
 * @throws RangeError for an unknown direction, a bad strength or count, or an empty range of values;
 *   TypeError for options that the direction does not have; ShapeError unless the losses are one per sample
 * @see Goodfellow, Shlens & Szegedy, "Explaining and Harnessing Adversarial Examples" (2015)
 * @see Madry, Makelov, Schmidt, Tsipras & Vladu, "Towards Deep Learning Models Resistant to Adversarial
 *   Attacks" (2018)
 * @example
 * ```ts
 * const losses = (x: Tensor) => x.matmul(tensor([[3], [-4]])).reshape([-1]);
 * const x = tensor([[1, 1]]);
 * reg.adversarialExample(losses, x, { epsilon: 0.5 }).toArray(); // => [[1.5, 0.5]]
 * reg.adversarialExample(losses, x, { direction: 'fgm', epsilon: 0.5 }).toArray(); // => [[1.3, 0.6]]
 * ```
 */
export function adversarialExample(
  losses: SampleLosses,
  x: Tensor,
  options: AdversarialExampleOptions,
): Tensor {
  const caller = 'adversarialExample';
  requirePerturbation(caller, options);
  requireBatch(caller, x);
  return perturbed(
    caller,
    (rows) => gradientsPerSample(caller, losses, rows, { createGraph: false }),
    x,
    options,
  );
}

/** Refuses options that no perturbation can be made with, before there are inputs. */
export function requirePerturbation(
  caller: string,
  options: AdversarialExampleOptions,
  further: OptionNames<object> = {},
): void {
  const direction: unknown = options?.direction ?? 'fgsm';
  const names = ['fgsm', 'fgm', 'gradient', 'pgd'];
  if (typeof direction !== 'string' || !names.includes(direction)) {
    throw new RangeError(
      `${caller}: direction must be one of ${names.join(', ')}, got ${showValue(direction)}.`,
    );
  }
  const own = options.direction === 'pgd' ? projectedSteps : singleStep;
  requireOptions<object>(caller, options, { ...own, ...further });
  requireStrength(`${caller}: epsilon`, options.epsilon);
  const { clipMin = -Infinity, clipMax = Infinity } = options;
  if (!(clipMin <= clipMax)) {
    throw new RangeError(
      `${caller}: clipMin must be at most clipMax, got ${String(clipMin)} and ${String(clipMax)}.`,
    );
  }
  if (options.direction !== 'pgd') return;
  const { steps = 7, stepSize } = options;
  if (!Number.isInteger(steps) || steps < 1) {
    throw new RangeError(`${caller}: steps must be an integer >= 1, got ${String(steps)}.`);
  }
  if (stepSize !== undefined) requireStrength(`${caller}: stepSize`, stepSize);
}

/** The moved inputs, for whatever computes their gradients: constants, if those are. */
export function perturbed(
  caller: string,
  gradientsAt: (x: Tensor) => Tensor,
  x: Tensor,
  options: AdversarialExampleOptions,
): Tensor {
  const { clipMin, clipMax } = options;
  const origin = stopGradient(x);
  const inRange = (y: Tensor): Tensor => {
    const raised = clipMin === undefined ? y : maximum(y, clipMin);
    return clipMax === undefined ? raised : minimum(raised, clipMax);
  };
  const epsilon = constant(requireStrength(`${caller}: epsilon`, options.epsilon), x);
  if (options.direction !== 'pgd') {
    const g = gradientsAt(origin);
    const along = { fgsm: sign, fgm: unitPerSample, gradient: (y: Tensor) => y };
    return inRange(add(origin, mul(along[options.direction ?? 'fgsm'](g), epsilon)));
  }
  const { steps = 7 } = options;
  const inBox = (offset: Tensor): Tensor =>
    maximum(minimum(offset, epsilon), typeof epsilon === 'number' ? -epsilon : neg(epsilon));
  const stepSize =
    options.stepSize === undefined
      ? proportional(epsilon, 2.5 / steps)
      : constant(requireStrength(`${caller}: stepSize`, options.stepSize), x);
  let moved = inRange(add(origin, inBox(startOf(caller, x, epsilon, options))));
  for (let k = 0; k < steps; k++) {
    const ascended = add(moved, mul(sign(gradientsAt(moved)), stepSize));
    moved = inRange(add(origin, inBox(sub(ascended, origin))));
  }
  return moved;
}

const constant = (strength: number | Tensor, like: Tensor): number | Tensor =>
  typeof strength === 'number' ? strength : astype(stopGradient(strength), like.dtype);

const proportional = (strength: number | Tensor, factor: number): number | Tensor =>
  typeof strength === 'number' ? strength * factor : mul(strength, factor);

function startOf(
  caller: string,
  x: Tensor,
  epsilon: number | Tensor,
  { start, key }: ProjectedStepsOptions,
): Tensor {
  if (start === undefined) {
    if (key === undefined) return zerosLike(x);
    const unit = random.uniform(key, x.shape, { min: -1, max: 1, dtype: x.dtype });
    return mul(unit, epsilon);
  }
  if (String(start.shape) !== String(x.shape)) {
    throw new ShapeError(
      `${caller}: start must have the shape of x, ${showShape(x.shape)}, got ${showShape(start.shape)}.`,
    );
  }
  return stopGradient(start);
}
