import * as tk from 'tikhonov';
import type { Adapter, Job } from '../peer.ts';
import { chainLength, cornersOf } from '../workloads/arrays.ts';
import type { TrainingProblem } from '../workloads/training.ts';
import { modelOf, optimizerOf, penaltyOf } from './ours-model.ts';

// The library as its users write it: no inner function, no tensor made outside the public entry.

/** What is done to a function of tensors before it is called: nothing, or compilation. */
export type Wrap = <A extends readonly tk.Tensor[], R>(f: (...args: A) => R) => (...args: A) => R;

/** This library, with every function that is timed passed through `wrap` once. */
export const oursWith = (version: string, wrap: Wrap): Adapter => ({
  version,
  matmul(n, a, b, form) {
    const [x, y] = [tk.tensor(a, { shape: [n, n] }), tk.tensor(b, { shape: [n, n] })];
    const out = new tk.Cell(tk.zeros([n, n]));
    // A cell's value stays in the program's memory, as the operands do.
    const product = wrap((p: tk.Tensor, q: tk.Tensor) =>
      out.write(tk.matmul(form === 'tn' ? p.transpose() : p, form === 'nt' ? q.transpose() : q)),
    );
    return {
      step() {
        product(x, y);
        return 0;
      },
      result() {
        product(x, y);
        return cornersOf(n, out.read().data());
      },
    };
  },
  train: (problem) => train(problem, wrap),
  elementwise(data) {
    const x = tk.tensor(data);
    const f = (v: tk.Tensor): tk.Tensor =>
      tk
        .tanh(v.mul(1.5).add(0.5))
        .mul(v)
        .sub(tk.exp(v.mul(v).neg()))
        .sum();
    const both = wrap((v: tk.Tensor) => tk.valueAndGrad(f, { createGraph: false })(v));
    return {
      step: () => both(x)[0].item(),
      result() {
        const [value, slope] = both(x);
        return [value.item(), slope.data()[0]!];
      },
    };
  },
  chain(xs, bs) {
    const [x, b] = [tk.tensor(xs), tk.tensor(bs)];
    const f = ([start, more]: readonly [tk.Tensor, tk.Tensor]): tk.Tensor => {
      let total = start;
      for (let k = 0; k < chainLength; k++) total = total.add(more);
      return total.sum();
    };
    const both = wrap((p: tk.Tensor, q: tk.Tensor) =>
      tk.valueAndGrad(f, { createGraph: false })([p, q]),
    );
    return {
      step: () => both(x, b)[0].item(),
      result() {
        const [value, [gx, gb]] = both(x, b);
        return [value.item(), gx.data()[0]!, gb.data()[0]!];
      },
    };
  },
});

function train(problem: TrainingProblem, wrap: Wrap): Job {
  const { spec, features } = problem;
  const { batch, gradientPenalty } = spec;
  const model = modelOf(problem);
  const optimizer = optimizerOf(spec, model);
  const penalty = penaltyOf(problem, model);
  const shape = spec.network === 'convolution' ? [batch, 1, 28, 28] : [batch, features];
  const batches = problem.batches.map(({ x, y, labels }) => ({
    x: tk.tensor(x, { shape }),
    y: spec.loss === 'mse' ? tk.tensor(y, { shape: [batch, 1] }) : tk.tensor(labels),
  }));
  const lossOf = (x: tk.Tensor, y: tk.Tensor, rng: tk.Tensor): tk.Tensor => {
    const out = model.forward(x, { training: true, rng });
    return spec.loss === 'mse' ? tk.nn.mse(out, y) : tk.nn.crossEntropy(out, y);
  };
  const step = wrap((x: tk.Tensor, y: tk.Tensor, rng: tk.Tensor) =>
    optimizer.minimize(() => {
      if (gradientPenalty !== undefined) {
        const [value, slope] = tk.valueAndGrad((v: tk.Tensor) => lossOf(v, y, rng))(x);
        return value.add(slope.mul(slope).sum().mul(gradientPenalty));
      }
      const loss = lossOf(x, y, rng);
      return penalty === null ? loss : loss.add(penalty());
    }),
  );
  const key = tk.random.key(0);
  return {
    step(index) {
      const { x, y } = batches[index % batches.length]!;
      const rng = spec.dropout === undefined ? key : tk.random.foldIn(key, index);
      return step(x, y, rng).item();
    },
  };
}
