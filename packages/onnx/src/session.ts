import { type Cell, type DType, isFloating, type Tensor } from '@tikhonov/core';
import type { Payload } from '@tikhonov/core/engine';
import { type LayerLike, Module } from '@tikhonov/nn';
import { OnnxExportError } from './error.ts';
import { GraphBuilder } from './graph-builder.ts';
import type { Exporters, OnnxExporter } from './registry.ts';
import { ownValue } from './trace/record.ts';
import { fixed, makeValue, type OnnxDType, type OnnxValue } from './values.ts';

/** How a function of a tensor is written. */
export type FunctionExporter = (x: OnnxValue, scope: Parameters<OnnxExporter>[2]) => OnnxValue;

/** What all layers of one export are written with. */
export interface SessionSettings {
  readonly opset: number;
  readonly dtype: 'float32' | 'float64';
  readonly isCausal: boolean;
  readonly exporters: Exporters;
  readonly functions: ReadonlyMap<unknown, FunctionExporter>;
}

/** One export: the graph that grows, and the model's cells by name. */
export class Session {
  readonly settings: SessionSettings;
  readonly builder: GraphBuilder = new GraphBuilder();
  /** The input of the model. */
  readonly input: OnnxValue;
  /** The floating dtype of the model itself. */
  readonly modelDtype: DType;
  /** What the model's cells hold while functions are recorded. */
  readonly values: ReadonlyMap<Cell, Tensor>;
  /** The cells by what they hold then, which stays under their names. */
  readonly payloads: ReadonlyMap<Payload, Cell>;
  /** Whether a layer has looked at `isCausal`. */
  usedCausal = false;
  readonly #names: Map<Cell, string>;
  readonly #stored = new Map<Cell, OnnxValue>();

  constructor(model: Module, settings: SessionSettings, input: Omit<OnnxValue, 'shape'>) {
    const cells = Object.entries(model.namedCells());
    this.settings = settings;
    this.input = makeValue(this.builder.unique(input.name), input.dtype, input.trials);
    this.#names = new Map(cells.map(([name, cell]) => [cell, name]));
    this.values = new Map(cells.map(([, cell]) => [cell, ownValue(cell)]));
    this.payloads = new Map([...this.values].map(([cell, { payload }]) => [payload, cell]));
    // Rates and the like may be float64 in any model: parameters come first.
    const floating = [...model.parameters(), ...this.#names.keys()].find((cell) =>
      isFloating(cell.dtype),
    );
    this.modelDtype = floating?.dtype ?? 'float32';
  }

  /** The type in the file of values of a dtype. */
  dtypeOf(dtype: OnnxDType): OnnxDType {
    return dtype !== 'int64' && isFloating(dtype) ? this.settings.dtype : dtype;
  }

  /** Names the cells of what stands in for a layer at a path, unless they are those of the layer. */
  adopt(form: LayerLike, path: string): void {
    if (!(form instanceof Module)) return;
    for (const [name, cell] of Object.entries(form.namedCells())) {
      if (this.#names.has(cell)) continue;
      this.#names.set(cell, path === '' ? name : `${path}.${name}`);
    }
  }

  /** Stores a cell of the model, once. */
  parameter(cell: Cell): OnnxValue | undefined {
    const name = this.#names.get(cell);
    if (name === undefined) return undefined;
    const value = this.#stored.get(cell) ?? this.store(name, finite(name, cell.read()));
    this.#stored.set(cell, value);
    return value;
  }

  /** Stores a tensor. */
  store(name: string, value: Tensor): OnnxValue {
    const dtype = this.dtypeOf(value.dtype);
    const stored = this.builder.initializer(name, dtype, value.shape, value.data());
    return makeValue(stored, dtype, fixed(value.shape));
  }
}

/** A trained model that holds NaN is broken, whatever runs it. */
function finite(name: string, value: Tensor): Tensor {
  if (!isFloating(value.dtype)) return value;
  const bad = value.data().find((x) => !Number.isFinite(x));
  if (bad === undefined) return value;
  throw new OnnxExportError(
    `exportOnnx: "${name}" holds ${bad}.\n  The training has diverged: export weights from before, such as those of the best epoch.`,
  );
}
