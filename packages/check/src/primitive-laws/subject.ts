import { DTypeError, type Tensor, tensor } from '@tikhonov/core';
import {
  type AnyPrimitive,
  type Aval,
  bind,
  bindMulti,
  type CaseDraw,
  flattenTree,
  fromView,
  type RegisteredPrimitive,
} from '@tikhonov/core/engine';
import fc from 'fast-check';
import { drawn } from '../arbitraries/drawn.ts';
import { show } from '../show.ts';
import type { Operation } from './operation.ts';

/** A drawn case, with whatever else a law needs drawn. */
export interface Example<Extra = null> {
  readonly inputs: readonly Tensor[];
  readonly attrs: unknown;
  readonly extra: Extra;
}

/** What a law is about: a primitive or an operation, seen as a function of a list of tensors. */
export interface Subject {
  /** `primitive/exp`, `operation/softmax`. */
  readonly id: string;
  readonly name: string;
  readonly cases: (draw: CaseDraw) => { readonly inputs: readonly Tensor[]; attrs: unknown };
  /** The outputs, through `bind`. */
  readonly apply: (inputs: readonly Tensor[], attrs: unknown) => readonly Tensor[];
  /** Shapes and dtypes of the outputs. */
  readonly outputs: (inputs: readonly Tensor[], attrs: unknown) => readonly Aval[];
  /** What NaN does, if it may stay out of results. */
  readonly nonFinite: string | undefined;
  /** Whether a derivative may be asked for at all. */
  readonly differentiable: boolean;
  /** The floating dtypes that it takes, float64 first. */
  readonly dtypes: readonly Floating[];
  /** Whether its cases have floating inputs. */
  readonly takesFloats: boolean;
}

/** What a law tells of the dtypes of its cases. */
export const dtypesOf = ({ takesFloats, dtypes }: Subject): readonly Floating[] =>
  takesFloats ? dtypes : [];

/** A dtype that has derivatives. */
export type Floating = 'float64' | 'float32';

/** Finds out by trying whether a subject takes float32. */
function withDtypes(subject: Omit<Subject, 'dtypes' | 'takesFloats'>): Subject {
  const samples = fc.sample(
    drawn((draw) => subject.cases(draw)),
    { numRuns: 3, seed: 0 },
  );
  const takesFloats = samples.some(({ inputs }) => inputs.some(isFloat));
  try {
    for (const { inputs, attrs } of samples) {
      subject.outputs(
        inputs.map((x) => inDtype(x, 'float32')),
        attrs,
      );
    }
    return { ...subject, takesFloats, dtypes: ['float64', 'float32'] };
  } catch (error) {
    if (!(error instanceof DTypeError)) throw error;
    return { ...subject, takesFloats, dtypes: ['float64'] };
  }
}

/** A primitive as a law sees it. */
export const primitiveSubject = ({ primitive, cases, nonFinite }: RegisteredPrimitive): Subject =>
  withDtypes({
    id: `primitive/${primitive.name}`,
    name: primitive.name,
    cases,
    apply: (inputs, attrs) =>
      primitive.kind === 'single'
        ? [bind(primitive, inputs, attrs)]
        : bindMulti(primitive, inputs, attrs),
    outputs: (inputs, attrs) => inferred(primitive, inputs, attrs),
    nonFinite,
    differentiable: primitive.nondifferentiable === undefined,
  });

type Call = (...inputs: readonly Tensor[]) => unknown;

/** An operation as a law sees it: its attributes are the call that a case made. */
export function operationSubject(operation: Operation): Subject {
  const apply = (inputs: readonly Tensor[], call: unknown): readonly Tensor[] =>
    flattenTree<Tensor>((call as Call)(...inputs), operation.name).leaves;
  return withDtypes({
    id: `operation/${operation.name}`,
    name: operation.name,
    cases: (draw) => {
      const [call, ...inputs] = operation.cases(draw);
      return { inputs, attrs: call };
    },
    apply,
    outputs: apply,
    nonFinite: operation.nonFinite,
    differentiable: true,
  });
}

/** What the shape rule of a primitive says of the outputs. */
export const inferred = (
  primitive: AnyPrimitive,
  inputs: readonly Aval[],
  attrs: unknown,
): readonly Aval[] =>
  primitive.kind === 'single' ? [primitive.infer(inputs, attrs)] : primitive.infer(inputs, attrs);

/** Cases of a subject, and what `more` draws for them. */
export const examples = <Extra>(
  subject: Subject,
  more: (draw: CaseDraw, outputs: readonly Aval[]) => Extra,
): fc.Arbitrary<Example<Extra>> =>
  drawn((draw) => {
    const { inputs, attrs } = subject.cases(draw);
    return { inputs, attrs, extra: more(draw, subject.outputs(inputs, attrs)) };
  });

/** A dense copy. */
export const copyOf = (x: Tensor): Tensor => tensor(x.data(), { shape: x.shape, dtype: x.dtype });

/** The tensor in the other floating dtype, in the same layout; others as they are. */
export function inDtype(x: Tensor, dtype: Floating): Tensor {
  if (!isFloat(x) || x.dtype === dtype) return x;
  const { data, ...layout } = x.view;
  const cast = dtype === 'float32' ? Float32Array.from(data) : Float64Array.from(data);
  return fromView({ ...layout, dtype, data: cast });
}

/** The indices of floating inputs. */
export const floating = (inputs: readonly Tensor[]): number[] =>
  inputs.map((_, i) => i).filter((i) => isFloat(inputs[i]!));

/** The subject as a function from its floating inputs alone to its floating outputs. */
export const ofFloats =
  (subject: Subject, { inputs, attrs }: Example<unknown>) =>
  (...floats: readonly Tensor[]): readonly Tensor[] => {
    const all = [...inputs];
    for (const [k, i] of floating(inputs).entries()) all[i] = floats[k]!;
    return subject.apply(all, attrs).filter(isFloat);
  };

/** The floating inputs of a case. */
export const floatsOf = ({ inputs }: Example<unknown>): Tensor[] =>
  floating(inputs).map((i) => inputs[i]!);

/** Whether a value has derivatives. */
export const isFloat = (x: Aval): boolean => x.dtype === 'float32' || x.dtype === 'float64';

/** A case for a person. */
export const showExample =
  (subject: Subject) =>
  ({ inputs, attrs, extra }: Example<unknown>): string => {
    const rest = [attrs, extra]
      .filter((part) => part !== null)
      .map((part) => `, ${typeof part === 'function' ? String(part) : show(part)}`);
    return `${subject.name}(${inputs.map(show).join(', ')}${rest.join('')})`;
  };
