import { any, noGrad, notEqual, ones, stopGradient, type Tensor, zerosLike } from '@tikhonov/core';
import { kindOf, showShape } from '@tikhonov/core/engine';
import { chain } from './chain.ts';
import { type LearningRate, Optimizer } from './optimizer.ts';
import { assign, partition, requireMatch } from './partition.ts';
import { nonNegative, requireNumber, type Scalar } from './scalars.ts';
import { scale } from './scale.ts';
import type { CommonOptions } from './sgd.ts';
import { type OptimizerTarget, parametersOf } from './target.ts';
import type { Named, Transform } from './transform.ts';
import type { DecayMask } from './weight-decay.ts';

/**
 * The usual rule for weight decay: matrices and kernels decay, biases and the gains of norms, which have at
 * most one axis, do not.
 *
 * @example
 * ```ts
 * const model = nn.mlp([4, 8, 3], { seed: 0 });
 * const optimizer = optim.adamw(model, { weightDecay: 0.1, decay: optim.weightsOnly });
 * ```
 */
export const weightsOnly = (_name: string, w: Tensor): boolean => w.rank >= 2;

/** What an optimizer's transform is made of. */
export type SettingsOf<Make> = Make extends (settings: infer Settings) => Transform
  ? NonNullable<Settings>
  : never;

/** Settings of some parameters that differ from those of the rest. */
export type GroupSettings<Settings> = Partial<Omit<Settings, 'lr' | 'gradients'>> & {
  /** For summaries and states. @defaultValue `group0`, `group1`, ... */
  readonly name?: string;
  /** Which parameters, by name and shape; the first group that matches has them. */
  readonly match: DecayMask;
  /** What the group's steps are multiplied by, >= 0; 0 freezes it. @defaultValue 1 */
  readonly lrScale?: number;
};

/** Settings of all parameters. */
export type SharedSettings<Settings> = Omit<Settings, 'lr'> & {
  /** A number, a 0-d cell that may be shared, or a schedule: of all groups. */
  readonly lr: LearningRate;
};

/** An optimizer that knows its groups; made by `grouped`. */
export class GroupedOptimizer extends Optimizer {
  /** The names of every group's parameters. */
  readonly groups: Readonly<Record<string, readonly string[]>>;
  readonly #bare: Transform;

  /**
   * @param groups  in the order in which they are asked, the last one matching everything
   * @param bare  the transform at a rate of 1, without what surrounds the optimizers' steps
   */
  constructor(
    target: OptimizerTarget,
    makeTransform: (lr: Scalar) => Transform,
    lr: LearningRate,
    groups: readonly { readonly name: string; readonly match: DecayMask }[],
    bare: Transform = makeTransform(1),
  ) {
    super(target, makeTransform, lr);
    this.#bare = bare;
    const owner = assign(groups, valuesOf(target));
    this.groups = Object.fromEntries(
      groups.map(({ name }) => [name, Object.keys(owner).filter((key) => owner[key] === name)]),
    );
  }

  /**
   * Whether a weight decay acts on a parameter: whether its first step without a gradient, at a rate of 1,
   * would change it.
   *
   * @throws TypeError for a name that no parameter has
   * @example
   * ```ts
   * const model = nn.mlp([4, 3], { seed: 0 });
   * const plain = [{ name: 'no decay', match: optim.biasesAndNorms, weightDecay: 0 }];
   * const optimizer = optim.grouped(model, optim.adamwTransform, { lr: 1e-3 }, plain);
   * optimizer.decays('layers.0.weight'); // => true
   * optimizer.decays('layers.0.bias'); // => false
   * ```
   */
  decays(name: string): boolean {
    const parameter = Object.hasOwn(this.parameters, name) ? this.parameters[name] : undefined;
    if (parameter === undefined) {
      throw new TypeError(
        `GroupedOptimizer.decays: "${name}" names no parameter.\n  Known are ${Object.keys(this.parameters).join(', ')}.`,
      );
    }
    return noGrad(() => {
      const w = ones(parameter.shape, { dtype: 'float64' });
      const params = { [name]: w };
      const none = { [name]: zerosLike(w) };
      const [updates] = this.#bare.update(none, this.#bare.init(params), params);
      return any(notEqual(updates[name]!, 0)).item() !== 0;
    });
  }

