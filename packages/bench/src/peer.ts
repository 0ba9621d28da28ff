import type { Budget, Timing } from './measure.ts';
import type { Requirement } from './requirements.ts';
import type { MatmulForm } from './workloads/arrays.ts';
import type { TrainingProblem } from './workloads/training.ts';

/** A prepared workload on one peer: data resident, weights set. */
export interface Job {
  /**
   * Runs it once, to the end: everything that is asked for has been computed when it returns. A
   * training step returns the loss before the update; other workloads any number of the result.
   */
  step(index: number): number | Promise<number>;
  /** Some numbers of the result, for the check (see the workload). Not timed. */
  result?(): readonly number[] | Promise<readonly number[]>;
  /** Times itself as `measure` would, for a peer in another process. */
  measure?(budget: Budget): Promise<Timing>;
}

/** A library, as the benchmarks see it. What it cannot do it leaves out. */
export interface Adapter {
  /** Library and version. */
  readonly version: string;
  /** Workloads that are left out although the method is there, by id, and why. */
  readonly lacks?: Readonly<Record<string, string>>;
  /**
   * W1: the product of matrices that are where the library computes, into memory of its own that is
   * used again if it can do that; result: see `cornersOf`.
   */
  matmul?(n: number, a: Float32Array, b: Float32Array, form: MatmulForm): Job;
  /** The workloads that train. */
  train?(problem: TrainingProblem): Job;
  /** W7; result: the value and the first element of the gradient. */
  elementwise?(x: Float32Array): Job;
  /** W8; result: the value and the first elements of both gradients. */
  chain?(x: Float32Array, b: Float32Array): Job;
  /** Ends what would keep the process alive. */
  close?(): void | Promise<void>;
}

/** An entry of the registry. */
export interface Peer {
  /** What `--peers` takes: the name, with `/variant` after it if the library has several. */
  readonly id: string;
  /** How the library is used, in a few words. */
  readonly variant: string;
  /** Of this project: the others are compared with it. */
  readonly ours?: boolean;
  /** What must be on the machine. */
  readonly requires?: Requirement;
  /** Flags of the child process that it runs in. */
  readonly nodeFlags?: readonly string[];
  /** Loads the library; only in the process that measures it. */
  load(): Promise<Adapter>;
}

/** The library's name, the same for all of its variants. */
export const nameOf = ({ id }: Peer): string => id.split('/')[0]!;
