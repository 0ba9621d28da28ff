import { type Tensor, vjp } from '@tikhonov/core';
import type { Aval, CaseDraw, RegisteredPrimitive } from '@tikhonov/core/engine';
import { type Law, law } from '../law.ts';
import type { Operation } from '../primitive-laws/operation.ts';
import {
  dtypesOf,
  type Example,
  examples,
  type Floating,
  floating,
  inDtype,
  isFloat,
  ofFloats,
  operationSubject,
  primitiveSubject,
  type Subject,
  showExample,
} from '../primitive-laws/subject.ts';
import { agreement, type Transformation } from './compare.ts';
import type { Experiment } from './predict.ts';

/** Cotangents of the floating outputs. */
type Cotangents = readonly Tensor[];

/**
 * The laws that a transformation of functions, such as a compiler, changes nothing: one law per primitive
 * or operation, `primitive/exp/compiled`. Each case is called twice, alone and with its pullback, in both
 * floating dtypes.
 *
 * @param transform  see `agreement`
 * @param suffix  the last part of the laws' ids. @defaultValue 'compiled'
 */
export const agreementLaws = (
  checked: readonly (RegisteredPrimitive | Operation)[],
  transform: Transformation,
  suffix = 'compiled',
): Law[] =>
  checked.map((each) => {
    const subject = 'primitive' in each ? primitiveSubject(each) : operationSubject(each);
    const differentiable = subject.differentiable && each.discrete === undefined;
    return lawOf(subject, differentiable, transform, suffix);
  });

function lawOf(
  subject: Subject,
  differentiable: boolean,
  transform: Transformation,
  suffix: string,
): Law {
  const cotangents = (draw: CaseDraw, outputs: readonly Aval[]): Cotangents =>
    outputs.filter(isFloat).map(({ shape }) => draw.tensor(shape));
  return law<Example<Cotangents>>({
    id: `${subject.id}/${suffix}`,
    statement: `${subject.name} and its pullback do the same ${suffix}`,
    cases: examples(subject, cotangents),
    show: showExample(subject),
    dtypes: dtypesOf(subject),
    slack: (example) => {
      for (const dtype of subject.dtypes) {
        const experiment = experimentOf(subject, example, differentiable, dtype);
        const { problem } = agreement(experiment, transform);
        if (problem !== null) throw new Error(`${dtype}: ${problem}`);
      }
      return 1;
    },
  });
}

/** A case as a function of its inputs and cotangents. */
function experimentOf(
  subject: Subject,
  { inputs, attrs, extra }: Example<Cotangents>,
  differentiable: boolean,
  dtype: Floating,
): Experiment {
  const args = inputs.map((x) => inDtype(x, dtype));
  const outputs = subject.outputs(args, attrs).filter(isFloat);
  const pulled = differentiable && floating(args).length > 0 && outputs.length > 0;
  const gs = pulled ? extra.map((g, k) => inDtype(g, outputs[k]!.dtype as Floating)) : [];
  const f = (...all: Tensor[]): readonly Tensor[] => {
    const own = all.slice(0, args.length);
    const plain = subject.apply(own, attrs);
    if (!pulled) return plain;
    const [, pullback] = vjp(
      ofFloats(subject, { inputs: own, attrs, extra: null }),
      floating(own).map((i) => own[i]!),
    );
    return [...plain, ...pullback(all.slice(args.length))];
  };
  const call = [...args, ...gs];
  return { build: () => ({ f, cells: [] }), calls: [call, call] };
}
