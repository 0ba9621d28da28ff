import { Cell, indexSelect, type Parameter, parameter, type Tensor, tensor } from '@tikhonov/core';
import { type Optimizer, sgd } from '@tikhonov/optim';
import { type FitOptions, fit, type History, type Loss, type Model } from '@tikhonov/train';
import { oneRow, recorder } from '../helpers.ts';

/** A training of which the validation loss is prescribed. */
export interface CurveRun {
  readonly model: Model;
  readonly w: Parameter;
  readonly optimizer: Optimizer;
  readonly watch: ReturnType<typeof recorder>;
  run(): Promise<History>;
}

/** A model of one number that moves by the rate, 1, per epoch; the validation loss follows the curve; with NaN, `validation.error` does. */
export function curveRun(
  curve: readonly number[],
  more: (watch: CurveRun['watch']) => Partial<FitOptions> = () => ({}),
): CurveRun {
  const w = parameter(tensor([0]), { name: 'w' });
  const passes = new Cell(tensor(0));
  const model = {
    namedCells: () => ({ w, passes }),
    forward: (x: Tensor, context: { training?: boolean } = {}) => {
      if (context.training === true) passes.write(passes.read().add(1));
      return x.mul(w);
    },
  };
  const following =
    (values: readonly number[]): Loss =>
    () =>
      indexSelect(
        tensor(values, { dtype: 'float64' }),
        passes.read().sub(1).astype('int32').reshape([1]),
      ).sum();
  const hasNoGaps = curve.every(Number.isFinite);
  const optimizer = sgd({ w }, { lr: 1 });
  const watch = recorder(model);
  const options: FitOptions = {
    train: oneRow(),
    validation: oneRow(),
    epochs: curve.length,
    optimizer,
    loss: (output) => output.sum(),
    evaluationLoss: following(curve.map((value) => (Number.isFinite(value) ? value : 0))),
    // A loss that is not finite would end the training; a metric may be NaN.
    ...(hasNoGaps ? {} : { metrics: { error: following(curve) } }),
    callbacks: [watch],
    ...more(watch),
  };
  return { model, w, optimizer, watch, run: () => fit(model, options) };
}
