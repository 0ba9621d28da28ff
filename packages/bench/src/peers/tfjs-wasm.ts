import { join, sep } from 'node:path';
import type { Adapter } from '../peer.ts';
import { peersFolder } from '../requirements.ts';
import { loadTensorFlow, tensorFlowAdapter } from './tfjs.ts';
import type { TensorFlow, TfTensor } from './tfjs-interface.ts';

/**
 * TensorFlow.js on its WebAssembly backend: SIMD, and one thread, because Node has no `Worker` global.
 * The backend has no kernel for the gradient of a convolution's filter; that gradient is itself a
 * convolution, of the transposed input with the transposed cotangent, and is put in by hand.
 */
export async function tfjsWasm(): Promise<Adapter> {
  const folder = join(peersFolder, 'tfjs/node_modules/@tensorflow/tfjs-backend-wasm/dist') + sep;
  const tf = await loadTensorFlow('wasm', (loaded) =>
    (loaded as TensorFlowOnWasm).setWasmPaths(folder),
  );
  const filterGradient = (x: TfTensor, dy: TfTensor): TfTensor => {
    // [batch, h, w, in] -> [in, h, w, batch], the batch in the place of channels.
    const [input, kernel] = [tf.transpose(x, [3, 1, 2, 0]), tf.transpose(dy, [1, 2, 0, 3])];
    return tf.transpose(tf.conv2d(input, kernel, 1, 'valid'), [1, 2, 0, 3]);
  };
  const ofBoth = tf.customGrad((...args) => {
    const [x, filter, save] = args as [TfTensor, TfTensor, (saved: TfTensor[]) => void];
    save([x, filter]);
    return {
      value: tf.conv2d(x, filter, 1, 'valid'),
      gradFunc: (dy, [input, kernel]) => [
        tf.conv2dTranspose(dy, kernel!, input!.shape, 1, 'valid'),
        filterGradient(input!, dy),
      ],
    };
  });
  const ofFilter = (x: TfTensor, given: TfTensor): TfTensor =>
    tf.customGrad((...args) => {
      const [filter, save] = args as [TfTensor, (saved: TfTensor[]) => void];
      save([x]);
      return {
        value: tf.conv2d(x, filter, 1, 'valid'),
        gradFunc: (dy, [input]) => [filterGradient(input!, dy)],
      };
    })(given);
  return tensorFlowAdapter(tf, 'wasm', (x, filter, inputGradient) =>
    inputGradient ? ofBoth(x, filter) : ofFilter(x, filter),
  );
}

interface TensorFlowOnWasm extends TensorFlow {
  setWasmPaths(folder: string): void;
}
