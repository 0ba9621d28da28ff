import * as tk from 'tikhonov';
import { adamSettings, type TrainingProblem, type TrainingSpec } from '../workloads/training.ts';

/** A network of one input and one output. */
export type Network = tk.nn.Module & tk.nn.Layer;

/** The network of a training workload, with its initial weights. */
export function modelOf(problem: TrainingProblem): Network {
  const { spec } = problem;
  const model: Network =
    spec.network === 'convolution'
      ? imageModel()
      : tk.nn.mlp(spec.network, {
          seed: 0,
          activation: spec.activation,
          dropout: spec.dropout ?? 0,
        });
  model.loadStateDict(stateOf(problem));
  return model;
}

const imageModel = (): Network =>
  new tk.nn.Sequential(
    new tk.nn.Conv2d(1, 8, 5, { seed: 0 }),
    tk.relu,
    new tk.nn.MaxPool2d(2),
    new tk.nn.Conv2d(8, 16, 5, { seed: 0 }),
    tk.relu,
    new tk.nn.MaxPool2d(2),
    (x) => x.reshape([-1, 256]),
    new tk.nn.Linear(256, 10, { seed: 0 }),
  );

const imageNames: Readonly<Record<string, string>> = {
  filter0: '0.weight',
  bias0: '0.bias',
  filter1: '3.weight',
  bias1: '3.bias',
  weight: '7.weight',
  bias: '7.bias',
};

/** `weight0` as `layers.0.weight`. */
const denseName = (name: string): string => name.replace(/^(\D+)(\d+)$/, 'layers.$2.$1');

/** The initial weights under the model's names; a dense layer keeps its weight as `[out, in]`. */
const stateOf = ({ spec, initial }: TrainingProblem): Record<string, tk.Tensor> =>
  Object.fromEntries(
    initial.map(({ name, shape, data }) => {
      const value = tk.tensor(data, { shape });
      const key = spec.network === 'convolution' ? imageNames[name]! : denseName(name);
      return [key, shape.length === 2 ? tk.transpose(value) : value];
    }),
  );

/** The optimizer of a training workload. */
export function optimizerOf(spec: TrainingSpec, model: tk.nn.Module): tk.optim.Optimizer {
  const { lr, maxNorm, weightDecay = 0 } = spec;
  const gradients = maxNorm === undefined ? [] : [tk.optim.clipByGlobalNorm(maxNorm)];
  if (spec.optimizer === 'sgd') return tk.optim.sgd(model, { lr, weightDecay, gradients });
  const { beta1, beta2, eps } = adamSettings;
  const make = spec.optimizer === 'adam' ? tk.optim.adam : tk.optim.adamw;
  return make(model, { lr, betas: [beta1, beta2], eps, weightDecay, gradients });
}

/** What a training workload adds to its loss, or null. */
export function penaltyOf(
  { spec, starts }: TrainingProblem,
  model: tk.nn.Module,
): (() => tk.Tensor) | null {
  const { l2 } = spec;
  if (l2 !== undefined) return () => tk.reg.l2(model, { lambda: l2 });
  if (spec.spectralNorm === undefined) return null;
  const penalty = tk.reg.spectralNorm(model, { lambda: spec.spectralNorm });
  for (const [name, start] of Object.entries(starts)) {
    penalty.state[denseName(name)]!.u.write(tk.tensor(start));
  }
  return penalty;
}
