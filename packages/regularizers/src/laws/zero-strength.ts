import { drawn, type Law, law } from '@tikhonov/check';
import { Cell, grad, type Tensor, tensor, zerosLike } from '@tikhonov/core';
import { exactly } from './slack.ts';

/** The law that a strength of 0, a number or a cell, switches a penalty off whatever the weights are. */
export const zeroStrengthLaw = (
  id: string,
  penalty: (ws: readonly Tensor[], zero: number | Cell) => Tensor,
): Law =>
  law({
    id: `${id}/zero-strength`,
    statement:
      'A strength of 0 gives value 0 and gradient 0, even for weights that are not finite.',
    cases: drawn((draw) => ({
      w: draw.tensor(draw.shape({ minSize: 1 })),
      factor: draw.pick([Infinity, -Infinity, Number.NaN]),
      held: draw.pick([true, false]),
    })),
    slack: ({ w, factor, held }) => {
      const zero = held ? new Cell(tensor(0, { dtype: 'float64' })) : 0;
      const all = [w, w.mul(factor)];
      const gradients = grad((ws: readonly Tensor[]) => penalty(ws, zero))(all);
      return Math.min(
        exactly(penalty(all, zero), 0),
        ...gradients.map((g) => exactly(g, zerosLike(w))),
      );
    },
  });
