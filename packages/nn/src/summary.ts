import {
  type Cell,
  type DType,
  Parameter,
  type Shape,
  stopGradient,
  type Tensor,
} from '@tikhonov/core';
import { kindOf, requireOptions, showShape } from '@tikhonov/core/engine';
import type { Module } from './module.ts';

/** Parameter groups by name, as `optim.grouped` makes them. */
export interface ParameterGroups {
  /** The names of every group's parameters. */
  readonly groups: Readonly<Record<string, readonly string[]>>;
  /** Whether a weight decay acts on a parameter. */
  decays?(name: string): boolean;
}

/** Options of `summary`. */
export interface SummaryOptions {
  /**
   * What trains the parameters differently, shown in columns of its own: an optimizer with groups, the rule
   * which parameters decay, such as `optim.weightsOnly`, or what an optimizer does, `optim.decayOf(optimizer)`. @defaultValue no such columns
   */
  readonly groups?: ParameterGroups | ((name: string, parameter: Tensor) => boolean);
}

/** One cell of a model. */
export interface SummaryRow {
  /** As in `stateDict`. */
  readonly name: string;
  /** The class of the module whose own it is. */
  readonly layer: string;
  readonly shape: Shape;
  readonly dtype: DType;
  /** Number of elements. */
  readonly count: number;
  /** Whether gradients are taken of it; if not, it is a buffer: running statistics, keys, strengths. */
  readonly trainable: boolean;
  /** The group of a parameter, if groups were given and it is in one. */
  readonly group?: string;
  /** Whether a weight decay acts on a parameter, if the given groups or rule say so. */
  readonly decay?: boolean;
}

const bytesOf: Readonly<Record<DType, number>> = {
  float64: 8,
  float32: 4,
  int32: 4,
  uint32: 4,
  bool: 1,
};

/** What a model holds; prints as a table. */
export class ModelSummary {
  /** Name of the model's class. */
  readonly model: string;
  /** One per cell, in the order of `stateDict`; what is shared is listed once. */
  readonly rows: readonly SummaryRow[];
  /** Trainable elements. */
  readonly parameters: number;
  /** Elements of buffers. */
  readonly buffers: number;
  /** Memory of all values, without gradients and optimizer state. */
  readonly bytes: number;

  constructor(model: string, rows: readonly SummaryRow[]) {
    const total = (of: (row: SummaryRow) => number): number =>
      rows.reduce((sum, row) => sum + of(row), 0);
    this.model = model;
    this.rows = rows;
    this.parameters = total((row) => (row.trainable ? row.count : 0));
    this.buffers = total((row) => (row.trainable ? 0 : row.count));
    this.bytes = total((row) => row.count * bytesOf[row.dtype]);
  }

  /** The table. */
  toString(): string {
    const columns = ['name', 'layer', 'shape', 'dtype', 'count', 'trainable'];
    const optional = (['group', 'decay'] as const).filter((key) =>
      this.rows.some((row) => row[key] !== undefined),
    );
    const head = [...columns, ...optional];
    const cells = this.rows.map((row) => [
      row.name,
      row.layer,
      showShape(row.shape),
      row.dtype,
      grouped(row.count),
      yesOrNo(row.trainable),
      ...optional.map((key) => yesOrNo(row[key] ?? '-')),
    ]);
    const widths = head.map((title, k) =>
      Math.max(title.length, ...cells.map((row) => row[k]!.length)),
    );
    // Numbers end, texts begin in the same column.
    const line = (row: readonly string[]): string =>
      row
        .map((text, k) => (k === 4 ? text.padStart(widths[k]!) : text.padEnd(widths[k]!)))
        .join('  ')
        .trimEnd();
    const rule = '-'.repeat(widths.reduce((sum, w) => sum + w + 2, -2));
    const buffers = this.buffers === 0 ? '' : `, ${grouped(this.buffers)} in buffers`;
    return [
      line(head),
      rule,
      ...cells.map(line),
      rule,
      `${this.model}: ${grouped(this.parameters)} trainable parameters${buffers}, ${memory(this.bytes)}`,
    ].join('\n');
  }
}

const yesOrNo = (value: boolean | string): string =>
  typeof value === 'string' ? value : value ? 'yes' : 'no';

/** 1234567 as 1,234,567. */
const grouped = (n: number): string => String(n).replace(/\B(?=(\d{3})+$)/g, ',');

