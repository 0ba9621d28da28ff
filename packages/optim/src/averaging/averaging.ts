import type { Cell, Tensor } from '@tikhonov/core';
import { kindOf } from '@tikhonov/core/engine';
import type { MinimizeOptions } from '../optimizer.ts';
import { requireStepping, type SteppingOptimizer } from '../stepping.ts';
import type { Named } from '../transform.ts';
import { ParameterAverage } from './parameter-average.ts';

const prefix = 'mean.';

/** An optimizer that hands the parameters to an average after every step; made by `averaging`. */
export class Averaging implements SteppingOptimizer {
  /** What steps. */
  readonly optimizer: SteppingOptimizer;
  /** What takes the parameters in. */
  readonly average: ParameterAverage;

  /** @throws TypeError for what is no optimizer, or an average of other parameters */
  constructor(optimizer: SteppingOptimizer, average: ParameterAverage) {
    requireStepping('averaging', optimizer, 'averaging(adam(model, { lr: 1e-3 }), ema(model))');
    const trained = new Set(Object.values(optimizer.parameters));
    if (!(average instanceof ParameterAverage)) {
      throw new TypeError(
        `averaging: needs an average, got ${kindOf(average)}.\n  averaging(optimizer, ema(model))`,
      );
    }
    const other = Object.entries(average.parameters).find(([, w]) => !trained.has(w));
    if (other !== undefined) {
      throw new TypeError(
        `averaging: "${other[0]}" is averaged but not trained.\n  Make optimizer and average of the same model.`,
      );
    }
    this.optimizer = optimizer;
    this.average = average;
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

  /** The optimizer's step, after which the average takes the parameters in. */
  minimize(f: () => Tensor, options: MinimizeOptions = {}): Tensor {
    const loss = this.optimizer.minimize(f, options);
    this.average.update();
    return loss;
  }

  /** The optimizer's step from given gradients, after which the average takes the parameters in. */
  apply(grads: Named): void {
    this.optimizer.apply(grads);
    this.average.update();
  }

  /** The optimizer's state, and the average's under names that begin with `mean.`. */
  stateDict(): Record<string, Tensor> {
    const own = Object.entries(this.average.stateDict());
    return {
      ...this.optimizer.stateDict(),
      ...Object.fromEntries(own.map(([name, value]) => [prefix + name, value])),
    };
  }

  /**
   * Restores what `stateDict` returned; nothing changes if it does not fit.
   *
   * @throws as the optimizer's and the average's own
   */
  loadStateDict(state: Readonly<Record<string, Tensor>>): void {
    const entries = Object.entries(Object(state) as Readonly<Record<string, Tensor>>);
    const own = entries.filter(([name]) => name.startsWith(prefix));
    const before = this.average.stateDict();
    this.average.loadStateDict(
      Object.fromEntries(own.map(([name, value]) => [name.slice(prefix.length), value])),
    );
    try {
      const rest = entries.filter(([name]) => !name.startsWith(prefix));
      this.optimizer.loadStateDict(Object.fromEntries(rest));
    } catch (error) {
      this.average.loadStateDict(before);
      throw error;
    }
  }
}

/**
 * An optimizer whose every step ends with `average.update()`, in compiled steps as well. Around `sam` or
 * within it, it counts whole steps. What is trained stays the parameters: the averages are reached by
 * `average.use` and `average.copyTo`.
 *
 * @param optimizer  what steps
 * @param average  made by `ema` or `swa` for the same parameters
 * @throws TypeError for what is no optimizer, or an average of other parameters
 * @example
 * ```ts
 * const w = parameter(tensor([4]));
 * const average = optim.ema({ w }, { decay: 0.5 });
 * const optimizer = optim.averaging(optim.sgd({ w }, { lr: 0.25 }), average);
 * optimizer.minimize(() => mul(w, w).sum()).item(); // => 16
 * w.read().toArray(); // => [2]
 * average.values().w.toArray(); // => [3]
 * ```
 */
export const averaging = (optimizer: SteppingOptimizer, average: ParameterAverage): Averaging =>
  new Averaging(optimizer, average);
