import { loadBundle } from '../bundle.ts';
import type { Adapter } from '../peer.ts';
import { installedVersion } from '../requirements.ts';
import { chainLength, cornersOf } from '../workloads/arrays.ts';
import type { TensorFlow, TfTensor } from './tfjs-interface.ts';
import { type Convolve, trainWith } from './tfjs-train.ts';

/**
 * TensorFlow.js with a backend. Its Node entry leaves the gradients out, and the modules that hold
 * them are written for bundlers.
 */
export async function loadTensorFlow(
  backend: string,
  prepare?: (tf: TensorFlow) => void,
): Promise<TensorFlow> {
  const code = [
    "export * from '@tensorflow/tfjs-core';",
    "import '@tensorflow/tfjs-core/dist/register_all_gradients';",
    `export * from '@tensorflow/tfjs-backend-${backend}';`,
  ].join('\n');
  const version = installedVersion('tfjs', '@tensorflow/tfjs-core') ?? '';
  const tf = (await loadBundle('tfjs', code, version)) as TensorFlow;
  prepare?.(tf);
  tf.enableProdMode();
  if (!(await tf.setBackend(backend))) throw new Error(`tfjs: no backend ${backend}.`);
  await tf.ready();
  return tf;
}

/** The benchmarks on TensorFlow.js. */
export const tensorFlowAdapter = (
  tf: TensorFlow,
  backend: string,
  convolve: Convolve = (x, filter) => tf.conv2d(x, filter, 1, 'valid'),
): Adapter => ({
  version: `tfjs ${tf.version_core}, ${backend}`,
  lacks: { W6: 'second derivatives are wrong where a rule reuses an output (exp, tanh, softmax)' },
  matmul(n, a, b, form) {
    const [x, y] = [tf.tensor(a, [n, n]), tf.tensor(b, [n, n])];
    const product = (): TfTensor => tf.matMul(x, y, form === 'tn', form === 'nt');
    return {
      step() {
        product().dispose();
        return 0;
      },
      result: () =>
        cornersOf(
          n,
          tf.tidy(() => product().dataSync()),
        ),
    };
  },
  train: (problem) => trainWith(tf, problem, convolve),
  elementwise(data) {
    const x = tf.tensor(data);
    const both = tf.valueAndGrad((v: TfTensor) => {
      const t = tf.tanh(tf.add(tf.mul(v, 1.5), 0.5));
      return tf.sum(tf.sub(tf.mul(t, v), tf.exp(tf.neg(tf.mul(v, v)))));
    });
    return {
      step: () => tf.tidy(() => both(x).value.dataSync()[0]!),
      result: () =>
        tf.tidy(() => {
          const { value, grad } = both(x);
          return [value, grad].map((v) => v.dataSync()[0]!);
        }),
    };
  },
  chain(xs, bs) {
    const inputs = [tf.tensor(xs), tf.tensor(bs)];
    const both = tf.valueAndGrads((x, b) => {
      let total = x!;
      for (let k = 0; k < chainLength; k++) total = tf.add(total, b!);
      return tf.sum(total);
    });
    return {
      step: () => tf.tidy(() => both(inputs).value.dataSync()[0]!),
      result: () =>
        tf.tidy(() => {
          const { value, grads } = both(inputs);
          return [value, ...grads].map((v) => v.dataSync()[0]!);
        }),
    };
  },
});
