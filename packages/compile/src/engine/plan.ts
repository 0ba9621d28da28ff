import { type Probe, type Profile, probeEngine, profileFor } from '../kernels/gemm/index.ts';
import type { Host } from './host.ts';
import type { Switch } from './switches.ts';

/** What a trial is made of. */
export interface Plan {
  readonly profile: Profile;
  readonly switches: readonly Switch[];
}

/** The kernels for what an engine has, with switches on. */
export function planOf(probe: Probe, deterministic: boolean, switches: readonly Switch[]): Plan {
  // The same order of sums everywhere: kernels must not depend on the engine either.
  const seen = deterministic ? { ...probe, v8: undefined } : probe;
  return { profile: profileFor(seen, deterministic), switches };
}

/** What the engine has as it is. */
export const probeHere = (host: Host): Probe => probeEngine({ v8: host.v8 });
