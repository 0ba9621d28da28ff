import { drawn, type Law, law } from '@tikhonov/check';
import {
  Cell,
  matmul,
  mul,
  parameter,
  sum,
  type Tensor,
  tanh,
  tensor,
  valueAndGrad,
  zerosLike,
} from '@tikhonov/core';
import { exactly } from './slack.ts';

/** A term with a strength that closes over a network. */
export type ClosedTerm = (
  forward: (x: Tensor) => Tensor,
  x: Tensor,
  strength: number | Cell,
) => Tensor;

/**
 * The law that a term which is switched off leaves value and gradients of the loss as they are, and gives weights
 * that only its closure uses a gradient of 0, so that no optimizer misses them.
 *
 * @param id  of the method, or with a part of it behind a slash
 * @param off  the strength that switches it off. @defaultValue 0
 */
export const innerWeightsLaw = (
  id: string,
  term: ClosedTerm,
  { off = 0 }: { readonly off?: number } = {},
): Law =>
  law({
    id: `${id.includes('/') ? `${id}-` : `${id}/`}inner-weights`,
    statement: `At strength ${off} value and gradients are those of the loss alone, and 0 for weights that only the term uses, infinite ones too.`,
    cases: drawn((draw) => ({
      x: draw.tensor([draw.integer(1, 3), 2]),
      v: draw.tensor([3]),
      weights: [draw.tensor([2, 3]), draw.tensor([3, 2])],
      infinite: draw.pick([true, false]),
      held: draw.pick([true, false]),
    })),
    slack: ({ x, v, weights, infinite, held }) => {
      const [own, first, last] = [v, weights[0]!, weights[1]!.mul(infinite ? Infinity : 1)];
      const parameters = { own: parameter(own), first: parameter(first), last: parameter(last) };
      const forward = (rows: Tensor): Tensor =>
        matmul(tanh(matmul(rows, parameters.first)), parameters.last);
      const strength = held ? new Cell(tensor(off, { dtype: 'float64' })) : off;
      const loss = (): Tensor => sum(mul(parameters.own, parameters.own));
      const [value, gradients] = valueAndGrad(
        (_: typeof parameters) => loss().add(term(forward, x, strength)),
        { createGraph: false, unreached: 'error' },
      )(parameters);
      return Math.min(
        exactly(value, loss()),
        exactly(gradients.own, own.mul(2)),
        exactly(gradients.first, zerosLike(first)),
        exactly(gradients.last, zerosLike(last)),
      );
    },
    effort: 0.3,
  });
