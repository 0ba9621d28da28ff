import type { Tensor, Tree } from '@tikhonov/core';
import { kindOf } from '@tikhonov/core/engine';
import { at, mapNamed } from './named.ts';
import type { Named, Transform } from './transform.ts';
import type { DecayMask } from './weight-decay.ts';

/** Some of the parameters, and what steps them. */
export interface ParameterGroup {
  /** Part of the names of the group's state. */
  readonly name: string;
  /** Which parameters, by name and shape; the first group that matches has them. */
  readonly match: DecayMask;
  /** A whole optimizer, such as `adamwTransform(...)`, or any transform. */
  readonly transform: Transform;
}

/** A TypeError unless a group says by a function which parameters it has. */
export function requireMatch(caller: string, group: string, match: unknown): void {
  if (typeof match === 'function') return;
  throw new TypeError(
    `${caller}: match of group "${group}" must be a function of a parameter's name and values, got ${kindOf(match)}.\n` +
      '  Of a pattern make one: (name) => /bias$/.test(name).',
  );
}

/** The group of every parameter, by name. */
export function assign(
  groups: readonly Pick<ParameterGroup, 'name' | 'match'>[],
  params: Named,
): Readonly<Record<string, string>> {
  for (const { name, match } of groups) requireMatch('partition', name, match);
  const twice = groups.find(({ name }, i) => groups.findIndex((g) => g.name === name) !== i);
  if (twice !== undefined) {
    throw new TypeError(`partition: two groups are named "${twice.name}".`);
  }
  const found = Object.entries(params).map(([name, w]) => {
    const group = groups.find(({ match }) => match(name, w));
    return [name, group?.name] as const;
  });
  const lost = found.filter(([, group]) => group === undefined).map(([name]) => `"${name}"`);
  if (lost.length > 0) {
    throw new TypeError(
      `partition: no group matches ${lost.join(', ')}.\n  Add a last group with match: () => true.`,
    );
  }
  return Object.fromEntries(found.map(([name, group]) => [name, group!]));
}

/**
 * Parameter groups: every parameter is stepped by the transform of the first group that matches its name
 * and shape. Norms over all gradients, such as `clipByGlobalNorm`, are over the group inside a group, over
 * everything in front of it. A group may be without parameters, so that one partition serves many models;
 * `grouped` refuses it.
 *
 * @returns a transform whose state has that of every group, by its name
 * @throws TypeError naming parameters that no group matches, a name that two groups have, or a `match` that
 * is no function
 * @example
 * ```ts
 * const params = { head: tensor([1]), body: tensor([1]) };
 * const step = optim.partition([
 *   { name: 'head', match: (name) => name === 'head', transform: optim.scale(-1) },
 *   { name: 'rest', match: () => true, transform: optim.scale(-0.1) },
 * ]);
 * const [updates] = step.update(params, step.init(params), params);
 * updates.head.toArray(); // => [-1]
 * updates.body.toArray(); // => [-0.1]
 * ```
 */
export function partition(
  groups: readonly ParameterGroup[],
): Transform<Readonly<Record<string, Tree<Tensor>>>> {
  const within = (named: Named, params: Named): ReadonlyMap<string, Named> => {
    const owner = assign(groups, params);
    return new Map(
      groups.map(({ name }) => [
        name,
        Object.fromEntries(Object.entries(named).filter(([key]) => owner[key] === name)),
      ]),
    );
  };
  return {
    init: (params) => {
      const parts = within(params, params);
      return Object.fromEntries(
        groups.map(({ name, transform }) => [name, transform.init(parts.get(name)!)]),
      );
    },
    update(updates, state, params) {
      const [given, present] = [within(updates, params), within(params, params)];
      const stepped = groups.map(({ name, transform }) => {
        const [moved, next] = transform.update(given.get(name)!, state[name]!, present.get(name)!);
        return { name, moved, next };
      });
      const moved: Named = Object.assign({}, ...stepped.map((group) => group.moved));
      const next = Object.fromEntries(stepped.map((group) => [group.name, group.next]));
      // In the order of the gradients, so that errors name the first parameter.
      return [mapNamed(updates, (_, name) => at(moved, name)), next];
    },
  };
}
