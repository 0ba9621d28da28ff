import { type Law, law, show } from '@tikhonov/check';
import {
  DTypeError,
  NoDerivativeError,
  ShapeError,
  Tensor,
  TraceError,
  tensor,
} from '@tikhonov/core';
import { calls } from './arguments.ts';
import { shapeRules } from './shape-rules.ts';
import { type Target, targets } from './targets.ts';

const kinds = [ShapeError, DTypeError, RangeError, TypeError, TraceError, NoDerivativeError];

/** Operations that are another under a second name, or part of it, and speak in the other's name. */
const spokenFor: readonly (readonly [string, RegExp])[] = [
  ['triangularSolve', /^linalg\.choleskySolve$/],
  ['eigh', /^linalg\.eigvalsh$/],
  ['matrixNorm', /^linalg\.(nuclear|spectral)Norm$/],
  ['svd', /^linalg\.svdvals$/],
  ['norm', /^linalg\.vectorNorm$/],
  ['scatterAdd', /^indexAdd$/],
  ['gather', /^indexSelect$/],
  ['maxPool', /^maxPool\dd?WithIndices$/],
  ['grad', /^valueAndGrad|^hvp$/],
  ['vjp', /^hvp$/],
  ['concat', /^stack$/],
  // Weights may be given as lists, which become tensors.
  ['tensor', /^nn\.(binaryC|c)rossEntropy|^nn\.nllLoss$/],
  ['equal', /^nn\.cosineEmbeddingLoss$/],
  ['astype', /^nn\.smoothLabels$/],
  ['childContext', /^nn\.contexts$/],
  ['mse', /^nn\.mseLoss$/],
  ['matmul', /^tensordot$/],
  ['inverse', /^linalg\.inv$/],
  ['dropout', /^nn\.scaledDotProductAttention$/],
  ['fans', /^nn\.init\./],
  ['glorot', /^nn\.init\.xavier/],
  ['tensor', /^nn\.init\.dirac$/],
  ['full', /^nn\.init\./],
  ['zeros', /^nn\.init\./],
  ['matmul', /^nn\.(attentionWeights|scaledDot)/],
  // Draws are made of draws, and need a key.
  ['random.', /^random\.|^nn\.(dropout|scaledDot|init)/],
];

function isNamed(name: string, message: string): boolean {
  const own = name.split('.').at(-1)!;
  const others = spokenFor.filter(([, names]) => names.test(name)).map(([other]) => other);
  return [own, ...others].some((text) => message.includes(text));
}

/** What is wrong with an error, if anything. */
function flawOf(name: string, error: unknown): string | null {
  if (!(error instanceof Error)) return `threw ${String(error)}`;
  const { message } = error;
  const shown = `${error.name}: ${message}`;
  if (message.startsWith('internal:')) return `an internal error: ${shown}`;
  // A plain Error is for what is neither a bad number nor a bad kind, such as an unreached parameter.
  const isPlain = error.constructor === Error;
  if (!isPlain && !kinds.some((kind) => error instanceof kind))
    return `of no kind of ours: ${shown}`;
  return isNamed(name, message) ? null : `the error does not name ${name}: ${shown}`;
}

/** Throws if a result is not what an independent rule says, or no proper tensor. */
function requireSound(name: string, values: readonly unknown[], result: unknown): void {
  if (!(result instanceof Tensor)) return;
  const size = result.shape.reduce((product, n) => product * n, 1);
  if (!result.shape.every((n) => Number.isInteger(n) && n >= 0) || result.data().length !== size) {
    throw new Error(`the result has shape [${result.shape}] and ${result.data().length} elements`);
  }
  if (name.startsWith('Tensor.') && !(values[0] instanceof Tensor)) return;
  const want = shapeRules.get(name.replace(/^Tensor\./, ''))?.(values);
  if (want === undefined || want === null) return;
  const dtype = want.dtype ?? result.dtype;
  if (String(want.shape) !== String(result.shape) || dtype !== result.dtype) {
    throw new Error(
      `the result is ${result.dtype} [${result.shape}], a rule of its own says ${dtype} [${want.shape}]`,
    );
  }
}

/** The options that an operation says it takes when it is given one that it does not. */
function optionsOf({ call }: Target): string[] {
  const found = new Set<string>();
  for (const first of [tensor([[[1, 2]]]), tensor([1]), tensor([1], { dtype: 'int32' })]) {
    for (const rest of [[], [first], [first, first], [1], [[1]]]) {
      try {
        call(first, ...rest, { misspelt: 1 });
      } catch (error) {
        const said = /unknown option "misspelt"\.\s*It takes ([\w, ]+)\./.exec(String(error))?.[1];
        for (const option of said?.split(/, | and /) ?? []) found.add(option);
      }
    }
  }
  return [...found];
}

const lawOf = ({ name, call }: Target): Law =>
  law<readonly unknown[]>({
    id: `calls/${name}/errors`,
    statement: `whatever ${name} is called with, it works or says what is wrong`,
    cases: calls(optionsOf({ name, call })),
    show: (values) => `${name}(${values.map(show).join(', ')})`,
    slack: (values) => {
      let result: unknown;
      try {
        result = call(...values);
      } catch (error) {
        const flaw = flawOf(name, error);
        if (flaw !== null) throw new Error(flaw);
        return 1;
      }
      requireSound(name, values, result);
      return 1;
    },
  });

/** One law per exported operation: bad calls end in errors of ours. */
export const fuzzLaws = (of: readonly Target[] = targets()): Law[] => of.map(lawOf);
