import type { LoopSpec } from '../lower/rule.ts';
import type { ModuleWriter } from '../wasm/module.ts';
import { F64Variable } from './f64.ts';
import { type I32, I32Variable } from './i32.ts';
import { I64Variable } from './i64.ts';
import { Kernel } from './kernel.ts';
import { shared } from './shared.ts';
import { type Scalar, type ScalarOf, Value } from './value.ts';

/** The values of a list of types. */
export type ScalarsOf<P extends readonly Scalar[]> = {
  readonly [k in keyof P]: ScalarOf[P[k]];
};

/** A function of scalars in a module. */
export interface Callable<
  P extends readonly Scalar[] = readonly Scalar[],
  R extends Scalar | null = Scalar | null,
> {
  readonly index: number;
  readonly parameters: P;
  readonly result: R;
}

/** Writes a function. Its body gets the parameters, and returns the result if there is one. */
export function defineFunction<const P extends readonly Scalar[], R extends Scalar>(
  writer: ModuleWriter,
  parameters: P,
  result: R,
  body: (k: Kernel, ...parameters: ScalarsOf<P>) => ScalarOf[R],
): Callable<P, R>;
export function defineFunction<const P extends readonly Scalar[]>(
  writer: ModuleWriter,
  parameters: P,
  result: null,
  body: (k: Kernel, ...parameters: ScalarsOf<P>) => void,
): Callable<P, null>;
export function defineFunction<P extends readonly Scalar[]>(
  writer: ModuleWriter,
  parameters: P,
  result: Scalar | null,
  body: (k: Kernel, ...parameters: ScalarsOf<P>) => unknown,
): Callable<P> {
  return define(writer, parameters, result, body);
}

function define<P extends readonly Scalar[]>(
  writer: ModuleWriter,
  parameters: P,
  result: Scalar | null,
  body: (k: Kernel, ...parameters: ScalarsOf<P>) => unknown,
): Callable<P> {
  const results = result === null ? [] : [result];
  const index = writer.function(parameters, results, (code) => {
    const kernel = new Kernel(writer, code, result);
    const values = parameters.map((type, local) =>
      type === 'f64'
        ? new F64Variable(kernel, local)
        : type === 'i32'
          ? new I32Variable(kernel, local)
          : new I64Variable(kernel, local),
    );
    const returned = body(kernel, ...(values as readonly Value[] as ScalarsOf<P>));
    kernel.finish(returned instanceof Value ? returned : undefined);
  });
  return { index, parameters, result };
}

/** A function that a module has once, as soon as a kernel asks for it. */
export type Routine<P extends readonly Scalar[], R extends Scalar | null> = (
  k: Kernel,
) => Callable<P, R>;

/** A function that several kernels call: see `Routine`. */
export function routine<const P extends readonly Scalar[], R extends Scalar>(
  parameters: P,
  result: R,
  body: (k: Kernel, ...parameters: ScalarsOf<P>) => ScalarOf[R],
): Routine<P, R>;
export function routine<const P extends readonly Scalar[]>(
  parameters: P,
  result: null,
  body: (k: Kernel, ...parameters: ScalarsOf<P>) => void,
): Routine<P, null>;
export function routine<P extends readonly Scalar[]>(
  parameters: P,
  result: Scalar | null,
  body: (k: Kernel, ...parameters: ScalarsOf<P>) => unknown,
): Routine<P, Scalar | null> {
  const own: Routine<P, Scalar | null> = ({ writer }) =>
    shared(writer, own, () => define(writer, parameters, result, body));
  return own;
}

/** The addresses that the function of a `LoopRule` gets. */
export interface Addresses {
  readonly inputs: readonly I32[];
  readonly outputs: readonly I32[];
  /** 0 if there are no scratch bytes. */
  readonly scratch: I32;
}

/** What beside its operands the function of a `LoopRule` has. */
export interface LoopOptions {
  /** What the rule's `scratch` says. @defaultValue 0 */
  readonly scratch?: number;
  /** As the rule's: the body may return 1, and where it returns nothing the result is 0. */
  readonly fallible?: boolean;
}

/** Writes the function of a `LoopRule`; its index. */
export function defineLoop(
  writer: ModuleWriter,
  { inputs, outputs }: Pick<LoopSpec, 'inputs' | 'outputs'>,
  options: LoopOptions,
  body: (k: Kernel, addresses: Addresses) => void,
): number {
  const scratch = (options.scratch ?? 0) > 0;
  const count = inputs.length + outputs.length;
  const parameters = new Array<'i32'>(count + (scratch ? 1 : 0)).fill('i32');
  const result = options.fallible === true ? 'i32' : null;
  return writer.function(parameters, result === null ? [] : [result], (code) => {
    const k = new Kernel(writer, code, result);
    const values = parameters.map((_, local) => new I32Variable(k, local));
    body(k, {
      inputs: values.slice(0, inputs.length),
      outputs: values.slice(inputs.length, count),
      scratch: values[count] ?? k.int(0),
    });
    if (result !== null) k.finish(k.int(0));
  });
}
