import type { Probe } from '../kernels/gemm/index.ts';
import { type Host, majorOf } from './host.ts';
import { type Plan, planOf, probeHere } from './plan.ts';
import { withSwitches } from './switches.ts';
import type { Trial } from './trial.ts';

/** Times of a packed product over those of a plain one: half is what packing promises. */
const wideBelow = 0.75;

/** The same of fused multiply-adds, which save an instruction in two. */
const relaxedBelow = 0.95;

/** The same of optimised code over the code that V8 makes first: a third, mostly. */
const optimizedBelow = 0.7;

/** 256-bit vectors, or where V8 has none yet fused multiply-adds; throws why there are neither. */
export function tryWide(host: Host, trial: Trial, probe: Probe, deterministic: boolean): Plan {
  requireFlags(host);
  const major = majorOf(host);
  if (major === undefined) throw new Error('the version of V8 is not known');
  const narrow = planOf(probe, false, ['optimized']);
  if (major < 13) {
    const reached = withSwitches(host, ['relaxed'], () => probeHere(host));
    if (deterministic || probe.relaxed || !reached.relaxed) {
      throw new Error(`V8 ${host.v8} has no 256-bit vectors (V8 13 has, in Node 24)`);
    }
    const fused = planOf(reached, false, ['optimized', 'relaxed']);
    requireFaster(host, trial, narrow, fused, relaxedBelow);
    return fused;
  }
  if (host.arch !== 'x64') throw new Error(`V8 widens vectors on x64 only, not on ${host.arch}`);
  const packed = planOf({ ...probe, wide: true }, false, ['optimized', 'wide']);
  requireFaster(host, trial, narrow, packed, wideBelow);
  return deterministic ? planOf(probe, true, packed.switches) : packed;
}

/** Code that is optimised at once; throws why there is none. */
export function tryEager(host: Host, trial: Trial, plain: Plan): Plan {
  requireFlags(host);
  if (majorOf(host) === undefined) throw new Error('the version of V8 is not known');
  const eager: Plan = { ...plain, switches: ['optimized'] };
  const [before, after] = [plain, eager].map((each) => trial(host, each.profile, each.switches));
  if (!after!.right) throw new Error('the optimised code computed something else');
  const ratio = after!.first / before!.first;
  if (!(ratio <= optimizedBelow)) {
    throw new Error(`the first calls took ${ratio.toFixed(2)} of their time without it`);
  }
  return eager;
}

function requireFlags({ flags }: Host): void {
  if (flags === null) throw new Error('only Node lets flags of V8 be set');
}

function requireFaster(host: Host, trial: Trial, from: Plan, to: Plan, below: number): void {
  const before = trial(host, from.profile, from.switches);
  const after = trial(host, to.profile, to.switches);
  if (!after.right) throw new Error('a trial computed something else');
  const ratio = after.best / before.best;
  if (!(ratio <= below)) throw new Error(`a trial took ${ratio.toFixed(2)} of the plain time`);
}
