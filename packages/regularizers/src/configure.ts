import { random, type Tensor } from '@tikhonov/core';
import { crossEntropy } from '@tikhonov/nn';
import { adamw, type SteppingOptimizer, weightsOnly } from '@tikhonov/optim';
import type { Callback, FitOptions, Loss } from '@tikhonov/train';
import type { Network, PlanScope, TrainingPlan, TrainingTask } from './method.ts';
import { type NetworkSpec, networkFor } from './networks.ts';

/** What `configure` makes a training of. */
export interface ConfigureOptions {
  readonly task: TrainingTask;
  /** Units of the hidden layers of an MLP; of another kind of network see `network`. */
  readonly hidden?: readonly number[];
  /** The network. @defaultValue an MLP with the layers `hidden` */
  readonly network?: NetworkSpec;
  /** Of Adam. */
  readonly lr: number;
  /** Of the network's first weights. */
  readonly seed: number;
  /** Of what the methods draw. */
  readonly key: Tensor;
}

/** A network and the options of `fit` that train it as the plan says. */
export interface ConfiguredTraining {
  readonly model: Network;
  readonly options: Required<Pick<FitOptions, 'loss' | 'penalties' | 'transforms'>> & {
    readonly optimizer: SteppingOptimizer;
    readonly callbacks: readonly Callback[];
  };
}

/**
 * The network that a plan describes: of the kind asked for, with the plan's settings and parts, and with
 * `models` around it. Initial weights of what the plan leaves alone depend on the seed only.
 */
export function networkOf(
  plan: TrainingPlan,
  { task, hidden, network, seed, key }: Omit<ConfigureOptions, 'lr'>,
): Network {
  const spec: NetworkSpec = network ?? { kind: 'mlp', hidden: hidden ?? [] };
  return plan.models.reduce<Network>(
    (model, make, i) => make(model, { task, key: keyOf(key, 'models', i) }),
    networkFor(spec, { plan, task, seed, key: random.foldIn(key, 'parts') }),
  );
}

/**
 * Makes the training that a plan describes. The parts act in this order, whatever methods they come from:
 *
 * 1. `transforms` change the rows, one after the other;
 * 2. the network gives the output: its own parts changed by `parts`, one after the other, then `models`
 *    around it;
 * 3. the cross-entropy with the options `loss` is what `losses` wrap, the first innermost;
 * 4. `penalties` are added, untouched by what wraps the data loss;
 * 5. the gradient passes `gradients`, then Adam, then the decoupled decay, then `updates`;
 * 6. `optimizers` are around all that, the first innermost;
 * 7. `callbacks` act between epochs.
 *
 * Methods of different kinds can therefore be combined by applying one recipe to the plan of another; of
 * one kind they stack in the order of application. Every part gets a key of its own, which does not
 * depend on parts of other kinds.
 *
 * @example
 * ```ts
 * const both = ['l2', 'label-smoothing'].reduce(
 *   (plan, id) => reg.findMethod(id).recipe(plan, {}),
 *   reg.plainPlan,
 * );
 * const { model, options } = reg.configure(both, {
 *   task: { classes: 3, features: 4, imageShape: null, rows: 100 },
 *   hidden: [8],
 *   lr: 1e-3,
 *   seed: 0,
 *   key: random.key(0),
 * });
 * model.forward(ones([2, 4])).shape; // => [2, 3]
 * options.penalties.length; // => 1
 * ```
 */
export function configure(plan: TrainingPlan, options: ConfigureOptions): ConfiguredTraining {
  const { task, lr, key } = options;
  const model = networkOf(plan, options);
  const scope = (kind: string, i: number): PlanScope => ({ task, key: keyOf(key, kind, i) });
  const optimizer = plan.optimizers.reduce<SteppingOptimizer>(
    (inner, wrap, i) => wrap(inner, { ...scope('optimizers', i), model }),
    adamw(model, {
      lr,
      gradients: plan.gradients.map((make, i) => make(scope('gradients', i))),
      weightDecay: plan.weightDecay,
      decay: weightsOnly,
      updates: (rate) => plan.updates.map((make) => make(rate)),
    }),
  );
  const plain: Loss = (logits, labels, weights) =>
    crossEntropy(logits, labels, weights === undefined ? plan.loss : { ...plan.loss, ...weights });
  return {
    model,
    options: {
      optimizer,
      loss: plan.losses.reduce((loss, wrap, i) => wrap(loss, scope('losses', i)), plain),
      penalties: plan.penalties.map((make, i) => make(model, scope('penalties', i))),
      transforms: plan.transforms.map((make, i) => make(scope('transforms', i))),
      callbacks: plan.callbacks.map((make, i) =>
        make({ ...scope('callbacks', i), model, optimizer }),
      ),
    },
  };
}

const keyOf = (key: Tensor, kind: string, i: number): Tensor =>
  random.foldIn(random.foldIn(key, kind), i);