function memory(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const units = ['kB', 'MB', 'GB'];
  let [size, unit] = [bytes / 1000, 0];
  for (; size >= 999.95 && unit < units.length - 1; unit++) size /= 1000;
  return `${size.toFixed(1)} ${units[unit]}`;
}

/**
 * What a model holds: name, layer, shape, dtype, number of elements of every parameter and buffer, and totals.
 * As text (in a template, `String(...)` or the console) it is a table; its fields are for programs.
 *
 * @param options  `groups` shows how an optimizer groups the parameters, and which of them decay
 * @throws TypeError if it is not a Module, or a group has a name that no parameter has
 * @example
 * ```ts
 * const { parameters, rows } = nn.summary(nn.mlp([4, 3], { seed: 0 }));
 * parameters; // => 15
 * rows[0].name; // => 'layers.0.weight'
 * String(nn.summary(new nn.Linear(2, 1, { seed: 0 }))).split('\n').at(-1); // => 'Linear: 3 trainable parameters, 12 B'
 *
 * const model = nn.mlp([4, 3], { seed: 0 });
 * const optimizer = optim.adamw(model, { decay: optim.weightsOnly });
 * nn.summary(model, { groups: optim.weightsOnly }).rows.map((row) => row.decay); // => [true, false]
 * ```
 */
export function summary(model: Module, options: SummaryOptions = {}): ModelSummary {
  if (typeof model?.namedCells !== 'function') {
    throw new TypeError(
      `summary: needs a Module, got ${kindOf(model)}.\n  Functions of a tensor have no parameters to list.`,
    );
  }
  requireOptions('summary', options, { groups: true });
  const modules = Object.entries(model.namedModules());
  const cells = model.namedCells();
  const training = trainingOf(options.groups, cells);
  const rows = Object.entries(cells).map(
    ([name, cell]): SummaryRow => ({
      name,
      layer: layerOf(name, modules),
      shape: cell.shape,
      dtype: cell.dtype,
      count: cell.shape.reduce((product, n) => product * n, 1),
      trainable: cell instanceof Parameter,
      ...(cell instanceof Parameter ? training(name, cell) : {}),
    }),
  );
  const made = new ModelSummary(model.constructor.name, rows);
  // What Node's console prints, instead of fields.
  Object.defineProperty(made, Symbol.for('nodejs.util.inspect.custom'), {
    value: () => made.toString(),
  });
  return made;
}

type Training = Pick<SummaryRow, 'group' | 'decay'>;

/** What a parameter's row says about its training. */
function trainingOf(
  groups: SummaryOptions['groups'],
  cells: Readonly<Record<string, Cell>>,
): (name: string, cell: Parameter) => Training {
  if (groups === undefined) return () => ({});
  if (typeof groups === 'function') {
    return (name, cell) => ({ decay: groups(name, stopGradient(cell.read())) });
  }
  if (typeof groups !== 'object' || typeof groups?.groups !== 'object' || groups.groups === null) {
    throw new TypeError(
      `summary: groups must be an optimizer with groups or a rule, got ${kindOf(groups)}.\n  summary(model, { groups: weightsOnly }) shows what decays; grouped(...) makes groups.`,
    );
  }
  const owner = new Map(
    Object.entries(groups.groups).flatMap(([group, names]) =>
      names.map((name) => [name, group] as const),
    ),
  );
  const strangers = [...owner.keys()].filter((name) => !(cells[name] instanceof Parameter));
  if (strangers.length > 0) {
    throw new TypeError(
      `summary: the groups have ${strangers.map((name) => `"${name}"`).join(', ')}, which the model does not.\n  Make the optimizer of the model itself: grouped(model, ...).`,
    );
  }
  return (name): Training => {
    const group = owner.get(name);
    if (group === undefined) return {};
    return groups.decays === undefined ? { group } : { group, decay: groups.decays(name) };
  };
}

/** The class of the innermost module whose name the cell's begins with. */
function layerOf(cell: string, modules: readonly (readonly [string, Module])[]): string {
  const owners = modules.filter(([path]) => path === '' || cell.startsWith(`${path}.`));
  const [first, ...others] = owners.map(([path, module]) => ({ path, module }));
  const owner = others.reduce((a, b) => (b.path.length > a.path.length ? b : a), first!);
  return owner.module.constructor.name;
}
