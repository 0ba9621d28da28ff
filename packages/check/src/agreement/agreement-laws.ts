import { type Tensor, tensor, vjp } from '@tikhonov/core';
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
 * The laws that a transformation of functions, such as a compiler, changes nothing: for every primitive or
 * operation one about it and its pullback, `primitive/exp/compiled`, and one about its second derivatives
 * where it has any, `primitive/exp/compiled-twice`. Each case is called twice, in both floating dtypes.
 *
 * @param transform  see `agreement`
 * @param suffix  the last part of the laws' ids. @defaultValue 'compiled'
 */
export const agreementLaws = (
  checked: readonly (RegisteredPrimitive | Operation)[],
  transform: Transformation,
  suffix = 'compiled',
): Law[] =>
  checked.flatMap((each) => {
    const subject = 'primitive' in each ? primitiveSubject(each) : operationSubject(each);
    const differentiable = subject.differentiable && each.discrete === undefined;
    const once = lawOf(subject, transform, {
      id: `${subject.id}/${suffix}`,
      statement: `${subject.name}${differentiable ? ' and its pullback do' : ' does'} the same ${suffix}`,
      experiment: differentiable ? pulledBack : plain,
    });
    if (!differentiable || !subject.takesFloats) return [once];
    const twice = lawOf(subject, transform, {
      id: `${subject.id}/${suffix}-twice`,
      statement: `second derivatives of ${subject.name} are the same ${suffix}`,
      experiment: pulledBackTwice,
    });
    return [once, twice];
  });

/** A case as a function of tensors, and what it is called with; `null` if there is nothing to it. */
type Making = (
  subject: Subject,
  example: Example<Cotangents>,
  dtype: Floating,
) => Experiment | null;

function lawOf(
  subject: Subject,
  transform: Transformation,
  { id, statement, experiment }: { id: string; statement: string; experiment: Making },
): Law {
  const cotangents = (draw: CaseDraw, outputs: readonly Aval[]): Cotangents =>
    outputs.filter(isFloat).map(({ shape }) => draw.tensor(shape));
  return law<Example<Cotangents>>({
    id,
    statement,
    cases: examples(subject, cotangents),
    show: showExample(subject),
    dtypes: dtypesOf(subject),
    slack: (example) => {
      for (const dtype of subject.dtypes) {
        const made = experiment(subject, example, dtype);
        const problem = made === null ? null : agreement(made, transform).problem;
        if (problem !== null) throw new Error(`${dtype}: ${problem}`);
      }
      return 1;
    },
  });
}

const calledTwice = (
  f: (...args: Tensor[]) => readonly Tensor[],
  args: readonly Tensor[],
): Experiment => ({ build: () => ({ f, cells: [] }), calls: [args, args] });

/** A case alone. */
const plain: Making = (subject, { inputs, attrs }, dtype) =>
  calledTwice(
    (...xs) => subject.apply(xs, attrs),
    inputs.map((x) => inDtype(x, dtype)),
  );

/** A case's inputs in a dtype, and the cotangents of its floating outputs. */
function operandsOf(
  subject: Subject,
  { inputs, attrs, extra }: Example<Cotangents>,
  dtype: Floating,
): { readonly args: readonly Tensor[]; readonly gs: readonly Tensor[] } {
  const args = inputs.map((x) => inDtype(x, dtype));
  const outputs = subject.outputs(args, attrs).filter(isFloat);
  const gs = extra.map((g, k) => inDtype(g, outputs[k]!.dtype as Floating));
  return { args, gs };
}

/** The pullback of a case as a function of its floating inputs. */
const pullbackOf =
  (subject: Subject, attrs: unknown, own: readonly Tensor[], gs: readonly Tensor[]) =>
  (...floats: readonly Tensor[]): readonly Tensor[] => {
    const [, pullback] = vjp(ofFloats(subject, { inputs: own, attrs, extra: null }), [...floats]);
    return pullback([...gs]);
  };

/** A case with its pullback, as a function of its inputs and cotangents. */
const pulledBack: Making = (subject, example, dtype) => {
  const { args, gs } = operandsOf(subject, example, dtype);
  const { attrs } = example;
  if (floating(args).length === 0 || gs.length === 0) return plain(subject, example, dtype);
  return calledTwice(
    (...all) => {
      const own = all.slice(0, args.length);
      const pulled = pullbackOf(subject, attrs, own, all.slice(args.length));
      return [...subject.apply(own, attrs), ...pulled(...floating(own).map((i) => own[i]!))];
    },
    [...args, ...gs],
  );
};

/** The pullback of a case's pullback, as a function of its inputs, cotangents and those of its gradients. */
const pulledBackTwice: Making = (subject, example, dtype) => {
  const { args, gs } = operandsOf(subject, example, dtype);
  const { attrs } = example;
  const places = floating(args);
  if (places.length === 0 || gs.length === 0) return null;
  return calledTwice(
    (...all) => {
      const own = all.slice(0, args.length);
      const given = all.slice(args.length, args.length + gs.length);
      const first = pullbackOf(subject, attrs, own, given);
      const [, pullback] = vjp(
        first,
        places.map((i) => own[i]!),
      );
      return pullback(all.slice(args.length + gs.length));
    },
    [...args, ...gs, ...places.map((i) => weights(args[i]!))],
  );
};

/** A cotangent that weighs elements differently. */
function weights({ shape, dtype, size }: Tensor): Tensor {
  const data = Float64Array.from({ length: size }, (_, i) => ((5 * i) % 8) / 4 - 0.75);
  return tensor(data, { shape, dtype });
}
