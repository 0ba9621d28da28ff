import { adamSettings, type TrainingSpec } from '../workloads/training.ts';
import type { Jax, JaxArray, JaxTree } from './jax-js-interface.ts';

/** Weights, and Adam's moments. */
export interface OptimizerState {
  readonly w: JaxTree;
  readonly mu?: JaxTree;
  readonly nu?: JaxTree;
  /**
   * `[beta1^t, beta2^t]`. One array of two different numbers: a scalar becomes a literal in the
   * kernels, and eagerly every step would then compile new ones.
   */
  readonly powers?: JaxArray;
}

const { beta1, beta2, eps } = adamSettings;
const betas = (): Float32Array => Float32Array.of(beta1, beta2);

const mapTree = (tree: JaxTree, f: (x: JaxArray, name: string) => JaxArray): JaxTree =>
  Object.fromEntries(Object.entries(tree).map(([name, x]) => [name, f(x, name)]));

/** The state before the first step. */
export const adamStart = ({ numpy: np }: Jax, w: JaxTree): OptimizerState => ({
  w,
  mu: mapTree(w, ({ shape }) => np.zeros(shape)),
  nu: mapTree(w, ({ shape }) => np.zeros(shape)),
  powers: np.array(betas()),
});

/** One step of SGD, Adam or AdamW, written out: the library's optimizers are not in the registry. */
export function descend(
  jax: Jax,
  spec: TrainingSpec,
  state: OptimizerState,
  given: JaxTree,
): OptimizerState {
  const { numpy: np } = jax;
  const { lr, maxNorm, weightDecay = 0 } = spec;
  const grads = maxNorm === undefined ? given : clip(jax, given, maxNorm);
  const { w, mu, nu, powers } = state;
  if (mu === undefined || nu === undefined || powers === undefined) {
    return { w: mapTree(w, (x, name) => x.sub(grads[name]!.mul(lr))) };
  }
  const corrections = np.subtract(1, powers.ref);
  const [first, second] = [corrections.ref.slice(0), corrections.slice(1)];
  const nextMu = mapTree(mu, (m, name) => m.mul(beta1).add(grads[name]!.ref.mul(1 - beta1)));
  const nextNu = mapTree(nu, (v, name) => v.mul(beta2).add(np.square(grads[name]!).mul(1 - beta2)));
  const nextW = mapTree(w, (x, name) => {
    const root = np.sqrt(nextNu[name]!.ref.div(second.ref)).add(eps);
    const update = nextMu[name]!.ref.div(first.ref).div(root).mul(lr);
    return (weightDecay === 0 ? x : x.mul(1 - lr * weightDecay)).sub(update);
  });
  first.dispose();
  second.dispose();
  return { w: nextW, mu: nextMu, nu: nextNu, powers: powers.mul(np.array(betas())) };
}

/** All gradients times `min(1, maxNorm / norm of all)`. */
function clip({ numpy: np }: Jax, grads: JaxTree, maxNorm: number): JaxTree {
  const squares = Object.values(grads).map((g) => np.square(g.ref).sum());
  const norm = np.sqrt(squares.reduce((total, each) => total.add(each)));
  const factor = np.minimum(1, np.divide(maxNorm, norm));
  const clipped = mapTree(grads, (g) => g.mul(factor.ref));
  factor.dispose();
  return clipped;
}
