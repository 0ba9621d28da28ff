export {
  expectClose,
  expectedCount,
  type GoldenName,
  goldenFile,
  loadTensor,
  mismatch,
  precisions,
  type Stored,
} from './golden-file.ts';
