import { type Parameter, type Tensor, valueAndGrad } from '@tikhonov/core';
import { kindOf, requireOptions } from '@tikhonov/core/engine';
import { nonNegative, requireNumber } from '../scalars.ts';
import { requireSteps } from '../schedules/arguments.ts';
import { type OptimizerTarget, parametersOf } from '../target.ts';
import type { Named } from '../transform.ts';
import { type Evaluation, strongWolfe } from './strong-wolfe.ts';
import { along, dot, gathered, largest, scatter } from './vectors.ts';

/** Value and gradients at the present parameters. */
export type LossAndGradients = () => readonly [Tensor, Named];

/** Options of `lbfgs`. */
export interface LbfgsOptions {
  /** Most iterations. @defaultValue 100 */
  readonly maxIter?: number;
  /** Pairs of steps and changes of the gradient that are remembered. @defaultValue 10 */
  readonly historySize?: number;
  /** Stop when no element of the gradient is larger. @defaultValue 1e-7, as PyTorch */
  readonly toleranceGrad?: number;
  /** Stop when an iteration changes the value by no more. @defaultValue 1e-9, as PyTorch */
  readonly toleranceChange?: number;
  /** Most evaluations of one line search. @defaultValue 25, as PyTorch */
  readonly maxLineSearch?: number;
  /** Compiles the evaluation: pass `compile`. @defaultValue none, plain calls */
  readonly compile?: (evaluate: LossAndGradients) => LossAndGradients;
}

/** How a run ended. */
export interface LbfgsResult {
  /** The value at the parameters as they are now. */
  readonly loss: number;
  /** Iterations taken. */
  readonly iterations: number;
  /** Calls of the loss. */
  readonly evaluations: number;
  /** Whether a tolerance was reached; otherwise `maxIter`, or no step led down. */
  readonly converged: boolean;
  /** Why it ended. */
  readonly reason: 'gradient' | 'change' | 'iterations' | 'line search';
}

/** A step and the change of the gradient over it. */
interface Pair {
  readonly s: Float64Array;
  readonly y: Float64Array;
  readonly rho: number;
}

/** Minus the inverse Hessian's estimate times the gradient: the two loops over the pairs. */
function directionOf(gradient: Float64Array, pairs: readonly Pair[]): Float64Array {
  let q: Float64Array = gradient.map((g) => -g);
  const shares: number[] = [];
  for (const { s, y, rho } of [...pairs].reverse()) {
    const share = rho * dot(s, q);
    shares.unshift(share);
    q = along(q, -share, y);
  }
  const last = pairs.at(-1);
  if (last !== undefined) {
    const scale = 1 / (last.rho * dot(last.y, last.y));
    q = q.map((value) => value * scale);
  }
  for (const [i, { s, y, rho }] of pairs.entries()) q = along(q, shares[i]! - rho * dot(y, q), s);
  return q;
}

/**
 * L-BFGS with a strong Wolfe line search, until a tolerance is reached: for losses that are the same
 * function at every call (full batches, no dropout). Runs outside of compiled functions, since it decides by
 * values; the evaluation itself may be compiled.
 *
 * @param target  a model, or parameters by name
 * @param f  reads the parameters, returns a scalar
 * @returns how it ended; the parameters are at the best point. After an error they are as before
 * @throws RangeError for numbers out of range, and if the loss is not finite where the run starts
 * @see Liu & Nocedal, "On the limited memory BFGS method for large scale optimization", Mathematical
 * Programming 45 (1989)
 * @example
 * ```ts
 * const w = parameter(tensor([-1.2, 1], { dtype: 'float64' }));
 * const rosenbrock = () => {
 *   const [x, y] = unbind(w.read());
 *   return square(sub(1, x)).add(square(sub(y, square(x))).mul(100));
 * };
 * const { converged } = optim.lbfgs({ w }, rosenbrock);
 * converged; // => true
 * w.read().toArray(); // => [1, 1]
 * ```
 */
