import { compile } from '@tikhonov/compile';
import {
  Cell,
  matmul,
  mean,
  mul,
  parameter,
  square,
  sub,
  type Tensor,
  tensor,
  transpose,
  zeros,
} from '@tikhonov/core';
import { svdvals } from '@tikhonov/core/linalg';
import { type Prox, proximal, type Scalar, sgd } from '@tikhonov/optim';

/** Inputs and responses, both centred: the intercept is the mean response. */
export interface Centred {
  readonly x: Tensor;
  readonly y: Tensor;
  readonly meanX: Tensor;
  readonly meanY: number;
}

/** Takes means away. */
export function centre({ x, y }: { readonly x: Tensor; readonly y: Tensor }): Centred {
  const meanX = mean(x, { axis: 0 });
  const meanY = mean(y).item();
  return { x: sub(x, meanX), y: sub(y, meanY), meanX, meanY };
}

/** Mean squared error of coefficients on other rows. */
export function testError(
  { meanX, meanY }: Centred,
  coefficients: readonly number[],
  rows: { readonly x: Tensor; readonly y: Tensor },
): number {
  const beta = tensor(coefficients, { dtype: 'float64' });
  const predicted = matmul(sub(rows.x, meanX), beta).add(meanY);
  return mean(square(sub(predicted, rows.y))).item();
}

/** The gradient of `1/(2n) |y - x beta|^2`. */
export function lossGradient({ x, y }: Centred, coefficients: readonly number[]): number[] {
  const beta = tensor(coefficients, { dtype: 'float64' });
  const residual = sub(matmul(x, beta), y);
  return matmul(transpose(x), residual).div(x.shape[0]!).toArray<number[]>();
}

/**
 * The minimisers of `1/(2n) |y - x beta|^2 + penalty` for strengths one after the other, each from the last:
 * proximal gradient descent as one compiled step whose strength is a cell.
 */
export function penalizedPath(
  { x, y }: Centred,
  strengths: readonly number[],
  proxOf: (strength: Cell) => Prox,
  steps = 4000,
): number[][] {
  const [n, p] = x.shape as [number, number];
  const float64 = { dtype: 'float64' } as const;
  const lipschitz = svdvals(x).data()[0]! ** 2 / n;
  const strength = new Cell(tensor(0, float64));
  const beta = parameter(zeros([p], float64));
  const optimizer = sgd(
    { beta },
    {
      lr: 1 / lipschitz,
      updates: (lr: Scalar) => [proximal(proxOf(strength), lr, { select: () => true })],
    },
  );
  const step = compile(() => {
    optimizer.minimize(() => mul(mean(square(sub(matmul(x, beta.read()), y))), 0.5));
  });
  return strengths.map((value) => {
    strength.write(value);
    for (let k = 0; k < steps; k++) step();
    return beta.read().toArray<number[]>();
  });
}

/** Numbers from a first to a last one, by equal factors. */
export const geometric = (from: number, to: number, count: number): number[] =>
  Array.from({ length: count }, (_, k) => from * (to / from) ** (k / (count - 1)));
