// For those who write layers: what the layers of this project have in common. Users of layers need none of it.
export { requireContext } from './context.ts';
export {
  type EvaluationForm,
  evaluationFormOf,
  type MissingForm,
  missingFormOf,
} from './in-evaluation.ts';
export {
  inverseKeep,
  keepMask,
  keepProbability,
  type MaskSource,
  scaledBy,
  survivors,
} from './keep-mask.ts';
export { initialKey, requireSize } from './keys.ts';
export { callLayer, requireLayer } from './sequential.ts';
export { positiveStrength, type UnitRange, unitStrength } from './strength.ts';
