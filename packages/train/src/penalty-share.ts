import { canCompile } from '@tikhonov/compile';
import {
  add,
  astype,
  Parameter,
  random,
  sqrt,
  square,
  sum,
  type Tensor,
  tensor,
  valueAndGradWithAux,
} from '@tikhonov/core';
import { type OptionNames, requireOptions } from '@tikhonov/core/engine';
import { compileStep } from './compile-step.ts';
import { asDataset, type Examples } from './evaluate.ts';
import { requireArray, requireFunction } from './kinds.ts';
import type { Model } from './model.ts';
import { lossParts, type ObjectiveSetup, transformed } from './objective.ts';

/** Options of `penaltyShare`: those of `fit` that make the objective. */
export interface PenaltyShareOptions extends Omit<ObjectiveSetup, 'model'> {
  /** Of masks and transforms. @defaultValue `random.key(0)` */
  readonly key?: Tensor;
  /** @defaultValue true where the engine builds WebAssembly with SIMD */
  readonly compiled?: boolean;
}

/** How much of the objective and its gradient comes from the penalties. */
export interface PenaltyShare {
  readonly dataLoss: number;
  readonly penalty: number;
  /** Euclidean norm of the gradient of the data loss over all parameters. */
  readonly dataGradient: number;
  /** Of the penalties. */
  readonly penaltyGradient: number;
  /** `penaltyGradient / (dataGradient + penaltyGradient)`; 0 if both are 0. */
  readonly share: number;
}

const known: OptionNames<PenaltyShareOptions> = {
  loss: 'function',
  penalties: true,
  transforms: true,
  key: true,
  compiled: 'boolean',
};

/**
 * How strong the penalties of a training are: their part of the objective, and of its gradient, at the
 * present parameters for some rows, in training mode. Nothing moves. A penalty whose share is near 0 does
 * nothing, one near 1 leaves nothing to be learnt.
 *
 * @param model  as in `fit`
 * @param options  the `loss`, `penalties` and `transforms` of `fit`
 * @returns a function of examples, compiled at its first call
 * @throws as `fit` for a loss or penalty of a wrong kind
 * @example
 * ```ts
 * const model = nn.mlp([2, 3], { seed: 0 });
 * const measure = train.penaltyShare(model, {
 *   loss: nn.crossEntropy,
 *   penalties: [() => reg.l2(model, { lambda: 0.1 })],
 * });
 * const { penalty, share } = measure({ x: ones([4, 2]), y: zeros([4], { dtype: 'int32' }) });
 * penalty === Math.fround(reg.l2(model, { lambda: 0.1 }).item()); // => true
 * share > 0 && share < 1; // => true
 * ```
 */
export function penaltyShare(
  model: Model,
  options: PenaltyShareOptions,
): (examples: Examples) => PenaltyShare {
  requireOptions('penaltyShare', options, known);
  const { key = random.key(0), compiled = canCompile(), ...objective } = options;
  requireFunction('penaltyShare: loss', options.loss, 'For example nn.crossEntropy.');
  requireArray('penaltyShare: penalties', options.penalties);
  const setup: ObjectiveSetup = { ...objective, model };
  const measured = (x: Tensor, y: Tensor): readonly Tensor[] => {
    const batch = transformed(setup, { x, y }, key);
    const parts = () => lossParts(setup, batch, { rng: key, updateState: false });
    const data = gradientNorm(model, () => parts().data);
    const none = tensor(0, { dtype: 'float64' });
    if (setup.penalties.length === 0) return [...data, none, none];
    const [penalty, norm] = gradientNorm(model, () => {
      const { penalties } = parts();
      return penalties.reduce((total, term) => add(total, term));
    });
    return [...data, penalty, norm];
  };
  const measure = compiled
    ? compileStep(measured, { name: 'penaltyShare', maxTraces: 8 })
    : measured;
  return (examples) => {
    const { x, y } = asDataset('penaltyShare: the examples', examples);
    const values = measure(x, y).map((value) => value.item());
    const [dataLoss, dataGradient, penalty, penaltyGradient] = values as [
      number,
      number,
      number,
      number,
    ];
    const total = dataGradient + penaltyGradient;
    const share = total === 0 ? 0 : penaltyGradient / total;
    return { dataLoss, penalty, dataGradient, penaltyGradient, share };
  };
}

/** The value of a scalar function of the parameters, and the norm of its gradient, float64. */
function gradientNorm(model: Model, f: () => Tensor): readonly [Tensor, Tensor] {
  const parameters = Object.fromEntries(
    Object.entries(model.namedCells()).flatMap(([name, cell]) =>
      cell instanceof Parameter ? [[name, cell] as const] : [],
    ),
  );
  const differentiate = valueAndGradWithAux(
    (_: Readonly<Record<string, Parameter>>) => [f(), null] as const,
    { createGraph: false, unreached: 'zeros' },
  );
  const [[value], grads] = differentiate(parameters);
  const none = tensor(0, { dtype: 'float64' });
  const squares = Object.values(grads).reduce(
    (total, g) => add(total, sum(square(astype(g, 'float64')))),
    none,
  );
  return [value, sqrt(squares)];
}
