import { kindOf } from '@tikhonov/core/engine';
import type { ForwardContext } from '../context.ts';
import { Module } from '../module.ts';

/** A `forward` of any module. */
export type AnyForward = (...args: readonly unknown[]) => unknown;

/**
 * Puts something around the `forward` of one module, which need not know of it: gates on its inputs, noise
 * on its outputs, what it reads before it runs. What is put around last is the outermost.
 *
 * @param module  changed in place; its cells, names and class stay as they are
 * @param around  called in place of `forward`, with the `forward` so far and the arguments
 * @returns what takes it off again
 * @throws TypeError unless it is a module with `forward`
 * @example
 * ```ts
 * const model = nn.mlp([2, 3, 1], { seed: 0 });
 * const sizes: number[] = [];
 * const off = nn.wrapForward(model.layers[1]!, (forward, x) => {
 *   if (x instanceof Tensor) sizes.push(x.size);
 *   return forward(x);
 * });
 * model.forward(ones([5, 2]));
 * off();
 * model.forward(ones([5, 2]));
 * sizes; // => [15]
 * ```
 */
export function wrapForward(
  module: Module,
  around: (forward: AnyForward, ...args: readonly unknown[]) => unknown,
): () => void {
  const given = requireForward('wrapForward', module);
  const own = Object.getOwnPropertyDescriptor(module, 'forward');
  const before: AnyForward = (...args) => Reflect.apply(given, module, args);
  let active = true;
  const value: AnyForward = (...args) => (active ? around(before, ...args) : before(...args));
  Object.defineProperty(module, 'forward', { configurable: true, enumerable: false, value });
  return () => {
    active = false;
    // Below what was put around later it stays, and only passes on.
    if (Object.getOwnPropertyDescriptor(module, 'forward')?.value !== value) return;
    if (own === undefined) Reflect.deleteProperty(module, 'forward');
    else Object.defineProperty(module, 'forward', own);
  };
}

/** The `forward` of a module. */
function requireForward(caller: string, module: unknown): AnyForward {
  const given: unknown = module instanceof Module ? Reflect.get(module, 'forward') : null;
  if (typeof given === 'function') return given as AnyForward;
  const seen = module instanceof Module ? module.describe() : kindOf(module);
  throw new TypeError(`${caller}: needs a Module with forward, got ${seen}.`);
}

/** The context of the call of a model that is running, for parts that are not given one. */
export interface SharedContext {
  /** `{}` while the model is not running. */
  readonly current: () => ForwardContext;
  /** Stops listening. */
  readonly off: () => void;
}

/**
 * Lets parts of a model see the context that the model itself was called with. Containers hand contexts
 * only to parts that may need one; a linear layer does not, until it is gated or reparametrized.
 *
 * @example
 * ```ts
 * const model = nn.mlp([2, 3, 1], { seed: 0 });
 * const shared = nn.shareContext(model);
 * nn.wrapForward(model.layers[0]!, (forward, x) => {
 *   const y = forward(x) as Tensor;
 *   return shared.current().training === true ? y.mul(2) : y;
 * });
 * shared.current(); // => {}
 * ```
 */
export function shareContext(model: Module): SharedContext {
  requireForward('shareContext', model);
  let running: ForwardContext = {};
  const off = wrapForward(model, (forward, ...args) => {
    const before = running;
    running = contextAmong(args) ?? {};
    try {
      return forward(...args);
    } finally {
      running = before;
    }
  });
  return { current: () => running, off };
}

/**
 * The context among the arguments of a `forward`: the last one, if it is an object.
 *
 * @example
 * ```ts
 * nn.contextAmong([ones([2]), { training: true }]); // => { training: true }
 * ```
 */
export function contextAmong(args: readonly unknown[]): ForwardContext | undefined {
  if (!Array.isArray(args)) {
    throw new TypeError(`contextAmong: needs the arguments as an array, got ${kindOf(args)}.`);
  }
  const last: unknown = args.at(-1);
  return args.length > 1 && kindOf(last) === 'object' ? (last as ForwardContext) : undefined;
}
