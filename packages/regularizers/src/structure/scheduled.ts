import { add, astype, Cell, type Tensor, tensor } from '@tikhonov/core';
import { kindOf } from '@tikhonov/core/engine';
import { childContext, type ForwardContext, type Layer, Module } from '@tikhonov/nn';
import { type EvaluationForm, requireContext, requireLayer } from '@tikhonov/nn/engine';

/** A rate of the count of steps: those of this package, or a schedule of `optim`. */
export type StepRate = (step: Tensor) => Tensor;

/**
 * A layer whose rate follows a schedule: of dropout, noise, stochastic depth, whatever takes a cell for its
 * strength. It owns a count of steps and the rate as state, saved with the model. Each call in training gives the
 * layer the rate of the count and then counts, unless `updateState` is false: then the rate stays what it was, as
 * the further passes of a step want it. Evaluation changes nothing.
 *
 * @example
 * ```ts
 * const layer = new reg.Scheduled(reg.linearRamp(0.5, 2), (p) => new nn.Dropout({ p }));
 * const rng = random.key(0);
 * const rates = [0, 1, 2, 3].map(() => {
 *   layer.forward(ones([2]), { training: true, rng });
 *   return layer.rate.read().item();
 * });
 * rates; // => [0, 0.25, 0.5, 0.5]
 * ```
 */
export class Scheduled<Inner extends Module & Layer = Module & Layer>
  extends Module
  implements EvaluationForm
{
  /** Steps so far, int32. */
  readonly step: Cell;
  /** The rate of the last step, float64. */
  readonly rate: Cell;
  readonly layer: Inner;
  readonly #schedule: StepRate;

  /**
   * @param schedule  a function of the step, counted from 0, to a scalar
   * @param make  makes the layer of the cell that holds its rate
   * @throws TypeError unless both are functions and `make` returns a layer
   */
  constructor(schedule: StepRate, make: (rate: Cell) => Inner) {
    super();
    for (const [what, given] of Object.entries({ schedule, make })) {
      if (typeof given === 'function') continue;
      throw new TypeError(
        `Scheduled: ${what} must be a function, got ${kindOf(given)}.\n  For example new Scheduled(linearRamp(0.5, 1000), (p) => new Dropout({ p })).`,
      );
    }
    this.#schedule = schedule;
    this.step = new Cell(tensor(0, { dtype: 'int32' }), { name: 'step' });
    const first = schedule(this.step.read());
    this.rate = new Cell(astype(first, 'float64'), { name: 'rate' });
    this.layer = make(this.rate);
    requireLayer('Scheduled: what make returned', this.layer);
  }

  override describe(): string {
    return `Scheduled(${this.layer.describe()})`;
  }

  forward(x: Tensor, context: ForwardContext = {}): Tensor {
    requireContext(this, context);
    const { training = false, updateState = training } = context;
    if (training && updateState) {
      const { step, rate } = this;
      const count = step.read();
      rate.write(astype(this.#schedule(count), rate.dtype));
      step.write(add(count, 1));
    }
    return this.layer.forward(x, childContext(context, 'layer'));
  }

  /** The layer. */
  inEvaluation(): Inner {
    return this.layer;
  }
}
