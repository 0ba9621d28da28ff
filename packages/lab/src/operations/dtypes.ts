import { drawn, fc, type Operation } from '@tikhonov/check';
import { astype, type DType, type Tensor } from '@tikhonov/core';
import { bind, bindMulti, type RegisteredPrimitive } from '@tikhonov/core/engine';

const all: readonly DType[] = ['float64', 'float32', 'int32', 'uint32', 'bool'];

interface Case {
  readonly inputs: readonly Tensor[];
  readonly run: (inputs: readonly Tensor[]) => unknown;
}

const sample = (make: Parameters<typeof drawn<Case>>[0]): Case[] =>
  fc.sample(drawn(make), { numRuns: 12, seed: 0 });

/** Cases as calls of a list of tensors. */
export const callsOf = (checked: RegisteredPrimitive | Operation): Case[] =>
  'primitive' in checked
    ? sample((draw) => {
        const { inputs, attrs } = checked.cases(draw);
        const { primitive } = checked;
        const run = (xs: readonly Tensor[]): unknown =>
          primitive.kind === 'single'
            ? bind(primitive, xs, attrs)
            : bindMulti(primitive, xs, attrs);
        return { inputs, run };
      })
    : sample((draw) => {
        const [call, ...inputs] = checked.cases(draw);
        return { inputs, run: (xs) => call(...xs) };
      });

/**
 * The dtypes that an operation takes in place of its main inputs: the floating ones, or where there are
 * none those of the first one's dtype. Found by trying; an operation that refuses throws.
 */
export function dtypesOf(checked: RegisteredPrimitive | Operation): DType[] {
  const cases = callsOf(checked);
  return all.filter((dtype) =>
    cases.every(({ inputs, run }) => {
      const main = inputs.some((x) => x.dtype === 'float64') ? 'float64' : inputs[0]?.dtype;
      try {
        run(inputs.map((x) => (x.dtype === main ? astype(x, dtype) : x)));
        return true;
      } catch {
        return main === dtype;
      }
    }),
  );
}
