import type { Job } from '../peer.ts';
import { powerIterationEps, type TrainingProblem } from '../workloads/training.ts';
import type { Jax, JaxArray, JaxTree } from './jax-js-interface.ts';
import { adamStart, descend, type OptimizerState } from './jax-js-optimizer.ts';

/** What a step takes and returns. */
interface State extends OptimizerState {
  /** Left vectors of the power iteration, by the weight's name: `[out]`. */
  readonly u: JaxTree;
}

/** Pairs of singular vectors, by the weight's name; weights are `[in, out]`, `v` is `[in]`. */
type Pairs = Record<string, { readonly u: JaxArray; readonly v: JaxArray }>;

/** A training workload on jax-js, the whole step under `jit` or none of it. */
export function trainWith(jax: Jax, problem: TrainingProblem, variant: 'jit' | 'eager'): Job {
  const { numpy: np, nn, lax, random, tree } = jax;
  const { spec, features } = problem;
  const { batch, dropout, network } = spec;
  const array = (data: Float32Array, shape: readonly number[]): JaxArray =>
    np.array(data).reshape(shape);

  const stage = (x: JaxArray, w: JaxTree, i: number): JaxArray => {
    const filtered = lax.convGeneralDilated(x, w[`filter${i}`]!, [1, 1], 'VALID');
    const shifted = filtered.add(w[`bias${i}`]!.reshape([-1, 1, 1]));
    return lax.reduceWindow(nn.relu(shifted), np.max, [2, 2], [2, 2]);
  };
  const forward = (w: JaxTree, x: JaxArray, key: JaxArray): JaxArray => {
    if (network === 'convolution') {
      const flat = stage(stage(x, w, 0), w, 1).reshape([batch, 256]);
      return np.dot(flat, w.weight!).add(w.bias!);
    }
    let h = x;
    for (let i = 0; i + 1 < network.length; i++) {
      h = np.dot(h, w[`weight${i}`]!).add(w[`bias${i}`]!);
      if (i + 2 === network.length) break;
      h = spec.activation === 'tanh' ? np.tanh(h) : nn.relu(h);
      if (dropout !== undefined) {
        const keep = random.bernoulli(key, 1 - dropout, [batch, network[i + 1]!]);
        h = np.where(keep, h.mul(1 / (1 - dropout)), 0);
      }
    }
    return h;
  };
  /** Consumes what it is given, as every function of the library does. */
  const lossOf = (w: JaxTree, x: JaxArray, y: JaxArray, key: JaxArray, pairs: Pairs): JaxArray => {
    const used = Object.entries(w).filter(([name]) => /^weight/.test(name));
    const l2 = spec.l2;
    const terms = l2 === undefined ? [] : used.map(([, each]) => np.square(each.ref).sum().mul(l2));
    for (const [name, { u, v }] of Object.entries(pairs)) {
      const sigma = np.dot(v, np.dot(w[name]!.ref, u));
      terms.push(np.square(sigma).mul(spec.spectralNorm!));
    }
    if (dropout === undefined) key.dispose();
    const out = forward(w, x, key);
    const loss =
      spec.loss === 'mse'
        ? np.square(out.sub(y)).mean()
        : nn
            .logSoftmax(out)
            .mul(y)
            .sum()
            .mul(-1 / batch);
    return terms.reduce((total, term) => total.add(term), loss);
  };
  const normalize = (x: JaxArray): JaxArray =>
    x.ref.div(np.maximum(np.sqrt(np.square(x).sum()), powerIterationEps));
  const iterate = (w: JaxTree, starts: JaxTree): Pairs =>
    Object.fromEntries(
      Object.entries(starts).map(([name, start]) => {
        const v = normalize(np.dot(w[name]!.ref, start));
        const u = normalize(np.dot(w[name]!.ref.transpose(), v.ref));
        return [name, { u, v }];
      }),
    );
  const train = (state: State, x: JaxArray, y: JaxArray, key: JaxArray): [JaxArray, State] => {
    const pairs = iterate(state.w, state.u);
    const [loss, grads] = jax.valueAndGrad(lossOf)(tree.ref(state.w), x, y, key, tree.ref(pairs));
    const u = Object.fromEntries(Object.entries(pairs).map(([name, pair]) => [name, pair.u]));
    for (const { v } of Object.values(pairs)) v.dispose();
    return [loss, { ...descend(jax, spec, state, grads), u }];
  };
  const step = variant === 'jit' ? jax.jit(train) : train;

  const w = Object.fromEntries(
    problem.initial.map(({ name, shape, data }) => [name, array(data, shape)]),
  );
  const starts = Object.entries(problem.starts).map(([name, start]) => [name, np.array(start)]);
  let state: State = {
    ...(spec.optimizer === 'sgd' ? { w } : adamStart(jax, w)),
    u: Object.fromEntries(starts) as JaxTree,
  };
  const shape = network === 'convolution' ? [batch, 1, 28, 28] : [batch, features];
  const batches = problem.batches.map((each) => ({
    x: array(each.x, shape),
    y: array(each.y, [batch, spec.loss === 'mse' ? 1 : 10]),
  }));
  let key = random.key(0);
  return {
    step(index) {
      const { x, y } = batches[index % batches.length]!;
      let used = key.ref;
      if (dropout !== undefined) {
        used.dispose();
        const two = random.split(key, 2);
        [key, used] = [two.ref.slice(0), two.slice(1)];
      }
      const [loss, next] = step(state, x.ref, y.ref, used);
      state = next;
      const value = loss.dataSync()[0]!;
      // Reading the loss runs what it depends on: under jit the whole step. Eagerly the update would
      // stay queued, and the queue would grow.
      return variant === 'jit' ? value : jax.blockUntilReady(state).then(() => value);
    },
  };
}
