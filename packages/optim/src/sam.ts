import {
  abs,
  add,
  astype,
  type Cell,
  div,
  greater,
  mul,
  noGrad,
  type Parameter,
  square,
  stopGradient,
  type Tensor,
  valueAndGradWithAux,
  where,
  withValues,
} from '@tikhonov/core';
import { requireOptions } from '@tikhonov/core/engine';
import { globalNorm } from './global-norm.ts';
import { at, mapNamed } from './named.ts';
import type { MinimizeOptions } from './optimizer.ts';
import { nonNegative, requireNumber, requireStrength, type Scalar, strength64 } from './scalars.ts';
import { requireStepping, type SteppingOptimizer } from './stepping.ts';
import type { Named } from './transform.ts';
import type { DecayMask } from './weight-decay.ts';

/** Options of `sam` and `samPerturbation`. */
export interface SamOptions {
  /** Length of the perturbation, >= 0. @defaultValue 0.05; 0.5 if `adaptive` */
  readonly rho?: Scalar;
  /** ASAM: relative to the magnitude of each weight. @defaultValue false */
  readonly adaptive?: boolean;
  /** Added to the magnitudes if `adaptive`, >= 0. @defaultValue 0.01 */
  readonly eta?: number;
  /**
   * Which parameters ASAM measures by their magnitudes; the others count as they are. The authors spare
   * biases: `weightsOnly`. @defaultValue all
   */
  readonly relative?: DecayMask;
}

/** What the loss is told of the pass that it is called for. */
export interface SamPass {
  /** Whether running statistics may move: in the first pass only. Hand it to `model.forward`. */
  readonly updateState: boolean;
}

/**
 * Where the loss grows fastest within `rho`: `rho g / |g|` over all parameters together, or ASAM's
 * `rho T^2 g / |T g|` with `T = |w| + eta`. 0 for gradients of 0.
 *
 * @throws RangeError for numbers out of range
 * @example
 * ```ts
 * const e = optim.samPerturbation({ w: tensor([1, 1]) }, { w: tensor([3, 4]) }, { rho: 0.5 });
 * e.w.toArray(); // => [0.3, 0.4]
 * ```
 */
export function samPerturbation(params: Named, grads: Named, options: SamOptions = {}): Named {
  requireOptions('sam', options, {
    rho: true,
    adaptive: 'boolean',
    eta: true,
    relative: 'function',
  });
  const { adaptive = false, eta = 0.01, rho = adaptive ? 0.5 : 0.05, relative } = options;
  requireStrength('sam', 'rho', rho);
  requireNumber('sam', 'eta', eta, nonNegative);
  /** `T`; null where it is the identity. */
  const magnitude = (name: string): Tensor | null => {
    const w = at(params, name);
    return adaptive && (relative?.(name, w) ?? true) ? add(abs(w), eta) : null;
  };
  const scaled = mapNamed(grads, (g, name) => {
    const size = magnitude(name);
    return size === null ? g : mul(g, size);
  });
  const length = globalNorm(scaled);
  const usable = greater(length, 0);
  const factor = where(usable, div(strength64('sam', 'rho', rho), where(usable, length, 1)), 0);
  return mapNamed(grads, (g, name) => {
    const size = magnitude(name);
    const direction = size === null ? g : mul(g, square(size));
    return mul(direction, astype(factor, g.dtype));
  });
}

/** A TypeError if `sam` lies within: its second gradients would never be taken. */
function requireOutermost(optimizer: SteppingOptimizer): void {
  let inner: unknown = optimizer;
  while (inner instanceof Object && 'optimizer' in inner) {
    if (inner instanceof SharpnessAware) {
      throw new TypeError(
        'sam: the optimizer is made by sam itself, whose perturbation would be lost.\n' +
          '  Choose one: sam(sgd(model, { lr: 0.1 }), { adaptive: true }).',
      );
    }
    inner = inner.optimizer;
  }
}

/** An optimizer whose gradients are taken at the worst point near the parameters; made by `sam`. */
export class SharpnessAware implements SteppingOptimizer {
  /** What steps with those gradients; its parameters, rate and state are those of the whole. */
  readonly optimizer: SteppingOptimizer;
  readonly #options: SamOptions;

