import type { Adapter, Job } from '../peer.ts';
import {
  chainOperands,
  chainResult,
  elementwiseInput,
  elementwiseResult,
  type MatmulForm,
  matmulCorners,
  matmulForms,
  matmulOperands,
  matmulSizes,
} from './arrays.ts';
import {
  type TrainingProblem,
  type TrainingSpec,
  trainingProblem,
  trainingSpecs,
} from './training.ts';

/** Something to time, the same for every peer. */
export interface Workload {
  readonly id: string;
  readonly title: string;
  /** Whether each step returns a loss that peers must agree on. */
  readonly trains: boolean;
  /** Whether the losses depend on each peer's own random numbers, so that they cannot agree. */
  readonly random: boolean;
  /** Whether a peer has no method for it. */
  readonly lacking: (peer: Adapter) => boolean;
  /** The job on a peer; null if it has no method for it. */
  readonly start: (peer: Adapter) => Job | null;
  /** What `job.result()` must be, and the allowed error relative to its magnitude. */
  readonly expected:
    | (() => { readonly values: readonly number[]; readonly tolerance: number })
    | null;
}

const products: Readonly<Record<MatmulForm, string>> = {
  nn: 'product of two',
  tn: 'product A^T B of two',
  nt: 'product A B^T of two',
};

const matmulWorkloads: Workload[] = Object.entries(matmulForms).flatMap(([id, form]) =>
  matmulSizes.map((n) => ({
    id: `${id}/${n}`,
    title: `${products[form]} ${n} x ${n} matrices`,
    trains: false,
    random: false,
    lacking: (peer) => peer.matmul === undefined,
    start: (peer) => peer.matmul?.(n, ...matmulOperands(n), form) ?? null,
    // A sum of n products of numbers below 1, in float32 at worst.
    expected: () => ({ values: matmulCorners(n, form), tolerance: 1e-6 * n }),
  })),
);

function training(id: string, spec: TrainingSpec): Workload {
  // Made once: a process that runs several peers waits long enough for their first steps.
  let problem: TrainingProblem | null = null;
  return {
    id,
    title: spec.title,
    trains: true,
    random: spec.dropout !== undefined,
    lacking: (peer) => peer.train === undefined,
    start(peer) {
      problem ??= trainingProblem(spec);
      return peer.train?.(problem) ?? null;
    },
    expected: null,
  };
}

const arrayWorkloads: Workload[] = [
  {
    id: 'W7',
    title: 'sum(tanh(1.5 x + 0.5) x - exp(-x x)) of 1e6 numbers, and its gradient',
    trains: false,
    random: false,
    lacking: (peer) => peer.elementwise === undefined,
    start: (peer) => peer.elementwise?.(elementwiseInput()) ?? null,
    // The sum of a million float32 numbers; some peers add them up in float32.
    expected: () => ({ values: elementwiseResult(), tolerance: 2e-3 }),
  },
  {
    id: 'W8',
    title: '20 chained adds of 16 numbers, their sum, and both gradients',
    trains: false,
    random: false,
    lacking: (peer) => peer.chain === undefined,
    start: (peer) => peer.chain?.(...chainOperands()) ?? null,
    expected: () => ({ values: chainResult(), tolerance: 1e-5 }),
  },
];

/** Every workload, by number. */
export const workloads: readonly Workload[] = [
  ...matmulWorkloads,
  ...Object.entries(trainingSpecs).map(([id, spec]) => training(id, spec)),
  ...arrayWorkloads,
].sort((a, b) => Number.parseInt(a.id.slice(1), 10) - Number.parseInt(b.id.slice(1), 10));
