import { CompileError } from '../errors.ts';
import { type Probe, type Profile, probeEngine, profileFor } from '../kernels/gemm/index.ts';
import { type Host, hostHere, majorOf } from './host.ts';
import { type Switch, withSwitches } from './switches.ts';
import { type Outcome, type Trial, tryProduct } from './trial.ts';

/** What a caller wants of the engine. */
export interface Request {
  readonly deterministic: boolean;
  readonly wide: boolean;
  readonly eagerTier: boolean;
}

/** What a program got of it. */
export interface EngineReport {
  /** Products use fused multiply-adds. */
  readonly relaxed: boolean;
  /** Pairs of vectors are 256-bit ones. */
  readonly wide: boolean;
  /** All code was optimised when the program was built. */
  readonly eagerTier: boolean;
  /** Why something that was asked for is not so. */
  readonly reason?: string;
}

/** How programs are written and built. */
export interface Engine {
  readonly profile: Profile;
  readonly switches: readonly Switch[];
  readonly report: EngineReport;
}

/** Times of a packed product over those of a plain one: half is what packing promises. */
const wideBelow = 0.75;

/** The same of fused multiply-adds, which save an instruction in two. */
const relaxedBelow = 0.97;

/** The same of optimised code over the code that V8 makes first: a third, mostly. */
const optimizedBelow = 0.7;

/**
 * Chooses how to build programs on a host. What was asked for and does not work, or does not pay, is
 * left out, with a reason; nothing throws. Trials are made once each.
 */
export function chooser(host: Host, trial: Trial = tryProduct): (request: Request) => Engine {
  const known = new Map<string, Engine>();
  const outcomes = new Map<string, Outcome>();
  const once: Trial = (where, profile, switches) => {
    const key = JSON.stringify([profile, switches]);
    const outcome = outcomes.get(key) ?? trial(where, profile, switches);
    outcomes.set(key, outcome);
    return outcome;
  };
  return (request) => {
    const { deterministic, wide, eagerTier } = request;
    const key = JSON.stringify([deterministic, wide, eagerTier]);
    const engine = known.get(key) ?? choose(host, once, request);
    known.set(key, engine);
    return engine;
  };
}

function choose(host: Host, trial: Trial, { deterministic, wide, eagerTier }: Request): Engine {
  const probe = probeHere(host);
  const plain = planOf(probe, deterministic, []);
  const reasons: string[] = [];
  const attempt = (option: string, candidate: () => Plan): Plan | null => {
    try {
      return candidate();
    } catch (error) {
      reasons.push(`${option}: ${error instanceof Error ? error.message : String(error)}`);
      return null;
    }
  };
  const widest = wide ? attempt('wide', () => tryWide(host, trial, probe, deterministic)) : null;
  // What is widened is optimised at once, too.
  const eager =
    eagerTier && widest === null ? attempt('eagerTier', () => tryEager(host, trial, plain)) : null;
  const { profile, switches } = widest ?? eager ?? plain;
  if (wide && widest !== null && !switches.includes('wide')) {
    reasons.push(`wide: V8 ${host.v8} has no 256-bit vectors; fused multiply-adds instead`);
  }
  return {
    profile,
    switches,
    report: {
      relaxed: profile.relaxed,
      wide: switches.includes('wide'),
      eagerTier: switches.includes('optimized'),
      ...(reasons.length === 0 ? {} : { reason: reasons.join('; ') }),
    },
  };
}

/** What a trial is made of. */
type Plan = Pick<Engine, 'profile' | 'switches'>;

function planOf(probe: Probe, deterministic: boolean, switches: readonly Switch[]): Plan {
  // The same order of sums everywhere: kernels must not depend on the engine either.
  const seen = deterministic ? { ...probe, v8: undefined } : probe;
  return { profile: profileFor(seen, deterministic), switches };
}

/** 256-bit vectors, or where V8 has none yet fused multiply-adds; throws why there are neither. */
function tryWide(host: Host, trial: Trial, probe: Probe, deterministic: boolean): Plan {
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
function tryEager(host: Host, trial: Trial, plain: Plan): Plan {
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

const probeHere = (host: Host): Probe => probeEngine({ v8: host.v8 });

let here: { readonly simd: boolean; readonly choose: (request: Request) => Engine } | null = null;

function known(): NonNullable<typeof here> {
  if (here === null) {
    const host = hostHere();
    here = { simd: probeHere(host).simd, choose: chooser(host) };
  }
  return here;
}

/**
 * Throws unless programs can be built here.
 *
 * @throws CompileError without WebAssembly or its vectors
 */
export function requireEngine(): void {
  const what = typeof WebAssembly === 'undefined' ? 'WebAssembly' : 'WebAssembly SIMD';
  if (typeof WebAssembly !== 'undefined' && known().simd) return;
  throw new CompileError(
    `compile: this engine has no ${what}.\n  Call the function without compile: it computes the same.`,
  );
}

/** How to build programs in this process. Trials are made at the first use of what needs one. */
export const engineFor = (request: Request): Engine => known().choose(request);
