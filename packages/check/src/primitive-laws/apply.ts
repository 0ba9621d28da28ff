import {
  type AnyPrimitive,
  type Aval,
  bind,
  bindMulti,
  type CaseDraw,
  type Tensor,
  tensor,
} from '@tikhonov/core';
import type fc from 'fast-check';
import { drawn } from '../arbitraries/drawn.ts';
import { show } from '../show.ts';

/** A drawn case of a primitive, with whatever else a law needs drawn. */
export interface Example<Extra = null> {
  readonly inputs: readonly Tensor[];
  readonly attrs: unknown;
  readonly extra: Extra;
}

/** Cases of a primitive, and what `more` draws for them. */
export const examples = <Extra>(
  primitive: AnyPrimitive,
  more: (draw: CaseDraw, outputs: readonly Aval[]) => Extra,
): fc.Arbitrary<Example<Extra>> =>
  drawn((draw) => {
    const { inputs, attrs } = primitive.cases(draw);
    return { inputs, attrs, extra: more(draw, inferred(primitive, inputs, attrs)) };
  });

/** The primitive's outputs, through `bind`. */
export const apply = (
  primitive: AnyPrimitive,
  inputs: readonly Tensor[],
  attrs: unknown,
): readonly Tensor[] =>
  primitive.kind === 'single'
    ? [bind(primitive, inputs, attrs)]
    : bindMulti(primitive, inputs, attrs);

/** What the shape rule says of the outputs. */
export const inferred = (
  primitive: AnyPrimitive,
  inputs: readonly Aval[],
  attrs: unknown,
): readonly Aval[] =>
  primitive.kind === 'single' ? [primitive.infer(inputs, attrs)] : primitive.infer(inputs, attrs);

/** A dense copy. */
export const copyOf = (x: Tensor): Tensor => tensor(x.data(), { shape: x.shape, dtype: x.dtype });

/** The indices of floating inputs. */
export const floating = (inputs: readonly Tensor[]): number[] =>
  inputs.map((_, i) => i).filter((i) => isFloat(inputs[i]!));

/** Whether a value has derivatives. */
export const isFloat = (x: Aval): boolean => x.dtype === 'float32' || x.dtype === 'float64';

/** A case for a person. */
export const showExample =
  (primitive: AnyPrimitive) =>
  ({ inputs, attrs, extra }: Example<unknown>): string => {
    const rest = [attrs, extra].filter((part) => part !== null).map((part) => `, ${show(part)}`);
    return `${primitive.name}(${inputs.map(show).join(', ')}${rest.join('')})`;
  };
