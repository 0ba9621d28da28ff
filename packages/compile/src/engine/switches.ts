import type { Host } from './host.ts';

/**
 * What can be switched on while a module is built. `optimized`: all code is optimised at once, instead
 * of function by function as it is used. `wide`: pairs of vectors become 256-bit ones. `relaxed`:
 * fused multiply-add where it is not on anyway.
 */
export type Switch = 'optimized' | 'wide' | 'relaxed';

/** The flags of each, as they are on; `no` before them or away from them is off. */
const flagsOf: Readonly<Record<Switch, readonly string[]>> = {
  optimized: ['--no-liftoff', '--no-wasm-lazy-compilation'],
  wide: ['--experimental-wasm-revectorize'],
  relaxed: ['--experimental-wasm-relaxed-simd'],
};

const opposite = (flag: string): string =>
  flag.startsWith('--no-') ? `--${flag.slice(5)}` : `--no-${flag.slice(2)}`;

/**
 * Runs `body` with switches on, and off again whatever happens. Flags are the whole process's: modules
 * that other threads build meanwhile see them too, which is why this is so short. A flag that the
 * process was started with stays.
 */
export function withSwitches<T>(host: Host, switches: readonly Switch[], body: () => T): T {
  const { flags, started } = host;
  if (flags === null) return body();
  const wanted = switches.flatMap((name) => flagsOf[name]).filter((f) => !started.includes(f));
  try {
    for (const flag of wanted) flags.setFlagsFromString(flag);
    return body();
  } finally {
    for (const flag of wanted) flags.setFlagsFromString(opposite(flag));
  }
}
