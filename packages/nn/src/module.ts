import {
  Cell,
  DTypeError,
  Parameter,
  random,
  ShapeError,
  showShape,
  stopGradient,
  Tensor,
} from '@tikhonov/core';

/** What a call of a network needs to know beside its input. */
export interface ForwardContext {
  /** Whether stochastic layers are on. @defaultValue false */
  readonly training?: boolean;
  /** The random key of this call; stochastic layers in training throw without it. */
  readonly rng?: Tensor;
  /** Whether running statistics and the like move. @defaultValue as `training` */
  readonly updateState?: boolean;
}

/**
 * The context for a part of a network: the part's name is folded into the key, so that parts draw
 * independently, and appending one does not change the draws of the others. Modules that call
 * stochastic parts hand each of them its own context.
 *
 * @param name  the part's property name or path, unique among its siblings
 */
export function childContext(context: ForwardContext, name: string): ForwardContext {
  return context.rng === undefined
    ? context
    : { ...context, rng: random.foldIn(context.rng, name) };
}

/**
 * A network or a part of one. Parameters, other state and submodules are its own properties, or lie in
 * arrays or object literals of its own properties; their names are the property names joined by dots,
 * as in `layers.0.weight`. What is found twice (tied weights) counts once, under the name found first.
 * Private `#fields`, maps and accessors are invisible: a cell kept there is neither trained nor saved.
 *
 * @example
 * ```ts
 * class Scale extends nn.Module {
 *   gain = parameter(tensor([2]));
 *   forward(x) {
 *     return x.mul(this.gain);
 *   }
 * }
 * Object.keys(new Scale().namedParameters()); // => ['gain']
 * ```
 */
export abstract class Module {
  /** The output for `x`. */
  abstract forward(x: Tensor, context?: ForwardContext): Tensor;

  /** Every cell, parameters included, by name. */
  namedCells(): Record<string, Cell> {
    const cells: Record<string, Cell> = {};
    collect(this, '', cells, new Set());
    return cells;
  }

  /** The trainable cells by name: what gradients are taken with respect to. */
  namedParameters(): Record<string, Parameter> {
    const parameters: Record<string, Parameter> = {};
    for (const [name, cell] of Object.entries(this.namedCells())) {
      if (cell instanceof Parameter) parameters[name] = cell;
    }
    return parameters;
  }

  /** The trainable cells in order. */
  parameters(): Parameter[] {
    return Object.values(this.namedParameters());
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
   * const entries = Object.entries(JSON.parse(text)).map(([name, v]) => [name, tensor(v.data, v)]);
   * const model = nn.mlp([2, 1], { seed: 1 });
   * model.loadStateDict(Object.fromEntries(entries));
   * JSON.stringify(model.stateDict()) === text; // => true
   * ```
   */
  stateDict(): Record<string, Tensor> {
    return Object.fromEntries(
      Object.entries(this.namedCells()).map(([name, cell]) => [name, stopGradient(cell.read())]),
    );
  }

  /**
   * Rebinds every cell to the value of its name; nothing changes if any of them does not fit.
   *
   * @param state  as `stateDict` returns it
   * @throws Error naming all missing and unexpected names; ShapeError or DTypeError if the names fit
   * but values do not
   */
  loadStateDict(state: Readonly<Record<string, Tensor>>): void {
    const cells = this.namedCells();
    requireFit(cells, state);
    for (const [name, cell] of Object.entries(cells)) cell.write(state[name]!);
  }
}

function collect(
  value: unknown,
  path: string,
  cells: Record<string, Cell>,
  seen: Set<unknown>,
): void {
  if (typeof value !== 'object' || value === null || seen.has(value)) return;
  if (value instanceof Cell) {
    seen.add(value);
    cells[path] = value;
  } else if (value instanceof Module || Array.isArray(value) || isLiteral(value)) {
    seen.add(value);
    for (const [name, item] of Object.entries(value)) {
      collect(item, path === '' ? name : `${path}.${name}`, cells, seen);
    }
  }
}

function isLiteral(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function requireFit(
  cells: Readonly<Record<string, Cell>>,
  state: Readonly<Record<string, Tensor>>,
): void {
  if (typeof state !== 'object' || state === null) {
    throw new TypeError(
      `loadStateDict: the state is ${state === null ? 'null' : typeof state}, not tensors by name.\n  Pass what stateDict() returned.`,
    );
  }
  const quote = (names: string[]): string => names.map((name) => `"${name}"`).join(', ');
  const missing = Object.keys(cells).filter((name) => !Object.hasOwn(state, name));
  const unexpected = Object.keys(state).filter((name) => !Object.hasOwn(cells, name));
  const shapes: string[] = [];
  const kinds: string[] = [];
  for (const [name, cell] of Object.entries(cells)) {
    const value: unknown = Object.hasOwn(state, name) ? state[name] : undefined;
    if (value === undefined) continue;
    if (!(value instanceof Tensor)) {
      throw new TypeError(
        `loadStateDict: "${name}" is ${value === null ? 'null' : typeof value}, not a Tensor.\n` +
          '  If it was parsed from JSON, make tensors first: tensor(v.data, v) for every entry v.',
      );
    }
    if (showShape(value.shape) !== showShape(cell.shape)) {
      shapes.push(`"${name}" holds ${showShape(cell.shape)}, given ${showShape(value.shape)}`);
    } else if (value.dtype !== cell.dtype) {
      kinds.push(`"${name}" holds ${cell.dtype}, given ${value.dtype}`);
    }
  }
  const lines = [
    ...(missing.length > 0 ? [`missing: ${quote(missing)}`] : []),
    ...(unexpected.length > 0 ? [`unexpected: ${quote(unexpected)}`] : []),
    ...shapes,
    ...kinds,
  ];
  if (lines.length === 0) return;
  const message = `loadStateDict: the state does not fit; nothing was changed.\n  ${lines.join('\n  ')}\n  Was it saved from a model of the same structure?`;
  if (missing.length + unexpected.length > 0) throw new Error(message);
  throw shapes.length > 0 ? new ShapeError(message) : new DTypeError(message);
}
