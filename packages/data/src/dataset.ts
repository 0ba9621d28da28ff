import { indexSelect, ShapeError, slice, Tensor, tensor } from '@tikhonov/core';
import { type OptionNames, requireOptions, showShape } from '@tikhonov/core/engine';
import { checkLabels, checkNames, checkWeights } from './dataset-checks.ts';
import { requireCount, requireTensor } from './validate.ts';

/** What a `Dataset` is made of. */
export interface DatasetFields {
  /** Inputs, `[n, ...]`. */
  readonly x: Tensor;
  /** Class labels, int32 `[n]`, or targets, floating `[n, ...]`. */
  readonly y: Tensor;
  /**
   * How much each row counts in losses and metrics, relative to the others: floating `[n]`, finite and
   * >= 0, not all 0. @defaultValue all rows count the same
   */
  readonly sampleWeight?: Tensor | undefined;
  /** Number of classes; labels are then integers in `[0, classes)`. */
  readonly classes?: number | undefined;
  /** @defaultValue 'dataset' */
  readonly name?: string | undefined;
  /** Names of the columns of `x`, which is then `[n, features]`. */
  readonly featureNames?: readonly string[] | undefined;
  /** Where the data come from. */
  readonly source?: string | undefined;
  /** How to cite them. */
  readonly citation?: string | undefined;
  /** The terms they are under. */
  readonly license?: string | undefined;
}

const known: OptionNames<DatasetFields> = {
  x: true,
  y: true,
  sampleWeight: true,
  classes: true,
  name: true,
  featureNames: true,
  source: true,
  citation: true,
  license: true,
};

/**
 * Inputs with their labels or targets, row by row. Immutable: what changes rows returns another one.
 *
 * @example
 * ```ts
 * const x = tensor([[0, 0], [0, 1], [1, 1]]);
 * const y = tensor([0, 1, 0], { dtype: 'int32' });
 * const xor = new data.Dataset({ x, y, classes: 2, name: 'xor' });
 * xor.take([2, 0]).x.toArray(); // => [[1, 1], [0, 0]]
 * ```
 */
export class Dataset {
  readonly x: Tensor;
  readonly y: Tensor;
  readonly sampleWeight: Tensor | undefined;
  readonly classes: number | undefined;
  readonly name: string;
  readonly featureNames: readonly string[] | undefined;
  readonly source: string | undefined;
  readonly citation: string | undefined;
  readonly license: string | undefined;

  /**
   * @throws TypeError if `x`, `y` or `sampleWeight` is not a Tensor, or for a field that there is not
   * @throws ShapeError if `x` and `y` have not the same number of rows, labels or weights are not `[n]`, or
   * there is not one name per feature
   * @throws DTypeError if there are classes and the labels are not int32, or if weights are not floating
   * @throws RangeError for a label outside `[0, classes)`, or a weight that is negative or not finite, or
   * weights that are all 0
   */
  constructor(fields: DatasetFields) {
    requireOptions('Dataset', fields, known);
    this.x = fields.x;
    this.y = fields.y;
    this.sampleWeight = fields.sampleWeight;
    this.classes = fields.classes;
    this.name = fields.name ?? 'dataset';
    this.featureNames = fields.featureNames;
    this.source = fields.source;
    this.citation = fields.citation;
    this.license = fields.license;
    requireTensor(`Dataset(${this.name})`, 'x', fields.x);
    requireTensor(`Dataset(${this.name})`, 'y', fields.y);
    const [rows, targets] = [fields.x.shape[0], fields.y.shape[0]];
    if (rows === undefined || rows !== targets) {
      throw new ShapeError(
        `Dataset(${this.name}): x ${showShape(fields.x.shape)} and y ${showShape(fields.y.shape)} must have the same number of rows.\n` +
          '  Their first axis counts the examples.',
      );
    }
    if (this.featureNames !== undefined) checkNames(this.name, fields.x, this.featureNames);
    if (this.classes !== undefined) checkLabels(this.name, fields.y, this.classes);
    if (this.sampleWeight !== undefined) checkWeights(this.name, this.sampleWeight, rows);
  }

  /** Number of rows. */
  get size(): number {
    return this.x.shape[0]!;
  }

  /**
   * The rows at these positions, in this order; a position may repeat.
   *
   * @param indices  numbers, or int32 or uint32 `[m]`
   * @throws RangeError for a position that is not an integer in `[0, size)`
   */
  take(indices: Tensor | readonly number[]): Dataset {
    const index = indices instanceof Tensor ? indices : this.indexOf(indices);
    return this.map((rows) => indexSelect(rows, index));
  }

  /**
   * The first `n` rows; shares the data.
   *
   * @throws RangeError unless `n` is an integer in `[1, size]`
   */
  subset(n: number): Dataset {
    requireCount(`Dataset(${this.name}).subset`, 'n', n, this.size);
    const rows = [{ start: 0, stop: n }];
    return this.map((all) => slice(all, rows));
  }

  /** The same with some fields replaced. Inputs of another shape lose the names of the features. */
  with(fields: Partial<DatasetFields>): Dataset {
    const { x, y, sampleWeight, classes, name, source, citation, license } = this;
    const isSameShape =
      fields.x === undefined || showShape(fields.x.shape.slice(1)) === showShape(x.shape.slice(1));
    const featureNames = isSameShape ? this.featureNames : undefined;
    const kept = { x, y, sampleWeight, classes, name, featureNames, source, citation, license };
    return new Dataset({ ...kept, ...fields });
  }

  /** The same with other rows. */
  private map(select: (rows: Tensor) => Tensor): Dataset {
    const { x, y, sampleWeight } = this;
    return this.with({
      x: select(x),
      y: select(y),
      ...(sampleWeight === undefined ? {} : { sampleWeight: select(sampleWeight) }),
    });
  }

  private indexOf(indices: readonly number[]): Tensor {
    for (const i of indices) {
      if (!(Number.isInteger(i) && i >= 0 && i < this.size)) {
        throw new RangeError(
          `Dataset(${this.name}).take: ${i} is not a row of ${this.size}.\n` +
            '  Rows are integers from 0.',
        );
      }
    }
    return tensor(Int32Array.from(indices));
  }
}
