import {
  add,
  type Differentiable,
  mul,
  ShapeError,
  square,
  stopGradient,
  sub,
  sum,
  type Tensor,
} from '@tikhonov/core';
import {
  asTensor,
  flattenTree,
  type OptionNames,
  requireOptions,
  showShape,
} from '@tikhonov/core/engine';
import { effectiveParameters, Module } from '@tikhonov/nn';
import { resolveArguments } from '../arguments.ts';
import type { Argument, Method } from '../method.ts';
import {
  type PenaltyTarget,
  type Selected,
  type SelectOptions,
  selectParameters,
  sumOver,
} from '../parameters.ts';
import { gated, requireStrength, type Strength, scaled } from '../strength.ts';

/** Options of `l2Sp`. */
export interface L2SpOptions extends SelectOptions {
  /** Strength of the distance from the starting point, >= 0; twice the loss per squared distance. */
  readonly alpha: Strength;
  /** Strength of what has no starting point, >= 0; twice the loss per squared weight. @defaultValue 0 */
  readonly beta?: Strength;
  /**
   * The starting point: tensors under the names of the parameters, such as `model.parameterValues()` before
   * training, or a tensor or tree of the structure of `params`. Parameters without one there are new.
   */
  readonly reference: Differentiable;
}

const known: OptionNames<L2SpOptions> = { alpha: true, beta: true, reference: true, filter: true };

/**
 * L2 towards a starting point (L2-SP), `alpha / 2 sum ||w - w0||^2 + beta / 2 sum ||w_new||^2`: for fine
 * tuning, where what was learned before should not be forgotten. The gradient is `alpha (w - w0)`, and
 * `beta w` for weights that are new. The starting point is a constant.
 *
 * @param params  tensors of any shapes `[...s]`, or a network (its weights, not its biases)
 * @returns scalar `[]`, dtype of the parameters; a part whose strength is 0 contributes nothing
 * @throws ShapeError if a tensor's shape is not that of its starting point; TypeError if no parameter has one, or
 *   if the reference has what the weights of a reparametrized network are computed from;
 *   RangeError for a bad strength
 * @see Li, Grandvalet & Davoine, "Explicit Inductive Bias for Transfer Learning with Convolutional Networks"
 *   (2018)
 * @example
 * ```ts
 * const w = tensor([1, 2]);
 * reg.l2Sp(w, { alpha: 0.5, reference: tensor([1, 0]) }).item(); // => 1
 * const params = { old: tensor([1, 2]), head: tensor([3]) };
 * reg.l2Sp(params, { alpha: 0.5, beta: 2, reference: { old: tensor([1, 0]) } }).item(); // => 10
 * ```
 */
export function l2Sp(params: PenaltyTarget, options: L2SpOptions): Tensor {
  requireOptions('l2Sp', options, known);
  const alpha = requireStrength('l2Sp: alpha', options.alpha);
  const beta = requireStrength('l2Sp: beta', options.beta ?? 0);
  const { leaves, paths } = flattenTree(options.reference, 'l2Sp: reference');
  const starts = new Map(paths.map((path, i) => [path, stopGradient(asTensor(leaves[i]!))]));
  const stored = params instanceof Module ? paths.find((path) => isStored.test(path)) : undefined;
  if (stored !== undefined) {
    throw new TypeError(
      `l2Sp: the reference has "${stored}", of which a weight is computed, and the penalty is of the weights that the layers see.\n  Take model.parameterValues() before the model is reparametrized; names are the same.`,
    );
  }
  const { parameters, dtype } = selectParameters('l2Sp', params, options);
  const [old, fresh] = [
    parameters.filter(({ name }) => starts.has(name)),
    parameters.filter(({ name }) => !starts.has(name)),
  ];
  if (old.length === 0 && fresh.length > 0) {
    throw new TypeError(
      `l2Sp: no parameter has a starting point: they are ${namesOf(parameters)}, and the reference has ${[...starts.keys()].join(', ')}.\n  Pass the values of the same model, such as model.parameterValues().`,
    );
  }
  const distances = old.map((selected) => {
    const start = starts.get(selected.name)!;
    requireSameShape(selected, start);
    const [w, w0] = [gated(alpha, asTensor(selected.parameter)), gated(alpha, start)];
    return { name: selected.name, parameter: sub(w, w0) };
  });
  const halfSquare = (w: Tensor): Tensor => mul(sum(square(w)), 0.5);
  return add(
    scaled(alpha, sumOver({ parameters: distances, dtype }, halfSquare)),
    scaled(
      beta,
      sumOver({ parameters: fresh, dtype }, (w) => halfSquare(gated(beta, w))),
    ),
  );
}

/** The names of what reparametrized weights are computed from. */
const isStored = /(^|\.)parametrizations\.weight\./;

const namesOf = (parameters: readonly Selected[]): string =>
  parameters.map(({ name }) => (name === '' ? 'one tensor' : name)).join(', ');

function requireSameShape({ name, parameter }: Selected, start: Tensor): void {
  const [own, other] = [showShape(parameter.shape), showShape(start.shape)];
  if (own === other) return;
  throw new ShapeError(
    `l2Sp: ${name === '' ? 'the tensor' : name} has shape ${own}, its starting point ${other}.\n  What was replaced is new: leave it out of the reference, and beta holds for it.`,
  );
}

const settings = [
  {
    name: 'alpha',
    description: 'strength of the distance from the first weights',
    default: 5e-3,
    source: 'ours, for small networks; 0.1 for pre-trained ones in the paper',
    min: 0,
  },
] as const satisfies readonly Argument[];

/** Registry entry of L2 towards a starting point. */
export const l2SpMethod: Method = {
  id: 'l2-sp',
  section: 'relative',
  title: 'L2 towards the starting point (L2-SP)',
  family: 'objective',
  statement: String.raw`\min_w L(w) + \frac{\alpha}{2} \lVert w - w_0 \rVert_2^2 + \frac{\beta}{2} \lVert w_{\mathrm{new}} \rVert_2^2`,
  reference: {
    authors: 'X. Li, Y. Grandvalet, F. Davoine',
    title: 'Explicit Inductive Bias for Transfer Learning with Convolutional Networks',
    venue: 'ICML',
    year: 2018,
    arxiv: '1802.01483',
  },
  arguments: settings,
  notes: [
    'Made for fine tuning, where the starting point is a trained network. The recipe has none, so it keeps the network near its random first weights: distance from initialization.',
    'Both parts are halved, as in the paper; l2 is not.',
  ],
  recipe: (plan, values) => {
    const { alpha } = resolveArguments('l2-sp', settings, values);
    return {
      ...plan,
      penalties: [
        ...plan.penalties,
        (model) => {
          const reference = Object.fromEntries(
            Object.entries(effectiveParameters(model)).map(([name, cell]) => [
              name,
              stopGradient(cell.read()),
            ]),
          );
          return () => l2Sp(model, { alpha, reference });
        },
      ],
    };
  },
  gradientCases: (draw) => {
    const strengths = { alpha: draw.pick([0, 0.7]), beta: draw.pick([0, 0.3]) };
    const shape = draw.shape();
    const reference = { old: draw.tensor(shape) };
    return {
      f: (old, fresh) => l2Sp({ old: old!, fresh: fresh! }, { ...strengths, reference }),
      args: [draw.tensor(shape), draw.tensor(draw.shape())],
    };
  },
};
