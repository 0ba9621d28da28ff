import {
  mul,
  type Parameter,
  parameter,
  random,
  reshape,
  ShapeError,
  Tensor,
} from '@tikhonov/core';
import { kindOf, type OptionNames, requireOptions, showShape } from '@tikhonov/core/engine';
import {
  Conv1d,
  Conv2d,
  Conv3d,
  contextAmong,
  type ForwardContext,
  Linear,
  Module,
  shareContext,
  wrapForward,
} from '@tikhonov/nn';
import {
  gateOptions,
  gateSettings,
  type HardConcreteOptions,
  hardConcrete,
  hardConcreteGate,
} from './l0-hard-concrete.ts';

/** Options of `withL0Gates`. */
export interface L0GateOptions extends HardConcreteOptions {
  /** Probability of dropping that the gates begin with, inside (0, 1). @defaultValue 0.5, as the authors */
  readonly dropRateInit?: number;
  /** A draw per sample instead of one per batch. @defaultValue false */
  readonly perExample?: boolean;
  /** Which layers, by their names. @defaultValue all that are linear or convolutions */
  readonly filter?: (name: string, layer: Module) => boolean;
  /** Random key of the first `logAlpha`; each layer folds in its name. @defaultValue from `seed` */
  readonly key?: Tensor;
  /** @defaultValue 0 */
  readonly seed?: number;
}

const known: OptionNames<L0GateOptions> = {
  ...gateOptions,
  dropRateInit: true,
  perExample: 'boolean',
  filter: 'function',
  key: true,
  seed: true,
};

/** A layer that can be gated. */
export type GatedLayer = Linear | Conv1d | Conv2d | Conv3d;

/** Whether the module is a layer that gates can be put on. */
export const isGateable = (module: Module): module is GatedLayer =>
  module instanceof Linear ||
  module instanceof Conv1d ||
  module instanceof Conv2d ||
  module instanceof Conv3d;

/** Hard concrete gates along one axis of what passes: drawn in training, fixed in evaluation. */
export class L0Gates extends Module {
  /** `[n]` */
  readonly logAlpha: Parameter;
  /** Weights that one gate switches. */
  readonly groupSize: number;
  readonly beta: number;
  readonly gamma: number;
  readonly zeta: number;
  readonly perExample: boolean;

  /** @param groupSize  weights that one gate switches */
  constructor(logAlpha: Tensor, groupSize: number, options: L0GateOptions) {
    super();
    const { beta, gamma, zeta } = gateSettings('L0Gates', options);
    this.logAlpha = parameter(logAlpha);
    this.groupSize = groupSize;
    this.beta = beta;
    this.gamma = gamma;
    this.zeta = zeta;
    this.perExample = options.perExample ?? false;
  }

  /** The shape of the distribution. */
  get distribution(): Required<HardConcreteOptions> {
    const { beta, gamma, zeta } = this;
    return { beta, gamma, zeta };
  }

  override describe(): string {
    return `L0Gates(${this.logAlpha.size})`;
  }

  /** The gates of evaluation `[n]`. */
  gates(): Tensor {
    return hardConcreteGate(this.logAlpha, this.distribution);
  }

  /**
   * `x` times the gates along its last axis, or along axis `-1 - positions`.
   *
   * @param x  `[N, ..., n, ...positions]`
   * @param positions  how many axes are behind the gated one. @defaultValue 0
   */
  forward(x: Tensor, context: ForwardContext = {}, positions = 0): Tensor {
    return mul(x, this.#drawn(x, context, positions));
  }

  #drawn(x: Tensor, { training = false, rng }: ForwardContext, positions: number): Tensor {
    const behind = new Array<number>(positions).fill(1);
    const { size } = this.logAlpha;
    if (!training) return reshape(this.gates(), [size, ...behind]);
    if (!(rng instanceof Tensor)) {
      throw new TypeError(
        `${this.describe()}: training needs a random key, got ${kindOf(rng)}.\n  Call model.forward(x, { training: true, rng }).`,
      );
    }
    const batched = this.perExample && x.rank > positions + 1;
    const { z } = hardConcrete(this.logAlpha, {
      ...this.distribution,
      key: rng,
      sampleShape: batched ? [x.shape[0]!] : [],
    });
    if (!batched) return reshape(z, [size, ...behind]);
    const between = new Array<number>(x.rank - positions - 2).fill(1);
    return reshape(z, [x.shape[0]!, ...between, size, ...behind]);
  }
}

/** Whether the layer is a convolution, whose gates are on its filters. */
export const isConvolution = (layer: GatedLayer): layer is Exclude<GatedLayer, Linear> =>
  !(layer instanceof Linear);

