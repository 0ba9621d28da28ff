import { type AnyPrimitive, erase, type Primitive, type View } from '@tikhonov/core/engine';
import { randomRules } from '../../../src/lower/loops/random/index.ts';
import { denseView, elementsOf, runRule } from '../harness.ts';

export const keyOf = (first: number, second: number): View =>
  denseView([first, second], [2], 'uint32');

/** Keys with words at the ends of their range, and others. */
export const keys: readonly View[] = [
  keyOf(0, 0),
  keyOf(0xffffffff, 0xffffffff),
  keyOf(0x80000000, 1),
  keyOf(0x12345678, 0xdeadbeef),
];

/** The same elements backwards in memory, between others. */
export function backwards(view: View): View {
  const values = elementsOf(view).reverse();
  const data = denseView(
    [7, ...values.flatMap((x) => [x, 7])],
    [2 * values.length + 1],
    view.dtype,
  ).data;
  if (view.shape.length !== 1) throw new Error('one axis');
  return { ...view, data, stride: [-2], offset: 2 * values.length - 1 };
}

/** Runs the compiled kernel and the eager one on the same views: they must give the same bits. */
export function expectSame<N extends number, Attrs>(
  primitive: Primitive<N, Attrs>,
  inputs: readonly View[],
  attrs: Attrs,
): View {
  return expectSameOf(erase(primitive), inputs, attrs);
}

/** As `expectSame`, for what the registry holds; gives the result. */
export function expectSameOf(
  primitive: AnyPrimitive,
  inputs: readonly View[],
  attrs: unknown,
): View {
  const rule = randomRules.get(primitive.name);
  if (rule === undefined || primitive.kind !== 'single') throw new Error('no such rule');
  const wanted = primitive.forward(inputs, attrs);
  const got = runRule(rule, inputs, [primitive.infer(inputs, attrs)], attrs);
  if (got === 'thrown') throw new Error('nothing here can fail');
  const [left, right] = [elementsOf(got[0]!), elementsOf(wanted)];
  const bad = left.findIndex((x, i) => !Object.is(x, right[i]));
  if (bad >= 0 || left.length !== right.length) {
    throw new Error(
      `${primitive.name} ${JSON.stringify(attrs)}: element ${bad} of ${right.length} is ${left[bad]} instead of ${right[bad]}`,
    );
  }
  return got[0]!;
}
