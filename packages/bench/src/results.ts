import { isDisturbed } from './disturbance.ts';
import type { Measurement } from './measure-one.ts';
import { nameOf, type Peer } from './peer.ts';
import { spreadOf } from './statistics.ts';

/** How many times as long a peer takes as another, round by round: above 1, the other is faster. */
export interface Ratio {
  readonly against: string;
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** One peer on one workload: medians over the rounds of each round's figures, in microseconds. */
export interface PeerResult {
  /** The registry's id, and the parts of it that a reader groups by. */
  readonly id: string;
  readonly peer: string;
  readonly variant: string;
  readonly workload: string;
  readonly medianUs: number | null;
  readonly p10Us: number | null;
  readonly p90Us: number | null;
  /** Timed samples, over all rounds. */
  readonly reps: number;
  /** Whether the loss fell in every round; null if the workload does not train. */
  readonly trains: boolean | null;
  /** Why there are no times. */
  readonly unsupported?: string;
  readonly version: string;
  /** The first call: with it whatever is traced or compiled. */
  readonly firstUs: number | null;
  /** Losses at steps 0, 1 and 10. */
  readonly losses: readonly number[];
  readonly roundsUs: readonly number[];
  /** All rounds were disturbed, so that none could be left out. */
  readonly disturbed: boolean;
  readonly ratios: readonly Ratio[];
}

/**
 * Gathers the measurements of one workload. Rounds in which a peer was disturbed to the last attempt
 * are left out of its figures, unless there are no others.
 */
export function summarize(
  workload: string,
  peers: readonly Peer[],
  rounds: readonly (readonly Measurement[])[],
): PeerResult[] {
  const timesOf = new Map(peers.map(({ id }) => [id, timedRounds(id, rounds)]));
  return peers.map((peer): PeerResult => {
    const { id, variant } = peer;
    const every = rounds.flat().filter((m) => m.peer === id);
    const used = timesOf.get(id)!;
    const runs = used.filter((m) => m !== null);
    const middle = (of: (m: Measurement) => number): number | null =>
      runs.length === 0 ? null : spreadOf(runs.map(of)).median;
    const failed = every.find((m) => m.failed !== undefined)?.failed;
    const ratios = peers.flatMap(({ id: against }) =>
      against === id ? [] : (ratioOf(against, used, timesOf.get(against)!) ?? []),
    );
    return {
      id,
      peer: nameOf(peer),
      variant,
      workload,
      medianUs: middle((m) => m.median),
      p10Us: middle((m) => m.p10),
      p90Us: middle((m) => m.p90),
      reps: runs.reduce((total, { samples }) => total + samples, 0),
      trains: trainsIn(every.filter((m) => m.failed === undefined)),
      ...(runs.length === 0 ? { unsupported: failed ?? 'not measured' } : {}),
      version: every[0]?.version ?? '',
      firstUs: middle((m) => m.firstUs),
      losses: runs[0]?.losses ?? [],
      roundsUs: runs.map((m) => m.median),
      disturbed: runs.some((m) => isDisturbed(m.disturbance)),
      ratios,
    };
  });
}

const trainsIn = (done: readonly Measurement[]): boolean | null =>
  done.length === 0 || done[0]!.trains === null ? null : done.every(({ trains }) => trains);

/** A peer's measurement of each round; null where there is none, or it is left out. */
function timedRounds(
  id: string,
  rounds: readonly (readonly Measurement[])[],
): readonly (Measurement | null)[] {
  const timed = rounds.map(
    (round) => round.find((m) => m.peer === id && m.failed === undefined) ?? null,
  );
  const quiet = timed.map((m) => (m !== null && !isDisturbed(m.disturbance) ? m : null));
  return quiet.some((m) => m !== null) ? quiet : timed;
}

function ratioOf(
  against: string,
  mine: readonly (Measurement | null)[],
  theirs: readonly (Measurement | null)[],
): Ratio | null {
  const each = mine.flatMap((m, round) => {
    const other = theirs[round] ?? null;
    return m === null || other === null ? [] : [m.median / other.median];
  });
  if (each.length === 0) return null;
  return {
    against,
    median: spreadOf(each).median,
    min: Math.min(...each),
    max: Math.max(...each),
  };
}
