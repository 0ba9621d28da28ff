import * as Plot from '@observablehq/plot';
import { eye, matmul, mul, sqrt, square, sum, type Tensor, transpose } from '@tikhonov/core';
import { lstsq, solve, svdvals } from '@tikhonov/core/linalg';
import { proxL1 } from '@tikhonov/optim';
import { svg } from '../report/svg.ts';
import {
  type Centred,
  centre,
  geometric,
  lossGradient,
  penalizedPath,
  testError,
} from './linear-paths.ts';
import { loadProstate, predictors, prostateData } from './prostate.ts';
import { type AnyReproduction, type Comparison, reproduction } from './reproduction.ts';

/** Table 3.3 of the book: term by term, then the test error. */
const book = {
  leastSquares: {
    intercept: 2.465,
    coefficients: [0.68, 0.263, -0.141, 0.21, 0.305, -0.288, -0.021, 0.267],
    testError: 0.521,
  },
  ridge: { testError: 0.492, degrees: 5 },
  lasso: {
    coefficients: [0.533, 0.169, 0, 0.002, 0.094, 0, 0, 0],
    testError: 0.479,
  },
};

const total = (values: readonly number[]): number => values.reduce((sum, x) => sum + x, 0);
const absolute = (values: readonly number[]): number => total(values.map(Math.abs));

/** How large the book's coefficients of the lasso are together. */
const bookSize = absolute(book.lasso.coefficients);

/** The strength whose ridge fit has the given degrees of freedom, by halving. */
function ridgeStrength(x: Tensor, degrees: number): number {
  const squares = Array.from(svdvals(x).data(), (d) => d * d);
  const degreesAt = (lambda: number): number => total(squares.map((d) => d / (d + lambda)));
  let [low, high] = [0, 1e6];
  for (let k = 0; k < 200; k++) {
    const middle = (low + high) / 2;
    if (degreesAt(middle) > degrees) low = middle;
    else high = middle;
  }
  return high;
}

function ridge({ x, y }: Centred, lambda: number): number[] {
  const gram = matmul(transpose(x), x).add(mul(eye(x.shape[1]!, { dtype: 'float64' }), lambda));
  return solve(gram, matmul(transpose(x), y)).toArray<number[]>();
}

/** The same inputs with unit variance, and what they were divided by. */
function unitVariance(data: Centred): { readonly scaled: Centred; readonly deviations: number[] } {
  const variance = sum(square(data.x), { axis: 0 }).div(data.x.shape[0]! - 1);
  const deviation = sqrt(variance);
  return {
    scaled: { ...data, x: data.x.div(deviation) },
    deviations: deviation.toArray<number[]>(),
  };
}

/** By how much the conditions of a minimum of the lasso are missed. */
function optimality(data: Centred, beta: readonly number[], lambda: number): number {
  const gradient = lossGradient(data, beta);
  return Math.max(
    ...gradient.map((g, j) =>
      beta[j] === 0
        ? Math.max(0, Math.abs(g) - lambda)
        : Math.abs(g + lambda * Math.sign(beta[j]!)),
    ),
  );
}

const near = (what: string, ours: number, reference: number, within: number): Comparison => ({
  what,
  ours,
  reference,
  agrees: Math.abs(ours - reference) <= within,
  rule: `within ${within}`,
});

