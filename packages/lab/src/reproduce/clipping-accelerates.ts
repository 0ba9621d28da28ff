import * as Plot from '@observablehq/plot';
import { compile } from '@tikhonov/compile';
import {
  add,
  asinh,
  cosh,
  grad,
  type Parameter,
  parameter,
  sqrt,
  square,
  type Tensor,
  tensor,
} from '@tikhonov/core';
import { clipByGlobalNorm, globalNorm, sgd } from '@tikhonov/optim';
import { curvature, relaxedSmoothness } from '@tikhonov/regularizers';
import { svg } from '../report/svg.ts';
import { geometric } from './linear-paths.ts';
import { type AnyReproduction, type Comparison, reproduction } from './reproduction.ts';
import { slopeOf } from './slopes.ts';

type Kind = 'constant' | 'clipped';

interface Input {
  readonly kind: Kind;
  /** The gradient's norm in the steep direction where descent starts. */
  readonly steepness: number;
  readonly quick: boolean;
}

/** The fewest steps that any setting needed, and how the gradient fell with that setting. */
interface Output extends Input {
  readonly steps: number;
  readonly lr: number;
  readonly clip: number | null;
  /** Gradient norms at some steps. */
  readonly path: readonly { readonly step: number; readonly norm: number }[];
}

const float64 = { dtype: 'float64' } as const;
/** Length of the flat way, and the gradient's norm at which a point counts as stationary. */
const [far, tolerance] = [30, 0.01];
/** After which a rate counts as one that does not arrive: too large ones go round in circles. */
const mostSteps = 20_000;

interface Named {
  readonly x: Parameter;
  readonly y: Parameter;
}

/** `cosh x + sqrt(1 + y^2) - 2`: steep in x, of slope at most 1 in y; its minimum is 0. */
const lossOf = (x: Tensor, y: Tensor): Tensor => add(cosh(x), sqrt(add(square(y), 1))).sub(2);

/** Where the steep part has this slope. */
const startOf = (steepness: number): Tensor => asinh(tensor(steepness, float64));

/** Descends from the start and counts steps, once per learning rate. */
function descent(steepness: number, clip: number | null) {
  const named: Named = {
    x: parameter(tensor(0, float64)),
    y: parameter(tensor(0, float64)),
  };
  const gradients = clip === null ? [] : [clipByGlobalNorm(clip)];
  const optimizer = sgd({ ...named }, { lr: 0, gradients });
  const gradient = grad(({ x, y }: Named) => lossOf(x.read(), y.read()), { createGraph: false });
  const step = compile((): Tensor => {
    const g = { ...gradient(named) };
    optimizer.apply(g);
    return globalNorm(g);
  });
  return (lr: number, limit: number): { readonly steps: number; readonly norms: number[] } => {
    named.x.write(startOf(steepness));
    named.y.write(tensor(far, float64));
    optimizer.lr = lr;
    const norms: number[] = [];
    while (norms.length < limit) {
      const norm = step().item();
      norms.push(norm);
      if (norm <= tolerance) return { steps: norms.length - 1, norms };
      // Farther up than where it started: this rate diverges.
      if (!(norm < 10 * (steepness + 1))) break;
    }
    return { steps: Infinity, norms };
  };
}

function task({ kind, steepness, quick }: Input): Output {
  const rates = geometric(8, kind === 'constant' ? 1e-4 : 1 / 16, quick ? 16 : 50);
  const clips = kind === 'constant' ? [null] : quick ? [1] : [0.5, 1, 2, 4, 8];
  let best: Output = { kind, steepness, quick, steps: Infinity, lr: 0, clip: null, path: [] };
  for (const clip of clips) {
    const descend = descent(steepness, clip);
    for (const lr of rates) {
      // Slower than the best one so far is not the best one.
      const { steps, norms } = tryToDescend(() =>
        descend(lr, Math.min(best.steps, quick ? 500 : mostSteps)),
      );
      if (steps < best.steps) best = { ...best, steps, lr, clip, path: thinned(norms) };
    }
  }
  return best;
}

const none = { steps: Infinity, norms: [] };

function tryToDescend(run: () => { readonly steps: number; readonly norms: number[] }) {
  try {
    return run();
  } catch (error) {
    // Of a gradient or an update that is not finite.
    if (error instanceof RangeError) return none;
    throw error;
  }
}

