import { indexSelect, mul, random, reshape, type Tensor, tensor } from '@tikhonov/core';
import { requireOptions } from '@tikhonov/core/engine';
import {
  Conv1d,
  Conv2d,
  Conv3d,
  type ForwardContext,
  type Layer,
  type LayerLike,
  Linear,
  MLP,
  Module,
  ParametrizedTensor,
  Sequential,
} from '@tikhonov/nn';
import { type GatedLayer, isConvolution, isGateable, L0Gates, l0GatesOf } from './l0-gates.ts';

/** Options of `l0Prune`. */
export interface L0PruneOptions {
  /**
   * Shape of one input without the batch axis, such as `[1, 28, 28]`.
   * @defaultValue the inputs of the first layer, if that is linear
   */
  readonly inputShape?: readonly number[];
}

/** Keeps some of the features, `[N, from] -> [N, indices.length]`. */
export class SelectFeatures extends Module {
  readonly indices: readonly number[];

  constructor(indices: readonly number[]) {
    super();
    this.indices = indices;
  }

  override describe(): string {
    return `SelectFeatures(${this.indices.length})`;
  }

  forward(x: Tensor, _context: ForwardContext = {}): Tensor {
    return indexSelect(x, int(this.indices), { axis: -1 });
  }
}

/**
 * The network that the open gates leave, as plain layers without gates: it computes what the gated model
 * computes in evaluation. Open gates are multiplied into the weights; inputs behind closed gates, the units
 * that only those read, and closed filters are taken out, so that layers become smaller. What cannot be taken
 * out of a layer without changing results (a unit whose activation of 0 is not 0, a feature of a
 * flattened channel that is otherwise used) is left out with a selection in front of the next one, or stays.
 *
 * @param model  an `MLP`, or a `Sequential` (also nested) of layers and functions
 * @returns in order: layers, functions, and `SelectFeatures` where inputs are left out
 * @throws TypeError for other models, or without `inputShape` for one that begins with a convolution
 * @example
 * ```ts
 * const model = reg.withL0Gates(nn.mlp([4, 8, 3], { seed: 0 }));
 * reg.l0GatesOf(model.layers[1])!.logAlpha.write(concat([full([6], -9), full([2], 9)]));
 * const small = reg.l0Prune(model);
 * Object.values(small.parameterValues()).map((w) => w.shape); // => [[2, 4], [2], [3, 2], [3]]
 * allClose(small.forward(ones([5, 4])), model.forward(ones([5, 4]))); // => true
 * ```
 */
export function l0Prune(model: Module & Layer, options: L0PruneOptions = {}): Sequential {
  requireOptions('l0Prune', options, { inputShape: true });
  const chain = chainOf(model);
  const [before, stages] = [leading(chain), stagesOf(chain)];
  const first = stages[0];
  const inputShape =
    options.inputShape ??
    (first !== undefined && !isConvolution(first.layer) ? [first.layer.inFeatures] : null);
  if (inputShape === null) {
    throw new TypeError(
      'l0Prune: needs { inputShape } of a model that does not begin with a linear layer, such as [1, 28, 28].',
    );
  }
  const plans = planned(before, stages, inputShape);
  const out: LayerLike[] = [...before];
  for (const [i, { layer, after }] of stages.entries()) {
    const { kept, inputs, select } = plans[i]!;
    if (select !== null) out.push(new SelectFeatures(select));
    out.push(smaller(layer, kept, inputs), ...after);
  }
  return new Sequential(...out);
}

/** A layer with weights and what follows it up to the next one. */
interface Stage {
  readonly layer: GatedLayer;
  readonly after: readonly LayerLike[];
}

/** What is left of a stage. */
interface StagePlan {
  /** Outputs. */
  readonly kept: readonly number[];
  /** Inputs of the layer as it was. */
  readonly inputs: readonly number[];
  /** Which of the features that still arrive are read; null for all. */
  readonly select: readonly number[] | null;
}

const isWeighted = (part: LayerLike): part is GatedLayer =>
  part instanceof Module && isGateable(part);

