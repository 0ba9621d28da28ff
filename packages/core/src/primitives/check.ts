import { eachRow } from '@tikhonov/array';
import { asTensor, type TensorLike } from '../as-tensor.ts';
import { bind } from '../bind.ts';
import type { Checks } from '../checks.ts';
import { DTypeError, requireFunction } from '../errors.ts';
import { definePrimitive, type Primitive } from '../primitive.ts';
import { equal } from './compare.ts';

/** Throws unless every element of a `bool` tensor is true; passes it through. */
export const checkP: Primitive<1, { readonly error: (index: number) => Error }> =
  /* @__PURE__ */ definePrimitive({
    name: 'check',
    effect: true,
    infer: ([condition]) => {
      if (condition.dtype !== 'bool') {
        throw new DTypeError(`check: the condition must be bool, got ${condition.dtype}.`);
      }
      return { shape: condition.shape, dtype: 'bool' };
    },
    forward: ([condition], { error }) => {
      let index = 0;
      eachRow(condition.shape, [condition], ([o], [s], n) => {
        for (let i = 0; i < n; i++, index++) {
          if (condition.data[o! + i * s!] === 0) throw error(index);
        }
      });
      return condition;
    },
    vjp: [null],
  });

export const checkChecks: Checks<typeof checkP> = {
  discrete: 'it returns its bool condition',
  cases: (draw) => {
    const x = draw.integers(draw.shape(), 0, 3);
    return { inputs: [equal(x, x)], attrs: { error: () => new Error('x differs from x') } };
  },
};

/**
 * Throws `error()` unless every element of `condition` is true. A requirement on data, stated as an
 * operation, so that it holds in compiled functions too: there it is looked at before any cell changes.
 *
 * @param condition  `bool`, any shape
 * @param error  makes the error; it is told the row-major position of the first false element
 * @throws DTypeError unless the condition is `bool`; TypeError unless `error` is a function
 * @example
 * ```ts
 * const rate = tensor(0.5);
 * check(less(rate, 1), () => new RangeError(`the rate must be below 1, got ${rate.item()}`));
 * ```
 */
export function check(condition: TensorLike, error: (index: number) => Error): void {
  requireFunction('check', error);
  bind(checkP, [asTensor(condition, 'check')], { error });
}
