import type { Tensor } from '@tikhonov/core';
import { kindOf, requireOptions } from '@tikhonov/core/engine';
import * as random from '@tikhonov/core/random';

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
 * stochastic parts hand each of them its own context; of one and the same context two dropout layers
 * make the same mask. Where names are of no interest, `contexts` counts.
 *
 * @param name  the part's property name or path, unique among its siblings
 * @throws TypeError unless the context is an object (or undefined)
 * @example
 * ```ts
 * class Net extends nn.Module {
 *   drop1 = new nn.Dropout();
 *   drop2 = new nn.Dropout();
 *   forward(x: Tensor, context: nn.ForwardContext = {}): Tensor {
 *     const y = this.drop1.forward(x, nn.childContext(context, 'drop1'));
 *     return this.drop2.forward(y, nn.childContext(context, 'drop2'));
 *   }
 * }
 * new Net().forward(ones([3])).toArray(); // => [1, 1, 1]
 * ```
 */
export function childContext<Context extends ForwardContext>(
  context: Context | undefined,
  name: string,
): Context {
  // One cast: without entries it is what every context type may be.
  const given = context === undefined ? ({} as Context) : context;
  requireObject('childContext', given);
  return given.rng === undefined ? given : { ...given, rng: random.foldIn(given.rng, name) };
}

/**
 * A function that returns a fresh context at every call: the same but for the key, which is the context's
 * with the number of the call folded in. With one context for each stochastic call, no two draw the same,
 * also where one layer is called twice.
 *
 * @throws TypeError unless the context is an object (or undefined)
 * @example
 * ```ts
 * class Net extends nn.Module {
 *   dropout = new nn.Dropout();
 *   forward(x: Tensor, context?: nn.ForwardContext): Tensor {
 *     const next = nn.contexts(context);
 *     return this.dropout.forward(relu(this.dropout.forward(x, next())), next());
 *   }
 * }
 * new Net().forward(ones([3])).toArray(); // => [1, 1, 1]
 * ```
 */
export function contexts<Context extends ForwardContext>(
  context: Context | undefined,
): () => Context {
  const first = childContext(context, 'contexts');
  let count = 0;
  return () => childContext(first, String(count++));
}

/** What the layers of this package read in contexts. */
const known = {
  training: 'boolean',
  rng: true,
  updateState: 'boolean',
  h: true,
  c: true,
  lengths: true,
  attnMask: true,
  isCausal: 'boolean',
  keyPaddingMask: true,
} as const;

/**
 * Refuses what cannot be a layer's context: other kinds of values, entries that no layer reads, flags
 * that are not boolean. Entries that only other layers read may stay, so that one context serves all
 * layers of a container.
 */
export function requireContext(
  layer: { describe(): string },
  context: ForwardContext,
  hint?: string,
): void {
  const name = `${layer.describe()}.forward`;
  requireObject(name, context, hint);
  requireOptions<ForwardContext>(name, context, known);
}

function requireObject(
  name: string,
  context: ForwardContext,
  hint = 'For example { training: true, rng }.',
): void {
  const kind = kindOf(context);
  if (kind === 'object') return;
  throw new TypeError(`${name}: the context must be an object, got ${kind}.\n  ${hint}`);
}