export function lbfgs(
  target: OptimizerTarget,
  f: () => Tensor,
  options: LbfgsOptions = {},
): LbfgsResult {
  if (typeof f !== 'function') {
    throw new TypeError(
      `lbfgs: needs a function that returns the loss, got ${kindOf(f)}.\n  lbfgs(model, () => loss)`,
    );
  }
  requireOptions('lbfgs', options, {
    maxIter: true,
    historySize: true,
    toleranceGrad: true,
    toleranceChange: true,
    maxLineSearch: true,
    compile: 'function',
  });
  const { maxIter = 100, historySize = 10, maxLineSearch = 25 } = options;
  const { toleranceGrad = 1e-7, toleranceChange = 1e-9, compile } = options;
  requireSteps('lbfgs', 'maxIter', maxIter);
  requireSteps('lbfgs', 'historySize', historySize);
  requireSteps('lbfgs', 'maxLineSearch', maxLineSearch);
  requireNumber('lbfgs', 'toleranceGrad', toleranceGrad, nonNegative);
  requireNumber('lbfgs', 'toleranceChange', toleranceChange, nonNegative);

  const parameters = parametersOf(target);
  const names = Object.keys(parameters);
  const plain: LossAndGradients = () =>
    valueAndGrad((_: Readonly<Record<string, Parameter>>) => f(), {
      createGraph: false,
      unreached: 'error',
    })(parameters);
  const both = compile === undefined ? plain : compile(plain);
  const before = Object.entries(parameters).map(([name, cell]) => [name, cell.read()] as const);
  let evaluations = 0;
  const evaluate = (x: Float64Array): Evaluation => {
    evaluations++;
    scatter(parameters, x);
    const [value, grads] = both();
    return { x, value: Number(value.item()), gradient: gathered(names, grads) };
  };

  try {
    let now = evaluate(gathered(names, Object.fromEntries(before)));
    requireFiniteStart(now);
    let pairs: readonly Pair[] = [];
    const done = (iterations: number, reason: LbfgsResult['reason']): LbfgsResult => {
      scatter(parameters, now.x);
      const converged = reason === 'gradient' || reason === 'change';
      return { loss: now.value, iterations, evaluations, converged, reason };
    };
    for (let k = 0; k < maxIter; k++) {
      if (largest(now.gradient) <= toleranceGrad) return done(k, 'gradient');
      const direction = directionOf(now.gradient, pairs);
      // Without curvature yet, a step no longer than 1 in the sum of magnitudes, as PyTorch.
      const size = now.gradient.reduce((total, g) => total + Math.abs(g), 0);
      const first = pairs.length === 0 ? Math.min(1, 1 / size) : 1;
      const at = now;
      const next = strongWolfe(
        at,
        direction,
        first,
        (step) => evaluate(along(at.x, step, direction)),
        maxLineSearch,
      );
      if (next === null) {
        // What is remembered may mislead; the gradient itself does not.
        if (pairs.length === 0) return done(k, 'line search');
        pairs = [];
        continue;
      }
      const [s, y] = [along(next.x, -1, at.x), along(next.gradient, -1, at.gradient)];
      const bend = dot(s, y);
      if (bend > 1e-10 * dot(y, y)) pairs = [...pairs, { s, y, rho: 1 / bend }].slice(-historySize);
      now = next;
      if (Math.abs(at.value - now.value) <= toleranceChange) return done(k + 1, 'change');
    }
    return done(maxIter, 'iterations');
  } catch (error) {
    for (const [name, value] of before) parameters[name]!.write(value);
    throw error;
  }
}

function requireFiniteStart({ value, gradient }: Evaluation): void {
  if (Number.isFinite(value) && Number.isFinite(largest(gradient))) return;
  throw new RangeError(
    `lbfgs: the loss or its gradient is not finite where the run starts: the loss is ${value}.\n` +
      '  Start elsewhere, or look for NaN in the data.',
  );
}
