export { fans, torchLinear } from '../initializers.ts';
export { calculateGain, type Nonlinearity } from './calculate-gain.ts';
export { type KaimingOptions, kaimingNormal, kaimingUniform } from './kaiming.ts';
export { orthogonal } from './orthogonal.ts';
export {
  constant,
  normal,
  ones,
  type PlainInitOptions,
  truncNormal,
  uniform,
  zeros,
} from './plain.ts';
export { dirac, sparse } from './structured.ts';
export { type XavierOptions, xavierNormal, xavierUniform } from './xavier.ts';
