import type { Job } from '../peer.ts';
import { adamSettings, powerIterationEps, type TrainingProblem } from '../workloads/training.ts';
import type { TensorFlow, TfNamed, TfTensor, TfVariable } from './tfjs-interface.ts';

/** A convolution without padding; whether its input needs a gradient, too. */
export type Convolve = (x: TfTensor, filter: TfTensor, inputGradient: boolean) => TfTensor;

/** A training workload on TensorFlow.js. */
export function trainWith(tf: TensorFlow, problem: TrainingProblem, convolve: Convolve): Job {
  const { spec, features } = problem;
  const { batch, lr, maxNorm, weightDecay = 0 } = spec;
  const convolution = spec.network === 'convolution';
  const variables: Record<string, TfVariable> = Object.fromEntries(
    problem.initial.map(({ name, shape, data }) => {
      const given = tf.tensor(data, shape);
      return [name, tf.variable(convolution ? channelsLast(tf, name, given) : given)];
    }),
  );
  const all = Object.values(variables);
  const v = (name: string): TfVariable => variables[name]!;
  const batches = problem.batches.map(({ x, y }) => ({
    x: tf.tensor(x, convolution ? [batch, 28, 28, 1] : [batch, features]),
    y: tf.tensor(y, [batch, spec.loss === 'mse' ? 1 : 10]),
  }));
  const optimizer =
    spec.optimizer === 'sgd'
      ? tf.train.sgd(lr)
      : tf.train.adam(lr, adamSettings.beta1, adamSettings.beta2, adamSettings.eps);
  const stage = (x: TfTensor, i: number): TfTensor => {
    const filtered = convolve(x, v(`filter${i}`), i > 0);
    return tf.maxPool(tf.relu(tf.add(filtered, v(`bias${i}`))), 2, 2, 'valid');
  };
  const forward = (x: TfTensor): TfTensor => {
    if (spec.network === 'convolution') {
      const flat = tf.reshape(stage(stage(x, 0), 1), [batch, 256]);
      return tf.add(tf.matMul(flat, v('weight')), v('bias'));
    }
    let h = x;
    for (let i = 0; i + 1 < spec.network.length; i++) {
      h = tf.add(tf.matMul(h, v(`weight${i}`)), v(`bias${i}`));
      if (i + 2 === spec.network.length) break;
      h = spec.activation === 'tanh' ? tf.tanh(h) : tf.relu(h);
      if (spec.dropout !== undefined) h = tf.dropout(h, spec.dropout);
    }
    return h;
  };
  const dataLoss = (x: TfTensor, y: TfTensor): TfTensor =>
    spec.loss === 'mse'
      ? tf.losses.meanSquaredError(y, forward(x))
      : tf.losses.softmaxCrossEntropy(y, forward(x));
  const plus = (loss: TfTensor, strength: number, terms: TfTensor[]): TfTensor =>
    terms.reduce((total, term) => tf.add(total, tf.mul(term, strength)), loss);
  const weights = all.filter((w) => w.rank > 1);
  const pairs = singularPairs(tf, problem, variables);
  const lossOf = (x: TfTensor, y: TfTensor): TfTensor => {
    const loss = dataLoss(x, y);
    if (spec.l2 !== undefined) {
      return plus(
        loss,
        spec.l2,
        weights.map((w) => tf.sum(tf.square(w))),
      );
    }
    if (spec.spectralNorm === undefined) return loss;
    return plus(
      loss,
      spec.spectralNorm,
      pairs.map(({ weight, u, right }) => tf.square(tf.sum(tf.mul(right, tf.matMul(weight, u))))),
    );
  };
  const clip = (grads: TfNamed, bound: number): TfNamed => {
    const squares = Object.values(grads).map((g) => tf.sum(tf.square(g)));
    const factor = tf.minimum(1, tf.div(bound, tf.sqrt(tf.addN(squares))));
    return Object.fromEntries(Object.entries(grads).map(([name, g]) => [name, tf.mul(g, factor)]));
  };
  /** What `minimize` has no room for. */
  const minimizeByHand = (x: TfTensor, y: TfTensor): TfTensor =>
    tf.tidy(() => {
      for (const pair of pairs) pair.iterate();
      const { value, grads } = tf.variableGrads(() => lossOf(x, y), all);
      for (const w of weightDecay === undefined ? [] : all)
        w.assign(tf.mul(w, 1 - lr * weightDecay));
      optimizer.applyGradients(maxNorm === undefined ? grads : clip(grads, maxNorm));
      return value;
    });
  const byHand = maxNorm !== undefined || weightDecay !== 0 || pairs.length > 0;
  return {
    step(index) {
      const { x, y } = batches[index % batches.length]!;
      const loss = byHand ? minimizeByHand(x, y) : optimizer.minimize(() => lossOf(x, y), true);
      const value = loss.dataSync()[0]!;
      loss.dispose();
      return value;
    },
  };
}

/** Filters as `[height, width, in, out]`; the dense rows in the order row, column, channel. */
function channelsLast(tf: TensorFlow, name: string, x: TfTensor): TfTensor {
  if (x.rank === 4) return tf.transpose(x, [2, 3, 1, 0]);
  if (name !== 'weight') return x;
  return tf.reshape(tf.transpose(tf.reshape(x, [16, 4, 4, 10]), [1, 2, 0, 3]), [256, 10]);
}

/** The state of the power iteration of a weight `[in, out]`: `u [out, 1]`, `right [in, 1]`. */
interface Pair {
  readonly weight: TfVariable;
  readonly u: TfVariable;
  readonly right: TfVariable;
  /** One round. */
  iterate(): void;
}

function singularPairs(
  tf: TensorFlow,
  { starts }: TrainingProblem,
  variables: Readonly<Record<string, TfVariable>>,
): Pair[] {
  const normalize = (x: TfTensor): TfTensor =>
    tf.div(x, tf.maximum(tf.sqrt(tf.sum(tf.square(x))), powerIterationEps));
  return Object.entries(starts).map(([name, start]): Pair => {
    const weight = variables[name]!;
    const u = tf.variable(tf.tensor(start, [start.length, 1]));
    const right = tf.variable(tf.tensor(new Float32Array(weight.shape[0]!), [weight.shape[0]!, 1]));
    return {
      weight,
      u,
      right,
      iterate() {
        right.assign(normalize(tf.matMul(weight, u)));
        u.assign(normalize(tf.matMul(weight, right, true)));
      },
    };
  });
}
