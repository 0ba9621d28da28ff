import { Tensor } from '@tikhonov/core';
import { kindOf } from '@tikhonov/core/engine';
import { Module } from './module.ts';

/** What a module took and gave in one call. */
export interface Activation {
  readonly input: Tensor;
  readonly output: Tensor;
}

/** By the module's name; of one that was called several times, the last call. */
export type Activations = Readonly<Record<string, Activation>>;

/**
 * Calls `body` and keeps what the modules of a model took and gave meanwhile: the activations of a forward
 * pass, with their gradients. Modules whose `forward` takes or returns something else than a tensor are
 * left out, and so are activation functions that are no modules. Works in compiled functions.
 *
 * @param model  whose modules to listen to; itself under the name `''`
 * @param body  calls `model.forward`
 * @returns what `body` returned, and the activations by name of the module
 * @throws TypeError if the model is no Module; whatever `body` throws
 * @example
 * ```ts
 * const model = nn.mlp([3, 4, 2], { seed: 0 });
 * const { result, activations } = nn.activationsOf(model, () => model.forward(ones([5, 3])));
 * Object.keys(activations); // => ['layers.0', 'layers.1', '']
 * activations['layers.0']!.output.shape; // => [5, 4]
 * result === activations['']!.output; // => true
 * ```
 */
export function activationsOf<Result>(
  model: Module,
  body: () => Result,
): { readonly result: Result; readonly activations: Activations } {
  if (!(model instanceof Module)) {
    throw new TypeError(
      `activationsOf: needs a Module, got ${kindOf(model)}.\n  Call it with the model and a function that calls its forward.`,
    );
  }
  const activations: Record<string, Activation> = {};
  const listened: Listening[] = [];
  try {
    for (const [name, module] of Object.entries(model.namedModules())) {
      listened.push(new Listening(module, name, activations));
    }
    return { result: body(), activations };
  } finally {
    for (const listening of listened) listening.end();
  }
}

type Forward = (...args: unknown[]) => unknown;

/** A module whose `forward` is listened to: by a property of its own, which hides that of its class. */
class Listening {
  readonly #module: Module;
  readonly #own: PropertyDescriptor | undefined;
  readonly #active: boolean;

  constructor(module: Module, name: string, found: Record<string, Activation>) {
    this.#module = module;
    this.#own = Object.getOwnPropertyDescriptor(module, 'forward');
    const forward: unknown = Reflect.get(module, 'forward');
    this.#active = typeof forward === 'function';
    if (!this.#active) return;
    Object.defineProperty(module, 'forward', {
      configurable: true,
      enumerable: false,
      value: (...args: unknown[]) => {
        const output = (forward as Forward).apply(module, args);
        const [input] = args;
        if (input instanceof Tensor && output instanceof Tensor) found[name] = { input, output };
        return output;
      },
    });
  }

  end(): void {
    if (!this.#active) return;
    if (this.#own === undefined) Reflect.deleteProperty(this.#module, 'forward');
    else Object.defineProperty(this.#module, 'forward', this.#own);
  }
}