/** The layers and functions of a model in order. */
function chainOf(model: LayerLike): readonly LayerLike[] {
  if (model instanceof Sequential) return model.layers.flatMap(chainOf);
  if (model instanceof MLP) {
    return model.layers.flatMap((layer, i) =>
      i === model.layers.length - 1 ? chainOf(layer) : [...chainOf(layer), model.activation],
    );
  }
  if (!(model instanceof Module)) return [model];
  if (isWeighted(model)) return [requirePlain(model)];
  const hidden = model.modules().filter(isGateable);
  if (hidden.length === 0) return [model];
  throw new TypeError(
    `l0Prune: cannot see in which order ${model.describe()} calls its layers.\n  Build the model as an MLP or a Sequential.`,
  );
}

/** A TypeError if something else than gates and parametrizations was put on a layer. */
function requirePlain(layer: GatedLayer): GatedLayer {
  const other = layer
    .children()
    .find((part) => !(part instanceof L0Gates || part instanceof ParametrizedTensor));
  if (other === undefined) return layer;
  throw new TypeError(
    `l0Prune: ${layer.describe()} has a ${other.describe()} in it, which plain layers cannot have.`,
  );
}

const leading = (chain: readonly LayerLike[]): readonly LayerLike[] => {
  const start = chain.findIndex(isWeighted);
  return start < 0 ? chain : chain.slice(0, start);
};

function stagesOf(chain: readonly LayerLike[]): readonly Stage[] {
  const starts = chain.flatMap((part, i) => (isWeighted(part) ? [i] : []));
  if (starts.length === 0) throw new TypeError('l0Prune: the model has no layer with weights.');
  return starts.map((start, i) => ({
    layer: chain[start] as GatedLayer,
    after: chain.slice(start + 1, starts[i + 1]),
  }));
}

function planned(
  before: readonly LayerLike[],
  stages: readonly Stage[],
  inputShape: readonly number[],
): readonly StagePlan[] {
  const { dtype } = stages[0]!.layer.weight;
  let x = run(before, random.normal(random.key(0), [2, ...inputShape], { dtype }));
  let features: readonly number[] = indices(x.shape.at(isConvolution(stages[0]!.layer) ? 1 : -1)!);
  const plans: StagePlan[] = [];
  for (const [i, { layer, after }] of stages.entries()) {
    const gates = l0GatesOf(layer);
    const open = gates === null ? null : openOnes(gates.gates());
    const inputs: readonly number[] =
      open !== null && !isConvolution(layer)
        ? atLeastOne(
            features.filter((k) => open.has(k)),
            features,
          )
        : features;
    const places = new Map(features.map((k, at) => [k, at]));
    const select = inputs.length === features.length ? null : inputs.map((k) => places.get(k)!);
    const y: Tensor = layer.forward(x);
    const width = layer.weight.shape[0]!;
    const next = stages[i + 1]?.layer;
    const kept = next === undefined ? indices(width) : needed(layer, after, y, next);
    plans.push({ kept, inputs, select });
    x = run(after, y);
    if (next !== undefined) {
      const span = featuresOf(next) / width;
      features = kept.flatMap((unit) => indices(span).map((k) => unit * span + k));
    }
  }
  return plans;
}

/** The outputs that must stay, by trial on random values. */
function needed(
  layer: GatedLayer,
  after: readonly LayerLike[],
  y: Tensor,
  next: GatedLayer,
): readonly number[] {
  const width = layer.weight.shape[0]!;
  const span = featuresOf(next) / width;
  const all = indices(width);
  const axis = isConvolution(layer) ? 1 : -1;
  if (!Number.isInteger(span) || (isConvolution(layer) && groupsOf(layer) > 1)) return all;
  if (isConvolution(next) && groupsOf(next) > 1) return all;
  const ownGates = isConvolution(layer) ? l0GatesOf(layer) : null;
  const nextGates = isConvolution(next) ? null : l0GatesOf(next);
  const own = ownGates === null ? null : openOnes(ownGates.gates());
  const read = nextGates === null ? null : openOnes(nextGates.gates());
  const [nextAxis, noise] = [
    isConvolution(next) ? 1 : -1,
    random.normal(random.key(1), y.shape, { dtype: y.dtype }),
  ];
  const closed = all.filter((unit) => own !== null && !own.has(unit));
  // Zeros in closed filters, anything elsewhere: does what follows keep them 0?
  const probe = mul(
    noise,
    along(
      all.map((u) => (closed.includes(u) ? 0 : 1)),
      noise,
      axis,
    ),
  );
  const whole = run(after, probe);
  const silent = new Set(
    closed.filter((unit) => isZero(pick(whole, spanOf(unit, span), nextAxis))),
  );
  const unread = (unit: number): boolean =>
    read !== null && spanOf(unit, span).every((k) => !read.has(k));
  const kept = atLeastOne(
    all.filter((unit) => !silent.has(unit) && !unread(unit)),
    all,
  );
  if (kept.length === all.length) return all;
  // Does what follows work on every unit by itself?
  const wanted = pick(
    whole,
    kept.flatMap((unit) => spanOf(unit, span)),
    nextAxis,
  );
  return agrees(() => run(after, pick(probe, kept, axis)), wanted) ? kept : all;
}

