import { type FunctionName, functions } from '../math/index.ts';
import type { ModuleWriter } from '../wasm/module.ts';

const made = /* @__PURE__ */ new WeakMap<ModuleWriter, Map<unknown, unknown>>();

/**
 * What `build` makes for a key, once per module: functions that several kernels call. It may be asked
 * for while another function is being written.
 */
export function shared<T>(writer: ModuleWriter, key: unknown, build: () => T): T {
  let known = made.get(writer);
  if (known === undefined) {
    known = new Map();
    made.set(writer, known);
  }
  if (!known.has(key)) known.set(key, build());
  return known.get(key) as T;
}

/** A function of `math` on one float64, or two; its index. */
export const mathFunction = (writer: ModuleWriter, name: FunctionName, arity: number): number =>
  shared(writer, `math ${name}`, () =>
    writer.function(new Array<'f64'>(arity).fill('f64'), ['f64'], (code) => {
      for (let k = 0; k < arity; k++) code.get(k).op('f64x2.splat');
      functions[name].emit(code, 'f64x2');
      code.lane('f64x2.extract_lane', 0);
    }),
  );
