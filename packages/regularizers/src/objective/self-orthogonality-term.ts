import { add, random, reshape, stopGradient, sub, type Tensor } from '@tikhonov/core';
import { asTensor, type OptionNames, requireOptions } from '@tikhonov/core/engine';
import { Conv1d, Conv2d, Conv3d, Linear, type Module } from '@tikhonov/nn';
import { type StepContext, type StepTerm, withActivations } from '@tikhonov/train';
import {
  type CorrelationPenaltyOptions,
  selfOrthogonality,
  selfOrthogonalityOfOutputs,
} from './self-orthogonality-penalty.ts';
import type { SignCorrelationOptions } from './sign-correlations.ts';

/** Options of `selfOrthogonalityTerm`. */
export interface SelfOrthogonalityTermOptions
  extends CorrelationPenaltyOptions,
    Pick<SignCorrelationOptions, 'estimator' | 'samples' | 'gamma' | 'detachInput'> {
  /** Which layers, by their names. @defaultValue all that are linear or convolutions */
  readonly filter?: (name: string, layer: Module) => boolean;
}

const known: OptionNames<SelfOrthogonalityTermOptions> = {
  lambda1: true,
  lambda2: true,
  reduction: true,
  estimator: true,
  samples: true,
  gamma: true,
  detachInput: 'boolean',
  filter: 'function',
};

type Layer = Linear | Conv1d | Conv2d | Conv3d;

const isLayer = (module: Module): module is Layer =>
  module instanceof Linear ||
  module instanceof Conv1d ||
  module instanceof Conv2d ||
  module instanceof Conv3d;

/**
 * `selfOrthogonality` summed over the linear layers and convolutions of a network, for `penalties` of `fit`.
 * With the estimator 'self' it looks at what the layers took and gave in the step's own pass, less their
 * biases; 'random' draws new samples in every step; 'exact' needs the weights alone.
 *
 * @param model  with layers of kind `Linear`, `Conv1d`, `Conv2d` or `Conv3d`; others are left out
 * @throws TypeError if no layer is selected; Error in a step that does not call one of the layers
 * @example
 * ```ts
 * const model = nn.mlp([4, 8, 3], { seed: 0 });
 * const term = reg.selfOrthogonalityTerm(model, { reduction: 'mean' });
 * term.usesActivations; // => true
 * ```
 */
export function selfOrthogonalityTerm(
  model: Module,
  options: SelfOrthogonalityTermOptions = {},
): StepTerm {
  const caller = 'selfOrthogonalityTerm';
  requireOptions(caller, options, known);
  const { filter = () => true, estimator = 'self', samples = 256, ...rest } = options;
  const { detachInput = false, gamma = 10, ...strengths } = rest;
  const layers = Object.entries(model.namedModules()).flatMap(([name, module]) =>
    isLayer(module) && filter(name, module) ? [[name, module] as const] : [],
  );
  if (layers.length === 0) {
    throw new TypeError(
      `${caller}: the model has no layer of kind Linear, Conv1d, Conv2d or Conv3d that was selected.\n  Its modules: ${Object.keys(model.namedModules()).join(', ')}.`,
    );
  }
  const sumOverLayers = (term: (name: string, layer: Layer) => Tensor): Tensor =>
    layers.map(([name, layer]) => term(name, layer)).reduce((total, one) => add(total, one));
  if (estimator === 'self') {
    return withActivations((context) => {
      const weightsOf = ({ sampleWeight }: StepContext['batch']) =>
        sampleWeight === undefined ? {} : { sampleWeight };
      return sumOverLayers((name, layer) =>
        selfOrthogonalityOfOutputs(preActivations(context, name, layer, detachInput), {
          ...strengths,
          ...weightsOf(context.batch),
          gamma,
          // A convolution's channels are in front of its positions.
          axis: layer instanceof Linear ? -1 : 1 - layer.weight.shape.length,
        }),
      );
    });
  }
  return ({ rng }) =>
    sumOverLayers((name, { weight }) =>
      selfOrthogonality(asTensor(weight), {
        ...strengths,
        gamma,
        estimator,
        samples,
        key: random.foldIn(random.foldIn(rng, caller), name),
      }),
    );
}

/** What a layer gave, less its bias. */
function preActivations(
  { activations }: StepContext,
  name: string,
  layer: Layer,
  detachInput: boolean,
): Tensor {
  const found = activations[name];
  if (found === undefined) {
    throw new Error(
      `selfOrthogonalityTerm: the step did not call the layer "${name}".\n  Leave it out with { filter }, or use the estimator 'random' or 'exact'.`,
    );
  }
  const output = detachInput ? layer.forward(stopGradient(found.input)) : found.output;
  if (layer.bias === null) return output;
  const axes = layer instanceof Linear ? 0 : layer.weight.shape.length - 2;
  return sub(output, reshape(layer.bias, [-1, ...new Array<number>(axes).fill(1)]));
}
