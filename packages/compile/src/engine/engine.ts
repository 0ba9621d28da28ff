import { CompileError } from '../errors.ts';
import type { Profile } from '../kernels/gemm/index.ts';
import type { Host } from './host.ts';
import { type Plan, planOf, probeHere } from './plan.ts';
import type { Switch } from './switches.ts';
import type { Outcome, Trial } from './trial.ts';
import { hostHere, tryEager, tryProduct, tryWide } from './v8.ts';

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
