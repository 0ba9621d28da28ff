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
export { runOps } from './ops/ops.ts';
export type { Outcome } from './outcome.ts';
export type { Through } from './through.ts';