  /**
   * A table of the groups, their parameters and shapes.
   *
   * @example
   * ```ts
   * const w = parameter(tensor([[1, 2]]));
   * const b = parameter(tensor([0]));
   * const plain = [{ name: 'no decay', match: optim.biasesAndNorms, weightDecay: 0 }];
   * const optimizer = optim.grouped({ w, b }, optim.adamwTransform, { lr: 1e-3 }, plain);
   * optimizer.summary(); // => 'no decay: 1 tensor, 1 element\n  b [1]\ndefault: 1 tensor, 2 elements\n  w [1, 2]'
   * ```
   */
  summary(): string {
    return Object.entries(this.groups)
      .map(([name, keys]) => {
        const size = keys.reduce((total, key) => total + this.parameters[key]!.size, 0);
        const rows = keys.map((key) => `\n  ${key} ${showShape(this.parameters[key]!.shape)}`);
        return `${name}: ${plural(keys.length, 'tensor')}, ${plural(size, 'element')}${rows.join('')}`;
      })
      .join('\n');
  }
}

const plural = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

const valuesOf = (target: OptimizerTarget): Named =>
  Object.fromEntries(
    Object.entries(parametersOf(target)).map(([name, cell]) => [name, stopGradient(cell.read())]),
  );

/** Biases, gains of norms and single numbers: what has at most one axis. */
export const biasesAndNorms = (_name: string, w: Tensor): boolean => w.rank < 2;

/** What acts on all groups together cannot be one group's. */
function requireOwn(name: string, own: object): void {
  for (const [key, advice] of [
    ['lr', 'All follow one rate: give the group a factor of it, { lrScale: 0.1 }; 0 freezes it.'],
    ['gradients', 'They act on all gradients together: put them into the shared settings.'],
  ] as const) {
    if (!Object.hasOwn(own, key)) continue;
    throw new TypeError(`grouped: group "${name}" has its own ${key}.\n  ${advice}`);
  }
}

/**
 * An optimizer whose settings differ between groups of parameters, chosen by name and shape. Parameters
 * that no group matches have the shared settings. `gradients` of the shared settings, such as clipping by
 * the global norm, act on all gradients together, in front of the groups.
 *
 * @param target  a model, or parameters by name
 * @param make  an optimizer's transform, such as `adamwTransform`
 * @param shared  its settings and the learning rate
 * @param groups  what differs, for whom
 * @throws RangeError for numbers out of range; TypeError for unknown settings, a learning rate of a group's
 * own, a group without parameters, or two of one name
 * @example
 * ```ts
 * const model = nn.mlp([4, 8, 3], { seed: 0 });
 * const optimizer = optim.grouped(model, optim.adamwTransform, { lr: 1e-3, weightDecay: 0.1 }, [
 *   { name: 'no decay', match: optim.biasesAndNorms, weightDecay: 0 },
 *   { name: 'slow', match: (name) => name.startsWith('layers.0.'), lrScale: 0.1 },
 * ]);
 * Object.keys(optimizer.groups); // => ['no decay', 'slow', 'default']
 * ```
 */
export function grouped<Make extends (settings: never) => Transform>(
  target: OptimizerTarget,
  make: Make,
  shared: SharedSettings<SettingsOf<Make>>,
  groups: readonly GroupSettings<SettingsOf<Make>>[],
): GroupedOptimizer {
  if (typeof make !== 'function' || !Array.isArray(groups)) {
    throw new TypeError(
      `grouped: needs an optimizer's transform and an array of groups, got ${kindOf(make)} and ${kindOf(groups)}.`,
    );
  }
  const { gradients = [], ...settings }: CommonOptions & { readonly lr: LearningRate } = shared;
  const special = groups.map(({ name: given, match, lrScale = 1, ...own }, i) => {
    const name = given ?? `group${i}`;
    requireMatch('grouped', name, match);
    requireOwn(name, own);
    requireNumber('grouped', 'lrScale', lrScale, nonNegative);
    if (lrScale !== 1 && ('updates' in own || 'updates' in settings)) {
      throw new TypeError(
        `grouped: lrScale ${lrScale} cannot reach what \`updates\` do with the learning rate.\n  Use partition, with a rate of its own for the group.`,
      );
    }
    return { name, match, lrScale, own };
  });
  const all = [...special, { name: 'default', match: () => true, lrScale: 1, own: {} }];
  const steps = (lr: Scalar, around: CommonOptions = {}): Transform =>
    partition(
      all.map(({ name, match, lrScale, own }) => {
        // What `make` takes, of which TypeScript knows only in the signature.
        const step = make({ ...settings, ...own, ...around, lr } as never);
        return { name, match, transform: lrScale === 1 ? step : chain(step, scale(lrScale)) };
      }),
    );
  const transform = (lr: Scalar): Transform => chain(...gradients, steps(lr));
  const bare = steps(1, { updates: () => [] });
  const optimizer = new GroupedOptimizer(target, transform, shared.lr, all, bare);
  const empty = special.find(({ name }) => optimizer.groups[name]!.length === 0);
  if (empty === undefined) return optimizer;
  throw new TypeError(
    `grouped: group "${empty.name}" has no parameters: it matches none that the groups before it leave.\n` +
      `  There are ${Object.keys(optimizer.parameters).join(', ')}.`,
  );
}