export const lassoProstate: AnyReproduction = reproduction({
  name: 'lasso-prostate',
  title: 'Least squares, ridge and the lasso on the prostate data',
  claim:
    'The lasso keeps four of eight predictors and predicts better than least squares; its coefficients fulfil the conditions of optimality.',
  reference: {
    authors: 'T. Hastie, R. Tibshirani, J. Friedman',
    title: 'The Elements of Statistical Learning, 2nd edition, section 3.4',
    venue: 'Springer',
    year: 2009,
    doi: '10.1007/978-0-387-84858-7',
  },
  seeds: 1,
  data: prostateData,
  run: async ({ data, quick }) => {
    const { train, test } = await loadProstate(data!);
    const centred = centre(train);
    const plain = lstsq(centred.x, centred.y).toArray<number[]>();
    // The book gives the intercept for predictors that are centred over all rows.
    const intercept = centred.meanY - total(plain.map((b, j) => b * centred.meanX.data()[j]!));
    // The lasso of the book gives the predictors unit variance over the training part.
    const { scaled, deviations } = unitVariance(centred);
    const plainScaled = plain.map((b, j) => b * deviations[j]!);
    const strongest = Math.max(
      ...lossGradient(
        scaled,
        plain.map(() => 0),
      ).map(Math.abs),
    );
    const strengths = geometric(strongest, strongest / 1000, quick ? 12 : 120);
    const path = penalizedPath(scaled, strengths, proxL1, quick ? 1500 : 4000);
    const shares = path.map((beta) => absolute(beta) / absolute(plainScaled));
    const back = (beta: readonly number[]): number[] => beta.map((b, j) => b / deviations[j]!);
    // The strength at which the coefficients are together as large as the book's: between two of the path.
    const behind = path.findIndex((beta) => absolute(back(beta)) > bookSize);
    let [strong, weak] = [strengths[behind - 1]!, strengths[behind]!];
    let chosen = path[behind]!;
    for (let k = 0; k < 25; k++) {
      const middle = (strong + weak) / 2;
      chosen = penalizedPath(scaled, [middle], proxL1, quick ? 1500 : 4000)[0]!;
      if (absolute(back(chosen)) > bookSize) weak = middle;
      else strong = middle;
    }
    const lambda = (strong + weak) / 2;
    const missed = Math.max(
      optimality(scaled, chosen, lambda),
      ...path.map((beta, k) => optimality(scaled, beta, strengths[k]!)),
    );
    const lasso = back(chosen);
    const support = chosen.flatMap((b, j) => (b === 0 ? [] : [predictors[j]!]));
    const bookSupport = book.lasso.coefficients.flatMap((b, j) =>
      b === 0 ? [] : [predictors[j]!],
    );
    const ridgeLambda = ridgeStrength(centred.x, book.ridge.degrees);
    const comparisons: Comparison[] = [
      near('least squares: intercept', intercept, book.leastSquares.intercept, 0.0005),
      ...plain.map((b, j) =>
        near(`least squares: ${predictors[j]}`, b, book.leastSquares.coefficients[j]!, 0.0005),
      ),
      near('least squares: test error', testError(centred, plain, test), 0.521, 0.0005),
      near(
        'ridge, 5 degrees of freedom: test error',
        testError(centred, ridge(centred, ridgeLambda), test),
        book.ridge.testError,
        0.005,
      ),
      {
        what: 'lasso: conditions of optimality, worst of all strengths',
        ours: missed,
        reference: 0,
        agrees: missed < 1e-6,
        rule: 'less than 0.000001',
      },
      {
        what: 'lasso: predictors kept',
        ours: support.join(', '),
        reference: bookSupport.join(', '),
        agrees: support.join() === bookSupport.join(),
        rule: 'the same',
      },
      ...lasso.flatMap((b, j) =>
        b === 0 ? [] : [near(`lasso: ${predictors[j]}`, b, book.lasso.coefficients[j]!, 0.0006)],
      ),
      near('lasso: test error', testError(centred, lasso, test), book.lasso.testError, 0.0006),
    ];
    const holds = comparisons.every(({ agrees }) => agrees !== false);
    const errors = path.map((beta) => testError(centred, back(beta), test));
    return {
      holds,
      verdict: `Least squares gives a test error of ${testError(centred, plain, test).toFixed(3)}, the lasso ${testError(centred, lasso, test).toFixed(3)} with ${support.length} predictors (${support.join(', ')}).`,
      comparisons,
      figures: [
        {
          title: 'The path of the coefficients',
          caption:
            'Coefficients of standardised predictors against how large they are together, as a share of least squares. The dashed line is the share that cross-validation chose in the book.',
          svg: pathFigure(path.map(back), shares, absolute(chosen) / absolute(plainScaled)),
        },
        {
          title: 'Test error along the path',
          caption: 'Mean squared error on the 30 men of the test part; the line is least squares.',
          svg: errorFigure(shares, errors, testError(centred, plain, test)),
        },
      ],
      notes: [
        'The minimised function is 1/(2n) |y - Xb|^2 + lambda |b|_1 over the 67 men of the training part, by proximal gradient steps in float64.',
        'Predictors are standardised over all 97 men, as in the book. Its table of the lasso follows only if they are then given unit variance over the 67 men of the training part, as the software of its authors does; coefficients are given for the former.',
        'The strength is that at which the coefficients are together as large as in the book, 0.798; the shrinkage of 0.36 that it names is that size, 0.367 of least squares, rounded down.',
      ],
    };
  },
});

function pathFigure(
  path: readonly (readonly number[])[],
  shares: readonly number[],
  bookShare: number,
): string {
  const points = path.flatMap((beta, k) =>
    beta.map((value, j) => ({ share: shares[k]!, value, predictor: predictors[j]! })),
  );
  const ends = apart(
    path.at(-1)!.map((value, j) => ({ share: 1, value, predictor: predictors[j]! })),
    0.035,
  );
  return svg({
    width: 720,
    height: 420,
    marginBottom: 44,
    marginRight: 80,
    x: { label: 'sum of absolute coefficients, share of least squares', grid: true },
    y: { label: 'coefficient', grid: true },
    marks: [
      Plot.ruleY([0]),
      Plot.ruleX([bookShare], { strokeDasharray: '4,3' }),
      Plot.line(points, { x: 'share', y: 'value', z: 'predictor', stroke: 'predictor' }),
      Plot.text(ends, { x: 'share', y: 'value', text: 'predictor', dx: 6, textAnchor: 'start' }),
    ],
  });
}

/** Labels from low to high, moved up where they would lie over each other. */
function apart<Label extends { readonly value: number }>(
  labels: readonly Label[],
  least: number,
): Label[] {
  let above = -Infinity;
  return [...labels]
    .sort((a, b) => a.value - b.value)
    .map((label) => {
      above = Math.max(label.value, above + least);
      return { ...label, value: above };
    });
}

function errorFigure(shares: readonly number[], errors: readonly number[], plain: number): string {
  const points = shares.map((share, k) => ({ share, error: errors[k]! }));
  return svg({
    width: 720,
    height: 280,
    marginBottom: 44,
    x: { label: 'sum of absolute coefficients, share of least squares', grid: true },
    y: { label: 'test error', grid: true, zero: false },
    marks: [
      Plot.ruleY([plain], { strokeDasharray: '4,3' }),
      Plot.line(points, { x: 'share', y: 'error', stroke: '#1f77b4', strokeWidth: 2 }),
    ],
  });
}