/**
 * Puts hard concrete gates on the layers of a network: on the inputs of linear layers (a gate for each column
 * of the weight) and on the filters of convolutions (kernel and bias). Their `logAlpha` are parameters under
 * the layer's name, as in `layers.0.gates.logAlpha`. Training draws the gates from the key of the forward
 * pass, once per batch; evaluation uses fixed gates. Add `l0Term` to the objective, or nothing closes them.
 *
 * @param model  changed in place
 * @returns the model
 * @throws TypeError if no layer is selected or one has gates already; RangeError for a rate outside (0, 1) or
 *   a bad distribution
 * @see Louizos, Welling & Kingma, "Learning Sparse Neural Networks through L0 Regularization" (2018)
 * @example
 * ```ts
 * const model = reg.withL0Gates(nn.mlp([4, 8, 3], { seed: 0 }));
 * Object.keys(model.namedParameters()).length; // => 6
 * model.forward(ones([2, 4]), { training: true, rng: random.key(1) }).shape; // => [2, 3]
 * ```
 */
export function withL0Gates<Model extends Module>(
  model: Model,
  options: L0GateOptions = {},
): Model {
  const caller = 'withL0Gates';
  requireOptions(caller, options, known);
  gateSettings(caller, options);
  const { dropRateInit: p = 0.5, filter = () => true } = options;
  const { key = random.key(options.seed ?? 0) } = options;
  if (!(typeof p === 'number' && p > 0 && p < 1)) {
    throw new RangeError(`${caller}: dropRateInit must lie inside (0, 1), got ${String(p)}.`);
  }
  const layers = gateable(model).filter(([name, layer]) => filter(name, layer));
  if (layers.length === 0) {
    throw new TypeError(
      `${caller}: the model has no layer of kind Linear, Conv1d, Conv2d or Conv3d that was selected.\n  Its modules: ${Object.keys(model.namedModules()).join(', ')}.`,
    );
  }
  for (const [name, layer] of layers) {
    if (l0GatesOf(layer) === null) continue;
    throw new TypeError(`${caller}: the layer "${name}" has gates already.\n  Leave it out.`);
  }
  const shared = shareContext(model);
  for (const [name, layer] of layers) {
    const { shape, dtype } = layer.weight;
    const [n, perGate] = isConvolution(layer)
      ? [shape[0]!, shape.slice(1).reduce((a, b) => a * b, 1)]
      : [shape[1]!, shape[0]!];
    const noise = random.normal(random.foldIn(key, name), [n], { dtype });
    const gates = new L0Gates(noise.mul(0.01).add(Math.log(1 - p) - Math.log(p)), perGate, options);
    Object.assign(layer, { gates });
    const contextOf = (args: readonly unknown[]): ForwardContext => {
      const context = contextAmong(args) ?? shared.current();
      const { rng } = context;
      return rng === undefined ? context : { ...context, rng: random.foldIn(rng, `l0.${name}`) };
    };
    wrapForward(layer, (forward, ...args) => {
      const [x, ...rest] = args;
      if (!(x instanceof Tensor)) return forward(...args);
      if (!isConvolution(layer))
        return forward(onInputs(gates, layer, x, contextOf(args)), ...rest);
      const y = forward(...args);
      const positions = layer.weight.shape.length - 2;
      return y instanceof Tensor ? gates.forward(y, contextOf(args), positions) : y;
    });
  }
  return model;
}

/** Checked before the product with the gates, which would broadcast a row of one. */
function onInputs(gates: L0Gates, layer: GatedLayer, x: Tensor, context: ForwardContext): Tensor {
  if (x.shape.at(-1) !== gates.logAlpha.size) {
    throw new ShapeError(
      `${layer.describe()}: the last axis of x must be ${gates.logAlpha.size}, got shape ${showShape(x.shape)}.`,
    );
  }
  return gates.forward(x, context);
}

/** The layers that can be gated, by name. */
export const gateable = (model: Module): (readonly [string, GatedLayer])[] =>
  Object.entries(model.namedModules()).flatMap(([name, layer]) =>
    isGateable(layer) ? [[name, layer] as const] : [],
  );

/**
 * The gates that were put on a layer; null if there are none.
 *
 * @example
 * ```ts
 * const model = reg.withL0Gates(nn.mlp([4, 8, 3], { seed: 0 }));
 * reg.l0GatesOf(model.layers[1])!.gates().shape; // => [8]
 * ```
 */
export function l0GatesOf(layer: Module): L0Gates | null {
  const gates: unknown = Reflect.get(layer, 'gates');
  return gates instanceof L0Gates ? gates : null;
}
