import type { Transformation } from '@tikhonov/check';
import * as core from '@tikhonov/core';
import { type Cell, isFloating, type Tensor, tensor } from '@tikhonov/core';
import {
  type Evaluator,
  eager,
  fromView,
  type Payload,
  type View,
  within,
} from '@tikhonov/core/engine';

/** What becomes of a primitive's result; `null` leaves it as it is. */
type Change = (out: View, inputs: readonly View[], attrs: unknown) => View | null;

/** A way to run functions under another evaluator; a call that throws leaves cells as they were. */
export const under =
  (evaluator: Evaluator): Transformation =>
  (f) =>
  (...args) => {
    const before = new Map<Cell, Tensor>();
    const onWrite = (cell: Cell, value: Tensor): Tensor => {
      if (!before.has(cell)) before.set(cell, cell.read());
      return evaluator.onWrite?.(cell, value) ?? value;
    };
    try {
      return within({ evaluator: { run: evaluator.run, onWrite } }, () => f(...args));
    } catch (error) {
      for (const [cell, value] of before) cell.write(value);
      throw error;
    }
  };

/** Runs functions with the results of some primitives changed. */
export const broken = (names: readonly string[], change: Change): Transformation =>
  under({
    run: (primitive, inputs, attrs, outputs, avals) => {
      const made = eager.run(primitive, inputs, attrs, outputs, avals);
      if (!names.includes(primitive.name)) return made;
      return made.map(
        (out): Payload => change(out as View, inputs as readonly View[], attrs) ?? out,
      );
    },
  });

/** A dense copy with other elements. */
function changed(view: View, f: (data: number[]) => readonly number[]): View {
  const x = fromView(view);
  const data = Float64Array.from(f([...x.data()]));
  return tensor(data, { shape: x.shape, dtype: x.dtype }).view;
}

const isSquare = ({ shape }: View): boolean => shape.length === 2 && shape[0] === shape[1];

/** Whether it is a requirement of the program itself: without those of draws, a search may not end. */
const isOwnRequirement = (name: string, attrs: unknown): boolean =>
  name === 'check' &&
  (attrs as { error: (index: number) => Error }).error(0).message.startsWith('too large');

/** Mistakes of a code generator, each of them in one place. */
export const mistakes: readonly (readonly [what: string, Transformation])[] = [
  [
    'the last lane of four off by a thousandth',
    broken(['exp', 'tanh', 'sigmoid', 'softplus', 'log'], (out) =>
      changed(out, (ys) => ys.map((y, i) => (i % 4 === 3 ? y * 1.001 : y))),
    ),
  ],
  [
    'what is left over after whole vectors not computed',
    broken(['add'], (out) => changed(out, (ys) => ys.fill(0, ys.length - (ys.length % 4)))),
  ],
  ['rows and columns confused', broken(['permute'], (_out, [x]) => (isSquare(x!) ? x! : null))],
  [
    'a transposed operand read as if it were not',
    broken(['matmul'], (_out, [a, b]) =>
      isSquare(b!) ? core.matmul(fromView(a!), core.transpose(fromView(b!))).view : null,
    ),
  ],
  [
    'a cast that rounds to nearest instead of towards zero',
    broken(['astype'], (out, [x]) => {
      if (isFloating(out.dtype) || out.dtype === 'bool' || !isFloating(x!.dtype)) return null;
      const from = fromView(x!).data();
      return changed(out, (ys) => ys.map((_, i) => Math.round(from[i]!) | 0));
    }),
  ],
  [
    'float64 sums in float32',
    broken(['sum'], (out) =>
      out.dtype === 'float64' ? changed(out, (ys) => ys.map(Math.fround)) : null,
    ),
  ],
  [
    'a float32 product that is one unit off',
    broken(['mul'], (out) =>
      out.dtype === 'float32' ? changed(out, (ys) => ys.map((y) => y + y * 2 ** -23)) : null,
    ),
  ],
  [
    'a reduction over the wrong axis',
    broken(['max'], (_out, [x], attrs) => {
      const { axes } = attrs as { readonly axes: readonly number[] };
      return isSquare(x!) && axes.length === 1
        ? core.max(fromView(x!), { axis: 1 - axes[0]! }).view
        : null;
    }),
  ],
  [
    'NaN lost by a maximum',
    broken(['maximum'], (out, [x, y]) => {
      const [a, b] = [fromView(x!).data(), fromView(y!).data()];
      const kept = (i: number): number => (Number.isNaN(a[i]) ? b[i]! : a[i]!);
      return changed(out, (ys) => ys.map((v, i) => (Number.isNaN(v) ? kept(i) : v)));
    }),
  ],
  [
    'the sign of zero lost',
    broken(['neg', 'mul'], (out) => changed(out, (ys) => ys.map((y) => y + 0))),
  ],
  [
    'padding off by one',
    broken(['pad'], (out) => changed(out, (ys) => [...ys.slice(1), ...ys.slice(0, 1)])),
  ],
  [
    'a requirement that is not made',
    under({
      run: (primitive, inputs, attrs, ...rest) =>
        isOwnRequirement(primitive.name, attrs)
          ? inputs
          : eager.run(primitive, inputs, attrs, ...rest),
    }),
  ],
  ['a write that is not made', under({ ...eager, onWrite: (cell) => cell.read() })],
];

/** Runs functions as they are. */
export const unbroken: Transformation = under(eager);

/** Runs functions with the first element of every `tanh` wrong. */
export const wrongTanh: Transformation = broken(['tanh'], (out) =>
  changed(out, ([, ...ys]) => (out.shape.includes(0) ? [] : [2, ...ys])),
);
