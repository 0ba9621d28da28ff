import type { Cell, Parameter, Tensor } from '@tikhonov/core';
import { kindOf } from '@tikhonov/core/engine';
import type { MinimizeOptions } from './optimizer.ts';
import type { Named } from './transform.ts';

/** What every optimizer can, those that are put around others included. */
export interface SteppingOptimizer {
  /** What is trained, by name. */
  readonly parameters: Readonly<Record<string, Parameter>>;
  /** The learning rate; assigning a number writes the cell. */
  get lr(): Cell;
  set lr(value: number);
  /** One step on the scalar that `f` computes; returns it. */
  minimize(f: () => Tensor, options?: MinimizeOptions): Tensor;
  /** One step from given gradients. */
  apply(grads: Named): void;
  /** Everything but the parameters, by name. */
  stateDict(): Record<string, Tensor>;
  /** Restores what `stateDict` returned. */
  loadStateDict(state: Readonly<Record<string, Tensor>>): void;
}

/** A TypeError unless something can be put around it. */
export function requireStepping(name: string, optimizer: unknown, example: string): void {
  const given = Object(optimizer) as Readonly<Record<string, unknown>>;
  if (typeof given.apply === 'function' && typeof given.parameters === 'object') return;
  throw new TypeError(`${name}: needs an optimizer, got ${kindOf(optimizer)}.\n  ${example}`);
}
