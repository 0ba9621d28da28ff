import { Cell, DTypeError, Parameter, ShapeError, stopGradient, Tensor } from '@tikhonov/core';
import { kindOf, requireOptions, showShape } from '@tikhonov/core/engine';
import type { ForwardContext } from './context.ts';

/** What turns a tensor into a tensor: the modules that `Sequential`, `Residual` and `fit` take. */
export interface Layer {
  /** The output for `x`. */
  forward(x: Tensor, context?: ForwardContext): Tensor;
}

/** Options of `loadStateDict`. */
export interface LoadOptions {
  /** Whether missing and unexpected names are refused. @defaultValue true */
  readonly strict?: boolean;
}

/** The names that a model and a state do not share. */
export interface StateDifference {
  /** Cells that the state does not have; they keep their values. */
  readonly missing: readonly string[];
  /** Values that the model has no cell for; they are ignored. */
  readonly unexpected: readonly string[];
}

/**
 * A network or a part of one. Parameters, other state and submodules are its own properties, or lie in
 * arrays or object literals of its own properties; their names are the property names joined by dots,
 * as in `layers.0.weight`, unless `stateNames` renames a property. What is found twice (tied weights)
 * counts once, under the name found first.
 * Private `#fields`, maps and accessors are invisible: a cell kept there is neither trained nor saved.
 *
 * What a module computes is up to it: `forward` may take several inputs and return anything. One that
 * takes a tensor and a context and returns a tensor is a `Layer`, for `Sequential` and `train.fit`. It
 * hands every stochastic part a context of its own; see `childContext` and `contexts`.
 *
 * @example
 * ```ts
 * class Scale extends nn.Module {
 *   gain = parameter(tensor([2]));
 *   forward(x: Tensor): Tensor {
 *     return x.mul(this.gain);
 *   }
 * }
 * Object.keys(new Scale().namedParameters()); // => ['gain']
 * ```
 */
export abstract class Module {
  /**
   * Names of properties in states where they differ from the property's own, such as PyTorch's
   * `running_mean` for `runningMean`. A subclass overrides it as an accessor.
   *
   * @example
   * ```ts
   * class Renamed extends nn.Module {
   *   inputWeight = parameter(tensor([2]));
   *   get stateNames() {
   *     return { inputWeight: 'weight_ih_l0' };
   *   }
   * }
   * Object.keys(new Renamed().stateDict()); // => ['weight_ih_l0']
   * ```
   */
  get stateNames(): Readonly<Record<string, string>> {
    return {};
  }

  /** Every cell, parameters included, by name. */
  namedCells(): Record<string, Cell> {
    return named(this, Cell);
  }

  /** The trainable cells by name: what gradients are taken with respect to. */
  namedParameters(): Record<string, Parameter> {
    return named(this, Parameter);
  }

  /** The trainable cells in order. */
  parameters(): Parameter[] {
    return Object.values(this.namedParameters());
  }

  /**
   * The value of every parameter by name, detached: a point for `functionalCall` and the derivatives over
   * it. Other than in `stateDict()`, there are no buffers, which may be integers.
   *
   * @example
   * ```ts
   * const model = new nn.Linear(2, 1, { seed: 0, bias: false });
   * const loss = (p: Record<string, Tensor>) => nn.functionalCall(model, p, tensor([[3, 4]])).sum();
   * grad(loss)(model.parameterValues()).weight!.toArray(); // => [[3, 4]]
   * ```
   */
  parameterValues(): Record<string, Tensor> {
    return valuesOf(this.namedParameters());
  }

  /** This module under the name `''` and all modules in it, by name; what is shared counts once. */
  namedModules(): Record<string, Module> {
    return named(this, Module);
  }

  /** This module, first, and all modules in it, in order. */
  modules(): Module[] {
    return Object.values(named(this, Module, false, ' '));
  }

  /** The modules in this one that are not parts of another one in it, by name. */
  namedChildren(): Record<string, Module> {
    const { '': _self, ...children } = named(this, Module, true);
    return children;
  }

  /** The modules in this one that are not parts of another one in it. */
  children(): Module[] {
    return Object.values(this.namedChildren());
  }

  /**
   * The value of every cell by name, detached. Tensors never change, so later steps leave it alone.
   *
   * `JSON.stringify` writes it exactly (but for NaN and infinities, which JSON does not have); of what
   * is parsed, make tensors again before `loadStateDict`.
   *
   * @example
   * ```ts
   * const text = JSON.stringify(nn.mlp([2, 1], { seed: 0 }).stateDict());
   * const saved = Object.entries<ReturnType<Tensor['toJSON']>>(JSON.parse(text));
   * const model = nn.mlp([2, 1], { seed: 1 });
   * const entries = saved.map(([name, value]) => [name, tensor(value)]);
   * model.loadStateDict(Object.fromEntries(entries));
   * JSON.stringify(model.stateDict()) === text; // => true
   * ```
   */
  stateDict(): Record<string, Tensor> {
    return valuesOf(this.namedCells());
  }

