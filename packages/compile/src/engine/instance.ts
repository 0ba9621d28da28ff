import { type Host, hostHere } from './host.ts';
import { buildModule } from './module.ts';
import type { Switch } from './switches.ts';

/** What a program's module imports as `env`. */
export interface Environment extends Record<string, WebAssembly.ImportValue> {
  readonly memory: WebAssembly.Memory;
}

/** The functions of a program. */
export interface Instance {
  readonly functions: Readonly<Record<string, () => number>>;
  /** Why it does without 256-bit vectors although it was built for them. */
  problem(): string | null;
}

/** Bytes of memory above which the two copies that a check needs are too much. */
const checkable = 512 * 1024 * 1024;

/**
 * A program, of its bytes. Built for 256-bit vectors, each function is run a second time at its first
 * call, built without, from the same memory: V8 does not widen everything correctly, and what is the
 * same code must leave the same bits. If it does not, the program stays with what was built without.
 */
export function instantiate(
  bytes: Uint8Array<ArrayBuffer>,
  env: Environment,
  switches: readonly Switch[],
  host: Host = hostHere(),
  build: typeof buildModule = buildModule,
): Instance {
  const made = (own: readonly Switch[]): Instance['functions'] =>
    new WebAssembly.Instance(build(bytes, own, host), { env }).exports as Instance['functions'];
  if (!switches.includes('wide')) return { functions: made(switches), problem: () => null };
  const { memory } = env;
  let problem: string | null =
    memory.buffer.byteLength > checkable
      ? 'wide: the program has too much memory to be checked'
      : null;
  const narrow = made([]);
  const functions: Record<string, () => number> = {};
  const wide = problem === null ? made(switches) : narrow;
  for (const [name, run] of Object.entries(wide)) {
    let checked = false;
    functions[name] = () => {
      if (problem !== null) return narrow[name]!();
      if (checked) return run();
      checked = true;
      const { agreed, result } = runBoth(memory, run, narrow[name]!);
      if (!agreed) problem = 'wide: the program computed something else with 256-bit vectors';
      return result;
    };
  }
  return { functions, problem: () => problem };
}

/** Runs the same twice from the same memory; what `plain` leaves is what stays. */
function runBoth(
  memory: WebAssembly.Memory,
  tried: () => number,
  plain: () => number,
): { readonly agreed: boolean; readonly result: number } {
  const words = (): Uint32Array => new Uint32Array(memory.buffer);
  const before = words().slice();
  const outcome = (run: () => number): number | null => {
    try {
      return run();
    } catch {
      return null;
    }
  };
  const got = outcome(tried);
  const left = words().slice();
  words().set(before);
  // Whatever it throws is the program's own.
  const want = plain();
  return { agreed: got === want && isSame(left, words()), result: want };
}

const isNaN32 = (word: number): boolean => (word & 0x7fffffff) > 0x7f800000;
const isNaN64 = (low: number, high: number): boolean =>
  (high & 0x7fffffff) > 0x7ff00000 || ((high & 0x7fffffff) === 0x7ff00000 && low !== 0);

/** Whether memory is the same up to the bits of NaN, of either size. */
function isSame(a: Uint32Array, b: Uint32Array): boolean {
  for (let i = 0; i < a.length; i++) {
    if (a[i] === b[i] || (isNaN32(a[i]!) && isNaN32(b[i]!))) continue;
    const at = i & ~1;
    if (!(isNaN64(a[at]!, a[at + 1]!) && isNaN64(b[at]!, b[at + 1]!))) return false;
  }
  return true;
}
