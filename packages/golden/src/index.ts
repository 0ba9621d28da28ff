export {
  expectClose,
  expectedCount,
  type GoldenName,
  goldenFile,
  loadTensor,
  mismatch,
  precisions,
  type SecondOrderCase,
  type Stored,
} from './golden-file.ts';