  /**
   * Rebinds every cell to the value of its name; nothing changes if any of them does not fit.
   *
   * @param state  as `stateDict` returns it
   * @returns the names that only the model or only the state has; none unless `strict` is false
   * @throws Error naming all missing and unexpected names (not if `strict` is false); ShapeError or
   * DTypeError if the names fit but values do not
   * @example
   * ```ts
   * const model = new nn.Linear(2, 1, { seed: 0 });
   * const weight = tensor([[1, 2]]);
   * model.loadStateDict({ weight }, { strict: false }).missing; // => ['bias']
   * ```
   */
  loadStateDict(
    state: Readonly<Record<string, Tensor>>,
    options: LoadOptions = {},
  ): StateDifference {
    requireOptions('loadStateDict', options, { strict: true });
    const cells = this.namedCells();
    const difference = requireFit(cells, state, options.strict ?? true);
    for (const [name, cell] of Object.entries(cells)) {
      if (Object.hasOwn(state, name)) cell.write(state[name]!);
    }
    return difference;
  }

  /** What this module is, in a few words, for messages and `String(model)`: its class, and maybe sizes. */
  describe(): string {
    return this.constructor.name;
  }

  /**
   * All modules, one per line.
   *
   * @example
   * ```ts
   * String(nn.mlp([4, 8, 3], { seed: 0 })); // => 'MLP\n  layers.0: Linear(4 -> 8)\n  layers.1: Linear(8 -> 3)'
   * ```
   */
  toString(): string {
    return Object.entries(named(this, Module, false, ' '))
      .map(([name, part]) => (name === ' ' ? '' : `  ${name.slice(2)}: `) + part.describe())
      .join('\n');
  }
}

/**
 * What is of a kind in a module, by name; of other modules in it only themselves if `shallow`. Names begin with the
 * root, if there is one: then none is a number, which objects put before all others.
 */
function named<Kind>(
  model: Module,
  kind: abstract new (...args: never) => Kind,
  shallow = false,
  root = '',
): Record<string, Kind> {
  const found = new Map<unknown, string>();
  walk(model, root, found, shallow);
  const result: Record<string, Kind> = {};
  for (const [item, path] of found) {
    if (!(item instanceof kind)) continue;
    if (Object.hasOwn(result, path)) {
      throw new TypeError(
        `Module: two cells are named "${path}".\n  Rename a property, or its entry in stateNames.`,
      );
    }
    result[path] = item;
  }
  return result;
}

/** Finds cells and modules, and what they lie in, each under the name that comes first. */
function walk(value: unknown, path: string, found: Map<unknown, string>, shallow: boolean): void {
  if (typeof value !== 'object' || value === null || found.has(value)) return;
  const isModule = value instanceof Module;
  const isCell = value instanceof Cell;
  if (!(isCell || isModule || Array.isArray(value) || isLiteral(value))) return;
  found.set(value, path);
  if (isCell || (shallow && isModule && path !== '')) return;
  const renamed = isModule ? value.stateNames : {};
  for (const [property, item] of Object.entries(value)) {
    const name = Object.hasOwn(renamed, property) ? renamed[property]! : property;
    walk(item, path === '' ? name : `${path}.${name}`, found, shallow);
  }
}

const valuesOf = (cells: Readonly<Record<string, Cell>>): Record<string, Tensor> =>
  Object.fromEntries(
    Object.entries(cells).map(([name, cell]) => [name, stopGradient(cell.read())]),
  );

function isLiteral(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function requireFit(
  cells: Readonly<Record<string, Cell>>,
  state: Readonly<Record<string, Tensor>>,
  strict: boolean,
): StateDifference {
  if (typeof state !== 'object' || state === null) {
    throw new TypeError(
      `loadStateDict: the state is ${kindOf(state)}, not tensors by name.\n  Pass what stateDict() returned.`,
    );
  }
  const missing = Object.keys(cells).filter((name) => !Object.hasOwn(state, name));
  const unexpected = Object.keys(state).filter((name) => !Object.hasOwn(cells, name));
  const shapes: string[] = [];
  const kinds: string[] = [];
  for (const [name, cell] of Object.entries(cells)) {
    if (!Object.hasOwn(state, name)) continue;
    const value: unknown = state[name];
    if (!(value instanceof Tensor)) {
      throw new TypeError(
        `loadStateDict: "${name}" is ${typeof value}, not a Tensor.\n` +
          '  Of parsed JSON make tensors first: tensor(value) for every entry.',
      );
    }
    if (showShape(value.shape) !== showShape(cell.shape)) {
      shapes.push(`"${name}" holds ${showShape(cell.shape)}, given ${showShape(value.shape)}`);
    } else if (value.dtype !== cell.dtype) {
      kinds.push(`"${name}" holds ${cell.dtype}, given ${value.dtype}`);
    }
  }
  const names = Object.entries(strict ? { missing, unexpected } : {})
    .filter(([, list]) => list.length > 0)
    .map(([what, list]) => `${what}: ${list.map((name) => `"${name}"`).join(', ')}`);
  const lines = [...names, ...shapes, ...kinds];
  if (lines.length === 0) return { missing, unexpected };
  const message = `loadStateDict: the state does not fit; nothing was changed.\n  ${lines.join('\n  ')}\n  Was it saved from a model of the same structure?`;
  if (names.length > 0) throw new Error(message);
  throw shapes.length > 0 ? new ShapeError(message) : new DTypeError(message);
}