/** Some hundred of the values, close together at the start. */
function thinned(norms: readonly number[]): { step: number; norm: number }[] {
  const steps = new Set(
    [0, ...geometric(1, Math.max(2, norms.length - 1), 200)].map((k) => Math.round(k)),
  );
  return [...steps].flatMap((step) => {
    const norm = norms[step];
    return norm === undefined ? [] : [{ step: step + 1, norm }];
  });
}

/** Norms of gradient and Hessian at points between the steepest start and the minimum. */
const curvatures = (steepest: number, count: number) =>
  geometric(0.01, steepest, count).flatMap((steepness) =>
    [0, 1, 5].map((y) => {
      const at = { x: startOf(steepness), y: tensor(y, float64) };
      const { gradientNorm, hessianNorm } = curvature(({ x, y: v }) => lossOf(x, v), at);
      return { gradientNorm: gradientNorm.item(), hessianNorm: hessianNorm.item() };
    }),
  );

export const clippingAccelerates: AnyReproduction = reproduction<Input, Output>({
  name: 'clipping-accelerates',
  title: 'Clipped gradient descent on a loss without a Lipschitz gradient',
  claim:
    'Where the curvature grows with the gradient, the steps that the best constant rate needs grow nearly in proportion to the largest gradient, and those of clipped descent do not.',
  reference: {
    authors: 'J. Zhang, T. He, S. Sra, A. Jadbabaie',
    title: 'Why Gradient Clipping Accelerates Training: A Theoretical Justification for Adaptivity',
    venue: 'ICLR',
    year: 2020,
    arxiv: '1905.11881',
  },
  seeds: 1,
  task: async (input) => task(input),
  run: async ({ quick, runTasks }) => {
    const steepnesses = quick ? [10, 30, 100] : geometric(10, 3000, 8);
    const kinds: readonly Kind[] = ['constant', 'clipped'];
    const inputs = [...steepnesses]
      .reverse()
      .flatMap((steepness) => kinds.map((kind): Input => ({ kind, steepness, quick })));
    const outputs = await runTasks(
      inputs,
      ({ kind, steepness }) => `${kind}, M = ${steepness.toFixed(0)}`,
    );
    const of = (kind: Kind): Output[] => outputs.filter((output) => output.kind === kind).reverse();
    const [constant, clipped] = [of('constant'), of('clipped')];
    const logs = (each: readonly Output[]): number[] => each.map(({ steps }) => Math.log(steps));
    // The paper's lower bound for a constant rate grows like M / (1 + log M).
    const bound = steepnesses.map((m) => Math.log(m / (1 + Math.log(m))));
    const growth = {
      constant: slopeOf(bound, logs(constant)),
      clipped: slopeOf(
        steepnesses.map((m) => Math.log(m)),
        logs(clipped),
      ),
    };
    const points = curvatures(steepnesses.at(-1)!, quick ? 4 : 12);
    const { l0, l1 } = relaxedSmoothness(points);
    const last = { constant: constant.at(-1)!, clipped: clipped.at(-1)! };
    const comparisons: Comparison[] = [
      {
        what: 'L1 of the loss: growth of curvature with the gradient',
        ours: l1,
        reference: 1,
        agrees: l1 <= 1 + 1e-6,
        rule: 'at most 1, by the formula',
      },
      {
        what: 'L0: curvature where the gradient vanishes',
        ours: l0,
        reference: 1,
        agrees: l0 <= 1 + 1e-6,
        rule: 'at most 1, by the formula',
      },
      {
        what: 'constant rate: power of M / (1 + log M) by which steps grow',
        ours: growth.constant,
        reference: 1,
        agrees: Math.abs(growth.constant - 1) < 0.15,
        rule: 'within 0.15',
      },
      {
        what: 'clipped: power of M by which steps grow',
        ours: growth.clipped,
        reference: 0,
        agrees: Math.abs(growth.clipped) < 0.15,
        rule: 'within 0.15',
      },
      {
        what: `steps of the constant rate for one of clipping, at M = ${last.clipped.steepness.toFixed(0)}`,
        ours: last.constant.steps / last.clipped.steps,
        reference: null,
        agrees: last.constant.steps > last.clipped.steps,
        rule: 'more than 1',
      },
    ];
    return {
      holds: comparisons.every(({ agrees }) => agrees === true),
      verdict: `As the largest gradient grows from ${steepnesses[0]!.toFixed(0)} to ${steepnesses.at(-1)!.toFixed(0)}, the best constant rate needs ${constant[0]!.steps} to ${last.constant.steps} steps, clipped descent ${clipped[0]!.steps} to ${last.clipped.steps}.`,
      comparisons,
      figures: [
        {
          title: 'Steps until the gradient is small',
          caption: `Steps to a gradient of norm ${tolerance} by the largest gradient on the way, M; every point is the best of a grid of settings.`,
          svg: stepsFigure([...constant, ...clipped]),
        },
        {
          title: 'The descent',
          caption: `Norm of the gradient along the best descents at M = ${last.clipped.steepness.toFixed(0)}: a rate that survives the steep start is too small for the flat way.`,
          svg: descentFigure(last),
        },
      ],
      tables: [
        {
          title: 'The best settings',
          head: ['M', 'constant: rate', 'steps', 'clipped: rate', 'bound', 'steps'],
          rows: constant.map((plain, k) => {
            const short = clipped[k]!;
            return [
              plain.steepness.toFixed(0),
              plain.lr.toPrecision(3),
              plain.steps,
              short.lr.toPrecision(3),
              short.clip ?? '',
              short.steps,
            ];
          }),
        },
      ],
      notes: [
        `The loss is cosh x + sqrt(1 + y^2) - 2, which is (1, 1)-smooth; descent starts at sinh x = M, y = ${far}. It puts into one loss what the paper's lower bound has in two: a steep part that bounds the rate, and a flat one that needs a large rate.`,
        `Both are tuned for every M alike: ${quick ? 16 : 50} rates (from 8 down to 0.0001, clipped 1/16), and for clipping ${quick ? 'one bound' : 'the bounds 0.5 to 8'}. Gradients are exact; the paper also treats noise, and shows trainings of networks.`,
      ],
    };
  },
});

