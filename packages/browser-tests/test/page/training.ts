import {
  compileWith,
  modelOf,
  optimizerOf,
  trainingProblem,
  trainingSpecs,
  type Wrap,
} from '@tikhonov/bench/portable';
import { nn, type Tensor, tensor } from 'tikhonov';

// The same module runs in the page, in its worker and in Node: same data, same weights, same step.

/** How the step runs. */
export type Mode = 'eager' | 'compiled' | 'deterministic';

/** Bits of float32 numbers, so that JSON keeps -0 and every NaN. */
export type Bits = readonly number[];

/** What 100 steps of the benchmark W3 leave behind. */
export interface Trained {
  /** The loss before each step. */
  readonly losses: Bits;
  /** Final values by parameter name. */
  readonly weights: Readonly<Record<string, Bits>>;
}

/** Steps of every run. */
export const steps: number = 100;

const bitsOf = (values: ArrayLike<number>): Bits =>
  Array.from(new Uint32Array(Float32Array.from(values).buffer));

const wraps: Readonly<Record<Mode, Wrap>> = {
  eager: (f) => f,
  compiled: compileWith({ name: 'W3' }),
  deterministic: compileWith({ name: 'W3', deterministic: true }),
};

/** Trains. */
export function train(mode: Mode): Trained {
  const problem = trainingProblem(trainingSpecs.W3!);
  const { batch } = problem.spec;
  const model = modelOf(problem);
  const optimizer = optimizerOf(problem.spec, model);
  const batches = problem.batches.map(({ x, labels }) => ({
    x: tensor(x, { shape: [batch, problem.features] }),
    y: tensor(labels),
  }));
  const step = wraps[mode]((x: Tensor, y: Tensor) =>
    optimizer.minimize(() => nn.crossEntropy(model.forward(x, { training: true }), y)),
  );
  const losses = Array.from({ length: steps }, (_, i) => {
    const { x, y } = batches[i % batches.length]!;
    return step(x, y).item();
  });
  const weights = Object.entries(model.stateDict()).map(
    ([name, value]) => [name, bitsOf(value.data() as Float32Array)] as const,
  );
  return { losses: bitsOf(losses), weights: Object.fromEntries(weights) };
}
