export {
  expectClose,
  expectedCount,
  type GoldenName,
  goldenFile,
  hasGolden,
  loadTensor,
  mismatch,
  precisions,
  type SecondOrderCase,
  type Stored,
} from './golden-file.ts';
export { runOps, type Through } from './ops/ops.ts';
export type { Outcome } from './outcome.ts';
