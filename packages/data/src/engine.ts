// What this project's own packages share of formats and batches. Users of data sets need none of it.
export { dataView, exactSize, requireBytes, utf8 } from './formats/bytes.ts';
export {
  decodeElements,
  dtypeOfElement,
  type ElementType,
  elementSize,
  encodeElements,
  type StoredElements,
} from './formats/elements.ts';
export {
  type Examples,
  examplesOf,
  type Route,
  type Rows,
  type Stretch,
  stretches,
} from './loader/rows.ts';
export { installedMnistFolder } from './mnist/folder.ts';