  /**
   * @param optimizer  on the same parameters
   * @throws RangeError for numbers out of range; TypeError for what is no optimizer, or has `sam` within
   */
  constructor(optimizer: SteppingOptimizer, options: SamOptions = {}) {
    requireStepping('sam', optimizer, 'sam(sgd(model, { lr: 0.1 }))');
    requireOutermost(optimizer);
    samPerturbation({}, {}, options);
    this.optimizer = optimizer;
    this.#options = options;
  }

  /** What is trained, by name. */
  get parameters(): SteppingOptimizer['parameters'] {
    return this.optimizer.parameters;
  }

  /** The learning rate; assigning a number writes the cell. */
  get lr(): Cell {
    return this.optimizer.lr;
  }

  set lr(value: number) {
    this.optimizer.lr = value;
  }

  /** One step from given gradients, those at the perturbed point if it is to be SAM. */
  apply(grads: Named): void {
    this.optimizer.apply(grads);
  }

  /** Learning rate and state by name: there is none beside the optimizer's. */
  stateDict(): Record<string, Tensor> {
    return this.optimizer.stateDict();
  }

  /** Restores what `stateDict` returned. */
  loadStateDict(state: Readonly<Record<string, Tensor>>): void {
    this.optimizer.loadStateDict(state);
  }

  /**
   * One step: the gradient of `f` at the parameters, the perturbation, the gradient there, and the
   * optimizer's step with it from the parameters. Calls `f` twice; use the same key for its random numbers.
   *
   * @param f  reads the parameters, returns a scalar
   * @returns the loss at the parameters
   * @throws as `Optimizer.minimize`
   */
  minimize(f: (pass: SamPass) => Tensor, options: MinimizeOptions = {}): Tensor {
    return this.minimizeWithAux((pass) => [f(pass), null] as const, options)[0];
  }

  /** As `minimize`, for a function that returns the loss and anything else beside it: of the first pass. */
  minimizeWithAux<Aux>(
    f: (pass: SamPass) => readonly [Tensor, Aux],
    options: MinimizeOptions = {},
  ): readonly [Tensor, Aux] {
    requireOptions('sam.minimize', options, { unreached: true });
    const { unreached = 'error' } = options;
    const { parameters } = this.optimizer;
    const at = (pass: SamPass): readonly [readonly [Tensor, Aux], Named] =>
      valueAndGradWithAux((_: Readonly<Record<string, Parameter>>) => f(pass), {
        createGraph: false,
        unreached,
      })(parameters);
    const [result, grads] = at({ updateState: true });
    const moved = noGrad(() => {
      const values = mapNamed(grads, (_, name) => stopGradient(parameters[name]!.read()));
      const away = samPerturbation(values, grads, this.#options);
      return mapNamed(values, (w, name) => add(w, away[name]!));
    });
    const [, sharp] = withValues(parameters, moved, () => at({ updateState: false }));
    this.optimizer.apply(sharp);
    return result;
  }
}

/**
 * Sharpness-aware minimisation: steps with the gradient at the worst point within `rho` of the parameters,
 * which prefers flat minima. `adaptive` makes it ASAM, which does not depend on the scale of the weights.
 *
 * @param optimizer  what steps, such as `sgd(model, { lr: 0.1, momentum: 0.9 })`
 * @throws RangeError for numbers out of range; TypeError for what is no optimizer, or has `sam` within
 * @see Foret, Kleiner, Mobahi & Neyshabur, "Sharpness-aware minimization for efficiently improving
 * generalization", ICLR 2021, arXiv 2010.01412; Kwon, Kim, Park & Choi, "ASAM", ICML 2021, arXiv 2102.11600
 * @example
 * ```ts
 * const w = parameter(tensor([1]));
 * const optimizer = optim.sam(optim.sgd({ w }, { lr: 0.1 }), { rho: 0.5 });
 * optimizer.minimize(() => mul(w, w).sum()).item(); // => 1
 * w.read().toArray(); // => [0.7]
 * ```
 */
export const sam = (optimizer: SteppingOptimizer, options: SamOptions = {}): SharpnessAware =>
  new SharpnessAware(optimizer, options);