const color = { domain: ['constant', 'clipped'], range: ['#d95f02', '#1f77b4'] };

function stepsFigure(outputs: readonly Output[]): string {
  const ends = (['constant', 'clipped'] as const).map(
    (kind) => outputs.filter((output) => output.kind === kind).at(-1)!,
  );
  return svg({
    width: 720,
    height: 360,
    marginLeft: 60,
    marginRight: 80,
    marginBottom: 44,
    x: { type: 'log', label: 'largest gradient M', grid: true, ticks: 4, tickFormat: ',' },
    y: { type: 'log', label: 'steps', grid: true, ticks: 4, tickFormat: ',' },
    color,
    marks: [
      Plot.line(outputs, { x: 'steepness', y: 'steps', z: 'kind', stroke: 'kind', strokeWidth: 2 }),
      Plot.dot(outputs, { x: 'steepness', y: 'steps', fill: 'kind', r: 4 }),
      Plot.text(ends, {
        x: 'steepness',
        y: 'steps',
        text: 'kind',
        fill: 'kind',
        dx: 8,
        textAnchor: 'start',
      }),
    ],
  });
}

function descentFigure(last: Readonly<Record<Kind, Output>>): string {
  const points = [last.constant, last.clipped].flatMap(({ kind, path }) =>
    path.map((point) => ({ ...point, kind })),
  );
  return svg({
    width: 720,
    height: 320,
    marginLeft: 60,
    marginRight: 80,
    marginBottom: 44,
    x: { type: 'log', label: 'step', grid: true, ticks: 5, tickFormat: ',' },
    y: { type: 'log', label: 'norm of the gradient', grid: true, ticks: 5, tickFormat: '~g' },
    color,
    marks: [
      Plot.line(points, { x: 'step', y: 'norm', z: 'kind', stroke: 'kind', strokeWidth: 2 }),
      Plot.text(
        [last.constant, last.clipped].map(({ kind, path }) => ({ ...path.at(-1)!, kind })),
        { x: 'step', y: 'norm', text: 'kind', fill: 'kind', dx: 8, dy: -8, textAnchor: 'start' },
      ),
    ],
  });
}
