import { Cell, Parameter, type Tensor } from '@tikhonov/core';

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
 * A network or a part of one. Parameters, other state and submodules are its own properties (or lie in
 * arrays of its own properties); their names are the property names joined by dots, as in
 * `layers.0.weight`.
 */
export abstract class Module {
  /** The output for `x`. */
  abstract forward(x: Tensor, context?: ForwardContext): Tensor;

  /** Every cell, parameters included, by name. */
  namedCells(): Record<string, Cell> {
    const cells: Record<string, Cell> = {};
    collect(this, '', cells);
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
}

function collect(value: unknown, path: string, cells: Record<string, Cell>): void {
  const join = (name: string): string => (path === '' ? name : `${path}.${name}`);
  if (value instanceof Cell) {
    cells[path] = value;
  } else if (Array.isArray(value)) {
    for (const [i, item] of value.entries()) collect(item, join(String(i)), cells);
  } else if (value instanceof Module) {
    for (const [name, item] of Object.entries(value)) collect(item, join(name), cells);
  }
}
