import { Cell, type Parameter, ShapeError, stopGradient, type Tensor } from '@tikhonov/core';
import { kindOf, requireOptions, showShape } from '@tikhonov/core/engine';
import type { ForwardContext } from '../context.ts';
import { Module } from '../module.ts';
import { contextAmong, type SharedContext, shareContext, wrapForward } from './wrap-forward.ts';

/** One step from stored values to the weight that a layer sees. */
export abstract class Parametrization extends Module {
  /** The function that puts it on a model. */
  abstract get caller(): string;

  /** The weight of what is stored, or of what the step before makes of it. */
  abstract forward(stored: Tensor): Tensor;

  /** What to store so that the weight becomes the given one, as far as there is such a value. */
  rightInverse(weight: Tensor): Tensor {
    return weight;
  }

  /** Called before the layer runs, if running state shall move. */
  advance(_stored: Tensor): void {}

  /** A parameter that takes the first place beside the stored one, as in PyTorch's weight norm. */
  get companion(): Parameter | null {
    return null;
  }
}

/** The weight as the layer sees it: computed at every reading from what is stored. */
class ComputedWeight extends Cell {
  readonly #parts: ParametrizedTensor;

  constructor(parts: ParametrizedTensor) {
    super(parts.original.read(), { name: parts.original.name });
    this.#parts = parts;
  }

  override get dtype(): Tensor['dtype'] {
    return this.#parts.original.dtype;
  }

  override read(): Tensor {
    return this.#parts.compute();
  }

  override peek(): Tensor {
    return this.#parts.compute();
  }

  /** Stores what gives the value; a scale that is normalized away cannot be. */
  override write(next: Tensor | number): void {
    this.#parts.assign(typeof next === 'number' ? this.read().mul(0).add(next) : next);
  }
}

/**
 * The parametrizations of one weight, under the names that PyTorch gives them:
 * `parametrizations.weight.original`, `parametrizations.weight.0...`.
 */
export class ParametrizedTensor extends Module {
  /** Stands before the stored one, as PyTorch's `original0` does before `original1`. */
  companion: Parameter | null = null;
  /** What gradients are taken of. */
  readonly original: Parameter;
  // The steps themselves are numbered properties, which is what names their cells.
  readonly #steps: Parametrization[] = [];

  constructor(original: Parameter) {
    super();
    this.original = original;
  }

  override get stateNames(): Readonly<Record<string, string>> {
    return this.companion === null ? {} : { original: 'original1', companion: 'original0' };
  }

  /** The steps in order. */
  get list(): readonly Parametrization[] {
    return this.#steps;
  }

