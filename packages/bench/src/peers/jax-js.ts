import { loadBundle } from '../bundle.ts';
import type { Adapter } from '../peer.ts';
import { installedVersion } from '../requirements.ts';
import { chainLength, cornersOf } from '../workloads/arrays.ts';
import type { Jax, JaxArray } from './jax-js-interface.ts';
import { trainWith } from './jax-js-train.ts';

/**
 * jax-js on its WebAssembly backend: one thread, because Node has no `Worker` global.
 *
 * @param variant  every function that is timed under `jit`, or none
 */
export async function jaxJs(variant: 'jit' | 'eager'): Promise<Adapter> {
  const version = installedVersion('jax-js', '@jax-js/jax') ?? '';
  const jax = (await loadBundle('jax-js', "export * from '@jax-js/jax';", version)) as Jax;
  await jax.init('wasm');
  jax.defaultDevice('wasm');
  const { numpy: np } = jax;
  const wrap: Jax['jit'] = variant === 'jit' ? jax.jit : (f) => f;
  return {
    version: `jax-js ${version}, ${variant}, wasm`,
    lacks: { W6: 'second derivatives through np.dot are wrong on the wasm backend' },
    matmul(n, a, b, form) {
      const [x, y] = [a, b].map((data) => np.array(data).reshape([n, n]));
      const product = wrap((p: JaxArray, q: JaxArray) =>
        np.matmul(form === 'tn' ? p.transpose() : p, form === 'nt' ? q.transpose() : q),
      );
      return {
        async step() {
          const out = product(x!.ref, y!.ref);
          await out.blockUntilReady();
          out.dispose();
          return 0;
        },
        result: () => cornersOf(n, product(x!.ref, y!.ref).dataSync()),
      };
    },
    train: (problem) => trainWith(jax, problem, variant),
    elementwise(data) {
      const x = np.array(data);
      const f = (v: JaxArray): JaxArray => {
        const first = np.tanh(v.ref.mul(1.5).add(0.5)).mul(v.ref);
        return first.sub(np.exp(np.square(v).neg())).sum();
      };
      const both = wrap((v: JaxArray) => jax.valueAndGrad(f)(v));
      return {
        async step() {
          const [value, slope] = both(x.ref);
          const number = value.dataSync()[0]!;
          await slope.blockUntilReady();
          slope.dispose();
          return number;
        },
        result: () => both(x.ref).map((v) => v.dataSync()[0]!),
      };
    },
    chain(xs, bs) {
      const [x, b] = [np.array(xs), np.array(bs)];
      const f = (start: JaxArray, more: JaxArray): JaxArray => {
        let total = start;
        for (let k = 0; k + 1 < chainLength; k++) total = total.add(more.ref);
        return total.add(more).sum();
      };
      const both = wrap((p: JaxArray, q: JaxArray) =>
        jax.valueAndGrad(f, { argnums: [0, 1] })(p, q),
      );
      const result = (): number[] => {
        const [value, slopes] = both(x.ref, b.ref);
        return [value, ...slopes].map((v) => v.dataSync()[0]!);
      };
      return { step: () => result()[0]!, result };
    },
  };
}
