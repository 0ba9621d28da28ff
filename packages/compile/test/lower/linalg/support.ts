import { expect } from '@jest/globals';
import { type Aval, primitives, type View } from '@tikhonov/core/engine';
import { linalgRules } from '../../../src/lower/loops/linalg/index.ts';
import { denseView, elementsOf, runRule } from '../harness.ts';

/** The registry's entry of a primitive. */
export function entryOf(name: string): (typeof primitives)[number] {
  const found = primitives.find((known) => known.name === name);
  if (found === undefined) throw new Error(`no primitive is called ${name}`);
  return found;
}

/** The names of the primitives that have a rule. */
export const names: readonly string[] = [...linalgRules.keys()];

/** The same elements in another floating dtype. */
export const cast = (view: View, dtype: 'float32' | 'float64'): View =>
  denseView(elementsOf(view), view.shape, dtype);

/** What the eager kernel of a primitive makes of views. */
export function eager(name: string, inputs: readonly View[], attrs: unknown): readonly View[] {
  const { primitive } = entryOf(name);
  return primitive.kind === 'single'
    ? [primitive.forward(inputs, attrs)]
    : primitive.forward(inputs, attrs);
}

/** What the compiled kernel makes of them. */
export function compiled(name: string, inputs: readonly View[], attrs: unknown): readonly View[] {
  const { primitive } = entryOf(name);
  const avals: Aval[] = inputs.map(({ shape, dtype }) => ({ shape, dtype }));
  const outputs =
    primitive.kind === 'single' ? [primitive.infer(avals, attrs)] : primitive.infer(avals, attrs);
  const results = runRule(linalgRules.get(primitive.name)!, inputs, outputs, attrs);
  if (typeof results === 'string') throw new Error(`${name} says that the eager kernel throws`);
  return results;
}

/**
 * Expects the compiled kernel to agree with the eager one bit for bit, but for results for which a relative
 * error is allowed.
 */
export function expectAgreement(
  name: string,
  inputs: readonly View[],
  attrs: unknown = null,
  allowed: Readonly<Record<number, number>> = {},
): void {
  const wanted = eager(name, inputs, attrs);
  const got = compiled(name, inputs, attrs);
  expect(got.length).toBe(wanted.length);
  for (const [k, view] of wanted.entries()) {
    expect(got[k]!.shape).toEqual(view.shape);
    expect(got[k]!.dtype).toBe(view.dtype);
    const [x, y] = [elementsOf(got[k]!), elementsOf(view)];
    const slack = allowed[k] ?? 0;
    const close = (a: number, b: number): boolean =>
      Object.is(a, b) || (Number.isFinite(b) && Math.abs(a - b) <= slack * Math.abs(b));
    const wrong = x.findIndex((a, i) => !close(a, y[i]!));
    if (wrong !== -1) {
      throw new Error(
        `${name}: result ${k} differs at ${wrong}: ${x[wrong]} instead of ${y[wrong]} for ${JSON.stringify(
          inputs.map((input) => [input.shape, elementsOf(input)]),
        )}`,
      );
    }
  }
}
