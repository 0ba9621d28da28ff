import { any, notEqual, ones, stopGradient, tensor, zerosLike } from '@tikhonov/core';
import { kindOf } from '@tikhonov/core/engine';
import { GroupedOptimizer } from './groups.ts';
import { mapNamed } from './named.ts';
import { Optimizer } from './optimizer.ts';

/**
 * Which parameters an optimizer itself shrinks, by weight decay or by what it does behind its steps: those that
 * its first step without a gradient, at a rate of 1, would change. The optimizer and its parameters are left
 * as they are. For `nn.summary`, which then shows what happens instead of what was meant.
 *
 * @returns whether the parameter of a name decays
 * @throws TypeError for what is no optimizer, or a name that it does not have
 * @example
 * ```ts
 * const model = nn.mlp([4, 3], { seed: 0 });
 * const optimizer = optim.adamw(model, { weightDecay: 0.1, decay: optim.weightsOnly });
 * const { rows } = nn.summary(model, { groups: optim.decayOf(optimizer) });
 * rows.map(({ name, decay }) => [name, decay]); // => [['layers.0.weight', true], ['layers.0.bias', false]]
 * ```
 */
export function decayOf(optimizer: Optimizer): (name: string) => boolean {
  if (!(optimizer instanceof Optimizer)) {
    throw new TypeError(
      `decayOf: needs an optimizer, got ${kindOf(optimizer)}.\n  decayOf(adamw(model, { decay: weightsOnly }))`,
    );
  }
  if (optimizer instanceof GroupedOptimizer) return (name) => optimizer.decays(name);
  const decays = probe(optimizer);
  return (name) => {
    const found = Object.hasOwn(decays, name) ? decays[name] : undefined;
    if (found !== undefined) return found;
    throw new TypeError(
      `decayOf: "${name}" names no parameter.\n  Known are ${Object.keys(decays).join(', ')}.`,
    );
  };
}

/** One step from ones without gradients, from a state of zeros; then all is put back. */
function probe(optimizer: Optimizer): Readonly<Record<string, boolean>> {
  const { parameters } = optimizer;
  const kept = Object.fromEntries(
    Object.entries(parameters).map(([name, w]) => [name, stopGradient(w.read())]),
  );
  const state = optimizer.stateDict();
  try {
    const fresh = mapNamed(state, (x) => zerosLike(x));
    optimizer.loadStateDict({ ...fresh, lr: tensor(1, { dtype: optimizer.lr.dtype }) });
    for (const w of Object.values(parameters)) w.write(ones(w.shape, { dtype: w.dtype }));
    optimizer.apply(mapNamed(kept, (w) => zerosLike(w)));
    return Object.fromEntries(
      Object.entries(parameters).map(([name, w]) => [name, any(notEqual(w, 1)).item() !== 0]),
    );
  } finally {
    for (const [name, w] of Object.entries(parameters)) w.write(kept[name]!);
    optimizer.loadStateDict(state);
  }
}