function agrees(compute: () => Tensor, wanted: Tensor): boolean {
  let got: Tensor;
  try {
    got = compute();
  } catch {
    // A normalization, say, that knows how many channels it has.
    return false;
  }
  const [a, b] = [got.data(), wanted.data()];
  return a.length === b.length && a.every((value, k) => value === b[k]);
}

/** The layer with its gates multiplied in, on some of its inputs and outputs. */
function smaller(
  layer: GatedLayer,
  kept: readonly number[],
  inputs: readonly number[],
): GatedLayer {
  const gates = l0GatesOf(layer);
  const { shape, dtype } = layer.weight;
  const settings = { seed: 0, dtype, bias: layer.bias !== null };
  let weight: Tensor = layer.weight.read();
  let bias: Tensor | null = layer.bias === null ? null : layer.bias.read();
  let made: GatedLayer;
  if (!isConvolution(layer)) {
    if (gates !== null) weight = mul(weight, gates.gates());
    made = new Linear(inputs.length, kept.length, settings);
  } else {
    if (gates !== null) {
      const z = gates.gates();
      weight = mul(weight, reshape(z, [z.size, ...shape.slice(1).map(() => 1)]));
      bias = bias === null ? null : mul(bias, z);
    }
    const Kind = layer instanceof Conv1d ? Conv1d : layer instanceof Conv2d ? Conv2d : Conv3d;
    made = new Kind(
      groupsOf(layer) > 1 ? layer.inChannels : inputs.length,
      kept.length,
      [...layer.kernelSize],
      { ...layer.options, ...settings },
    );
  }
  const rows = pick(weight, kept, 0);
  made.weight.write(groupsOf(layer) > 1 ? rows : pick(rows, inputs, 1));
  if (bias !== null) made.bias!.write(pick(bias, kept, 0));
  return made;
}

const groupsOf = (layer: GatedLayer): number =>
  isConvolution(layer) ? (layer.options.groups ?? 1) : 1;

/** Features or channels that a layer takes. */
const featuresOf = (layer: GatedLayer): number =>
  isConvolution(layer) ? layer.inChannels : layer.inFeatures;

const indices = (n: number): number[] => Array.from({ length: n }, (_, k) => k);

const spanOf = (unit: number, span: number): number[] => indices(span).map((k) => unit * span + k);

/** A layer needs an input; the gate of that one multiplies it by 0. */
const atLeastOne = (some: readonly number[], all: readonly number[]): readonly number[] =>
  some.length > 0 ? some : all.slice(0, 1);

const openOnes = (gates: Tensor): ReadonlySet<number> =>
  new Set([...gates.data()].flatMap((z, k) => (z === 0 ? [] : [k])));

const int = (values: readonly number[]): Tensor => tensor(Int32Array.from(values));

const pick = (x: Tensor, at: readonly number[], axis: number): Tensor =>
  indexSelect(x, int(at), { axis });

const isZero = (x: Tensor): boolean => x.data().every((value) => value === 0);

/** Values along one axis, in a shape that broadcasts. */
const along = (values: readonly number[], like: Tensor, axis: number): Tensor =>
  reshape(
    tensor(values, { dtype: like.dtype }),
    like.shape.map((_, k) => (k === (axis < 0 ? axis + like.rank : axis) ? -1 : 1)),
  );

const run = (parts: readonly LayerLike[], x: Tensor): Tensor =>
  parts.reduce((y, part) => (part instanceof Module ? part.forward(y) : part(y)), x);
