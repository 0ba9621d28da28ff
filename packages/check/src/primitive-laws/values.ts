import { astype, type DType, type Tensor } from '@tikhonov/core';
import type { AnyPrimitive, RegisteredPrimitive } from '@tikhonov/core/engine';
import { type Law, law } from '../law.ts';
import { equalitySlack } from '../slack.ts';
import {
  copyOf,
  dtypesOf,
  type Example,
  examples,
  type Floating,
  inDtype,
  inferred,
  isFloat,
  primitiveSubject,
  type Subject,
  showExample,
} from './subject.ts';

const storage: Readonly<Record<DType, string>> = {
  float64: '[object Float64Array]',
  float32: '[object Float32Array]',
  int32: '[object Int32Array]',
  uint32: '[object Uint32Array]',
  bool: '[object Uint8Array]',
};

/** Throws unless the kernel's view has the inferred shape and dtype, and lies within its storage. */
function requireAgreement(
  primitive: AnyPrimitive,
  inputs: readonly Tensor[],
  attrs: unknown,
): void {
  const avals = inferred(primitive, inputs, attrs);
  const views = inputs.map((x) => x.view);
  const made =
    primitive.kind === 'single'
      ? [primitive.forward(views, attrs)]
      : primitive.forward(views, attrs);
  if (made.length !== avals.length) {
    throw new Error(`infer promises ${avals.length} outputs, forward makes ${made.length}`);
  }
  for (const [k, view] of made.entries()) {
    const want = avals[k]!;
    const same = want.dtype === view.dtype && String(want.shape) === String(view.shape);
    const tag = Object.prototype.toString.call(view.data);
    if (!same || view.stride.length !== view.shape.length || tag !== storage[want.dtype]) {
      throw new Error(
        `infer says ${want.dtype} [${want.shape.join(', ')}], forward made ` +
          `${view.dtype} [${view.shape.join(', ')}] with ${view.stride.length} strides in ${tag}`,
      );
    }
    if (view.shape.includes(0)) continue;
    const reach = view.shape.map((n, axis) => (n - 1) * view.stride[axis]!);
    const low = reach.reduce((at, r) => at + Math.min(0, r), view.offset);
    const high = reach.reduce((at, r) => at + Math.max(0, r), view.offset);
    if (low < 0 || high >= view.data.length) {
      throw new Error(
        `the view spans ${low} to ${high} of storage of ${view.data.length} elements`,
      );
    }
  }
}

/** `infer` agrees with `forward`, in float64 and float32. */
export const inferLaw = (registered: RegisteredPrimitive): Law => {
  const { primitive } = registered;
  const subject = primitiveSubject(registered);
  return law<Example>({
    id: `${subject.id}/infer`,
    statement: `the shape rule of ${primitive.name} says what its kernel makes`,
    cases: examples(subject, () => null),
    show: showExample(subject),
    dtypes: dtypesOf(subject),
    slack: ({ inputs, attrs }) => {
      for (const dtype of subject.dtypes) {
        requireAgreement(
          primitive,
          inputs.map((x) => inDtype(x, dtype)),
          attrs,
        );
      }
      return 1;
    },
  });
};

/** Whatever the strides, the values are the same to the last bit. */
export const viewsLaw = (subject: Subject): Law =>
  law<Example>({
    id: `${subject.id}/views`,
    statement: `${subject.name} gives bitwise the same for views as for contiguous copies`,
    cases: examples(subject, () => null),
    show: showExample(subject),
    dtypes: dtypesOf(subject),
    slack: ({ inputs, attrs }) => {
      const slackIn = (dtype: Floating): number => {
        const views = inputs.map((x) => inDtype(x, dtype));
        return bitwise(subject.apply(views, attrs), subject.apply(views.map(copyOf), attrs));
      };
      return Math.min(...subject.dtypes.map(slackIn));
    },
  });

/** 1 if all elements are identical, signs of zeros included, else -1. */
export function bitwise(got: readonly Tensor[], want: readonly Tensor[]): number {
  for (const [k, x] of got.entries()) {
    const [a, b] = [x.data(), want[k]!.data()];
    if (a.length !== b.length) return -1;
    for (let i = 0; i < a.length; i++) if (!Object.is(a[i], b[i])) return -1;
  }
  return got.length === want.length ? 1 : -1;
}

/** float32 values are those of float64, to float32's accuracy. */
export const singleLaw = (subject: Subject): Law =>
  law<Example>({
    id: `${subject.id}/float32`,
    statement: `${subject.name} in float32 agrees with float64 to 1e-4 (1 + |value|)`,
    cases: examples(subject, () => null),
    show: showExample(subject),
    effort: 0.5,
    dtypes: ['float32'],
    slack: ({ inputs, attrs }) => {
      const single = inputs.map((x) => inDtype(x, 'float32'));
      const double = single.map((x) => inDtype(x, 'float64'));
      const got = subject.apply(single, attrs).map((y) => (isFloat(y) ? astype(y, 'float64') : y));
      return equalitySlack(got, subject.apply(double, attrs), { atol: 1e-4, rtol: 1e-4 });
    },
  });