  /** Adds a step behind those that are there. */
  append(step: Parametrization): void {
    if (step.companion !== null) this.companion = step.companion;
    Object.assign(this, { [this.#steps.length]: step });
    this.#steps.push(step);
  }

  /** The weight. */
  compute(): Tensor {
    return this.#steps.reduce((w, step) => step.forward(w), this.original.read());
  }

  /** Stores what gives the weight. */
  assign(weight: Tensor): void {
    this.original.write(this.list.toReversed().reduce((w, step) => step.rightInverse(w), weight));
  }

  /** Moves the running state of every step. */
  advance(): void {
    this.list.reduce((w, step) => {
      step.advance(w);
      return step.forward(w);
    }, stopGradient(this.original.read()));
  }
}

/** A layer and which of its parameters is meant. */
export interface ParametrizeTarget {
  readonly layer: Module;
  /** Of the layer in the model. */
  readonly name: string;
}

const undoOf = Symbol('removes the parametrization of a weight');

interface Parametrized {
  readonly parametrizations?: Readonly<Record<string, ParametrizedTensor>>;
}

const partsOf = (layer: Module): ParametrizedTensor | null =>
  (layer as Module & Parametrized).parametrizations?.weight ?? null;

/** Options of every reparametrisation. */
export interface ParametrizeOptions {
  /** Which layers, by their names. @defaultValue all whose `weight` has at least two axes */
  readonly filter?: (name: string, layer: Module) => boolean;
}

/** The layers of a model whose weight can be reparametrized; a TypeError if there are none. */
export function layersWithWeight(
  caller: string,
  model: Module,
  { filter = () => true }: ParametrizeOptions,
): readonly ParametrizeTarget[] {
  if (!(model instanceof Module)) {
    throw new TypeError(`${caller}: needs a Module, got ${kindOf(model)}.`);
  }
  const found = Object.entries(model.namedModules()).flatMap(([name, layer]) => {
    if (layer instanceof Parametrization || layer instanceof ParametrizedTensor) return [];
    const weight: unknown = Reflect.get(layer, 'weight');
    return weight instanceof Cell && weight.rank >= 2 && filter(name, layer)
      ? [{ layer, name }]
      : [];
  });
  if (found.length > 0) return found;
  throw new TypeError(
    `${caller}: no layer with a weight of rank >= 2 was selected.\n  Modules: ${Object.keys(model.namedModules()).join(', ')}.`,
  );
}

/**
 * Throws, before anything is changed, if a layer is parametrized already: for what stores a companion, whose
 * gradient must be that of the weight's own parts.
 */
export function requireUnparametrized(caller: string, targets: readonly ParametrizeTarget[]): void {
  for (const { layer, name } of targets) {
    const there = partsOf(layer)?.list.map((step) => step.caller) ?? [];
    if (there.length === 0) continue;
    const others = [...new Set(there)].filter((other) => other !== caller);
    throw new TypeError(
      `${caller}: must come before other parametrizations, and the weight of ${name === '' ? 'the layer' : `"${name}"`} has ${there.join(', ')}.\n` +
        (others.length === 0
          ? '  It is there once, which is enough: leave this call out, or select other layers with { filter }.'
          : `  Take them off and put them on again behind it: nn.removeParametrizations(model), nn.${caller}(model), then ${others.map((other) => `nn.${other}(model)`).join(', ')}.`),
    );
  }
}

/**
 * Puts a parametrization between a layer's weight and what the layer sees of it; further ones follow the ones
 * that are there.
 *
 * @param step  made for the weight as it is now
 */
export function parametrize(
  caller: string,
  { layer }: ParametrizeTarget,
  shared: LayerContext,
  step: (weight: Tensor) => Parametrization,
): void {
  const parts = partsOf(layer) ?? install(layer, shared);
  const made = step(stopGradient(parts.compute()));
  const before = stopGradient(parts.compute());
  parts.append(made);
  const stored = parts.list
    .toReversed()
    .slice(1)
    .reduce((w, other) => other.rightInverse(w), made.rightInverse(before));
  if (showShape(stored.shape) !== showShape(parts.original.shape)) {
    throw new ShapeError(`internal: ${caller} stores ${showShape(stored.shape)}.`);
  }
  parts.original.write(stored);
}

/** Replaces the weight by a computed one. */
function install(layer: Module, shared: LayerContext): ParametrizedTensor {
  const descriptor = Object.getOwnPropertyDescriptor(layer, 'weight');
  const original = descriptor?.value as Parameter;
  const parts = new ParametrizedTensor(original);
  Object.defineProperty(layer, 'weight', {
    ...descriptor,
    value: new ComputedWeight(parts),
    enumerable: false,
  });
  shared.take();
  const off = wrapForward(layer, (forward, ...args) => {
    const { training = false, updateState = training }: ForwardContext =
      contextAmong(args) ?? shared.current();
    if (updateState) parts.advance();
    return forward(...args);
  });
  Object.assign(layer, { parametrizations: { weight: parts } });
  Object.defineProperty(layer, undoOf, {
    configurable: true,
    enumerable: false,
    value: (leave: boolean) => {
      const value = stopGradient(parts.compute());
      off();
      shared.release();
      Reflect.deleteProperty(layer, 'parametrizations');
      Reflect.deleteProperty(layer, undoOf);
      Object.defineProperty(layer, 'weight', { ...descriptor, value: original });
      if (leave) original.write(value);
    },
  });
  return parts;
}

/** The context of a model's call, listened to as long as one of its layers needs it. */
export interface LayerContext {
  readonly current: () => ForwardContext;
  readonly take: () => void;
  readonly release: () => void;
}

/** The context of a model's call, for what is going to be put on its layers. */
export function contextFor(model: Module): LayerContext {
  let [shared, users]: [SharedContext | null, number] = [null, 0];
  return {
    current: () => shared?.current() ?? {},
    take: () => {
      users += 1;
      shared ??= shareContext(model);
    },
    release: () => {
      users -= 1;
      if (users > 0) return;
      shared?.off();
      shared = null;
    },
  };
}

/** Options of `removeParametrizations`. */
export interface RemoveOptions {
  /** Whether the weights stay as they were seen; if not, they become what was stored. @defaultValue true */
  readonly leaveParametrized?: boolean;
}

/**
 * Takes all parametrizations off the layers of a model: their weights are parameters again, and names are as
 * they were.
 *
 * @param model  changed in place
 * @returns the model
 * @see PyTorch's `torch.nn.utils.parametrize.remove_parametrizations`
 * @example
 * ```ts
 * const model = nn.weightNorm(nn.mlp([2, 3, 1], { seed: 0 }));
 * const before = model.forward(ones([1, 2])).item();
 * nn.removeParametrizations(model);
 * Object.keys(model.namedParameters())[0]; // => 'layers.0.weight'
 * model.forward(ones([1, 2])).item(); // => before
 * ```
 */
export function removeParametrizations<Model extends Module>(
  model: Model,
  options: RemoveOptions = {},
): Model {
  requireOptions('removeParametrizations', options, { leaveParametrized: 'boolean' });
  if (!(model instanceof Module)) {
    throw new TypeError(`removeParametrizations: needs a Module, got ${kindOf(model)}.`);
  }
  const { leaveParametrized = true } = options;
  for (const layer of model.modules()) {
    const undo: unknown = Reflect.get(layer, undoOf);
    if (typeof undo === 'function') undo(leaveParametrized);
  }
  return model;
}
