import type { Adapter } from '../peer.ts';
import { loadTensorFlow, tensorFlowAdapter } from './tfjs.ts';

/** TensorFlow.js on its plain JavaScript backend. */
export const tfjsCpu = async (): Promise<Adapter> =>
  tensorFlowAdapter(await loadTensorFlow('cpu'), 'cpu');
