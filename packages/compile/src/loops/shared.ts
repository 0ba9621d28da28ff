import { unary } from '../math/emission.ts';
import type { Lanes } from '../math/lanes.ts';
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

/** A function of `math` on one float64; its index. */
export const mathFunction = (writer: ModuleWriter, f: (x: Lanes) => Lanes): number =>
  shared(writer, f, () =>
    writer.function(['f64'], ['f64'], (code) => {
      code.get(0).op('f64x2.splat');
      unary(f)(code, 'f64x2');
      code.lane('f64x2.extract_lane', 0);
    }),
  );
