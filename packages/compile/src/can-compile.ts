import { requireEngine } from './engine/index.ts';
import { moduleOf } from './runtime/module.ts';
import { ModuleWriter } from './wasm/module.ts';

// Asked once: a page hears of every module that its policy forbids.
let allowed: boolean | undefined;

/**
 * Whether `compile` works here: there is WebAssembly with SIMD, and the page's content security policy
 * allows modules to be made. For a choice between a compiled function and the plain one, which compute the
 * same; where nobody chooses, the `CompileError` that `compile` or the first call throws says what is missing.
 *
 * @example
 * ```ts
 * const scaled = (x: Tensor): Tensor => x.mul(2);
 * const fast = canCompile() ? compile(scaled) : scaled;
 * fast(tensor([1, 2])).toArray(); // => [2, 4]
 * ```
 */
export function canCompile(): boolean {
  allowed ??= isAllowed();
  return allowed;
}

function isAllowed(): boolean {
  try {
    requireEngine();
    return moduleOf(new ModuleWriter(0).encode()) instanceof WebAssembly.Module;
  } catch {
    return false;
  }
}
