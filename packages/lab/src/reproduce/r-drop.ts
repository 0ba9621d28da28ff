import * as Plot from '@observablehq/plot';
import { broadcastTo, mean, random, slice } from '@tikhonov/core';
import { loadDigits, split } from '@tikhonov/data';
import { crossEntropy, mlp } from '@tikhonov/nn';
import { adam } from '@tikhonov/optim';
import { mcPasses, rDropTerm, symmetricKl } from '@tikhonov/regularizers';
import { accuracy, evaluate, fit, predict } from '@tikhonov/train';
import { pairedTest } from '../compare/statistics.ts';
import { svg } from '../report/svg.ts';
import { meanOf } from './digits-runs.ts';
import { type AnyReproduction, type Comparison, reproduction } from './reproduction.ts';

interface Input {
  readonly alpha: number;
  readonly seed: number;
  readonly epochs: number;
  readonly passes: number;
}

interface Output extends Input {
  /** Symmetric divergence of predictions on test images: of two passes with dropout, and of one from evaluation. */
  readonly betweenPasses: number;
  readonly fromEvaluation: number;
  readonly testError: number;
  readonly testNll: number;
  /** By which the strength is chosen. */
  readonly heldNll: number;
}

const p = 0.3;
const sizes = [64, 256, 10];
const rows = { train: 300, held: 150 };

async function task(input: Input): Promise<Output> {
  const { alpha, seed, epochs, passes } = input;
  const digits = loadDigits();
  const test = digits.size - rows.train - rows.held;
  const sets = split(digits, { sizes: { ...rows, test }, seed });
  const model = mlp(sizes, { seed, dropout: p });
  await fit(model, {
    train: sets.train,
    epochs,
    optimizer: adam(model, { lr: 1e-3 }),
    loss: crossEntropy,
    // Of strength 0 it is the likelihood of both passes: as many passes for all.
    penalties: [rDropTerm({ alpha })],
    metrics: {},
    seed,
  });
  const { x } = sets.test;
  const rng = random.foldIn(random.key(seed), 'passes');
  const drawn = mcPasses(model, x, { samples: 2 * passes, rng });
  const half = (from: number) => slice(drawn, [{ start: from, stop: from + passes }]);
  const evaluated = broadcastTo(predict(model, x), [2 * passes, x.shape[0]!, sizes.at(-1)!]);
  const options = { loss: crossEntropy, metrics: { accuracy } };
  const found = evaluate(model, sets.test, options);
  return {
    ...input,
    betweenPasses: mean(symmetricKl(half(0), half(passes))).item(),
    fromEvaluation: mean(symmetricKl(drawn, evaluated)).item(),
    testError: 1 - found.accuracy,
    testNll: found.loss,
    heldNll: evaluate(model, sets.held, options).loss,
  };
}

type Measure = 'betweenPasses' | 'fromEvaluation' | 'testError' | 'testNll' | 'heldNll';

const gaps = ['betweenPasses', 'fromEvaluation'] as const satisfies readonly Measure[];
const named: Readonly<Record<(typeof gaps)[number], string>> = {
  betweenPasses: 'of two passes with dropout',
  fromEvaluation: 'of a pass with dropout from evaluation',
};

export const rDropReproduction: AnyReproduction = reproduction<Input, Output>({
  name: 'r-drop',
  title: 'R-Drop: training and evaluation agree',
  claim:
    'Networks trained with dropout predict differently from pass to pass and in evaluation; R-Drop makes these differences smaller the stronger it is, and of a suitable strength lowers the test loss.',
  reference: {
    authors: 'X. Liang, L. Wu, J. Li, Y. Wang, Q. Meng, T. Qin, W. Chen, M. Zhang, T.-Y. Liu',
    title: 'R-Drop: Regularized Dropout for Neural Networks',
    venue: 'NeurIPS',
    year: 2021,
    arxiv: '2106.14448',
  },
  seeds: 6,
  task,
  run: async ({ seeds, firstSeed, quick, runTasks }) => {
    const alphas = quick ? [0, 1] : [0, 0.3, 1, 3, 10, 30];
    const [epochs, passes] = quick ? [1, 2] : [100, 20];
    const outputs = await runTasks(
      alphas.flatMap((alpha) =>
        Array.from({ length: seeds }, (_, i) => ({ alpha, seed: firstSeed + i, epochs, passes })),
      ),
      ({ alpha, seed }) => `alpha ${alpha}, seed ${seed}`,
    );
    const judged = !quick && seeds >= 3;
    const values = (alpha: number, what: Measure): number[] =>
      outputs.filter((run) => run.alpha === alpha).map((run) => run[what]);
    const average = (alpha: number, what: Measure): number => meanOf(values(alpha, what));
    const change = (what: Measure, from: number, to: number) =>
      pairedTest(values(to, what).map((x, i) => x - values(from, what)[i]!));
    const told = (p: number | null): string => (p === null ? '-' : p.toPrecision(2));
    // The strength is chosen on images that are not looked at again.
    const chosen = alphas
      .slice(1)
      .reduce((best, alpha) =>
        average(alpha, 'heldNll') < average(best, 'heldNll') ? alpha : best,
      );
    const strongest = alphas.at(-1)!;
    const comparisons: Comparison[] = [
      ...gaps.flatMap((what): Comparison[] => {
        const ratio = average(strongest, what) / average(0, what);
        const each = alphas.slice(1).map((alpha, k) => change(what, alphas[k]!, alpha));
        const chance = Math.max(...each.map((test) => (test.mean < 0 ? (test.p ?? 1) : 1)));
        return [
          {
            what: `divergence ${named[what]}: strength ${strongest} over 0`,
            ours: ratio,
            reference: null,
            agrees: null,
            rule: 'shown',
          },
          {
            what: `divergence ${named[what]}: steps to the next strength that lower it`,
            ours: each.filter((test) => test.mean < 0).length,
            reference: each.length,
            agrees: judged ? chance < 0.05 : null,
            rule: `all, beyond the noise (largest p = ${told(chance)})`,
          },
        ];
      }),
      ...(['testNll', 'testError'] as const).map((what): Comparison => {
        const { mean: difference, p } = change(what, 0, chosen);
        return {
          what: `test ${what === 'testNll' ? 'loss' : 'error'}, strength ${chosen} less 0, paired by seed`,
          ours: difference,
          reference: null,
          agrees: judged && what === 'testNll' ? difference < 0 && (p ?? 1) < 0.05 : null,
          rule: `${what === 'testNll' ? 'below 0 beyond the noise' : 'shown'} (p = ${told(p)})`,
        };
      }),
    ];
    const percent = (x: number): string => `${(100 * x).toFixed(1)} %`;
    const shown = (alpha: number, what: Measure): string => average(alpha, what).toFixed(4);
    const fall = (what: Measure): string => `${shown(0, what)} to ${shown(strongest, what)}`;
    return {
      holds: judged ? comparisons.every(({ agrees }) => agrees !== false) : null,
      verdict: `From strength 0 to ${strongest}, the divergence of two passes goes from ${fall('betweenPasses')}, that of a pass from evaluation from ${fall('fromEvaluation')}, over ${seeds} seeds. With strength ${chosen}, chosen on held-out images, the test loss is ${shown(chosen, 'testNll')} against ${shown(0, 'testNll')} and the test error ${percent(average(chosen, 'testError'))} against ${percent(average(0, 'testError'))}.`,
      comparisons,
      figures: [
        {
          title: 'Divergence by strength',
          caption:
            'Symmetric divergence of predictions on test images, in nats: a dot per seed, lines through the means.',
          svg: figure(
            gaps.flatMap((what) =>
              outputs.map((run) => ({ alpha: run.alpha, kind: named[what], value: run[what] })),
            ),
            { label: 'divergence', log: true },
          ),
        },
        {
          title: 'Test loss by strength',
          caption:
            'A dot per seed, the line through the means. Strength 0 is the likelihood of two passes.',
          svg: figure(
            outputs.map((run) => ({ alpha: run.alpha, kind: 'test loss', value: run.testNll })),
            { label: 'test loss', log: false },
          ),
        },
      ],
      tables: [
        {
          title: 'Means by strength',
          head: [
            'alpha',
            'two passes',
            'pass and evaluation',
            'test loss',
            'test error',
            'held-out loss',
          ],
          rows: alphas.map((alpha) => [
            alpha,
            ...gaps.map((what) => shown(alpha, what)),
            shown(alpha, 'testNll'),
            percent(average(alpha, 'testError')),
            shown(alpha, 'heldNll'),
          ]),
        },
      ],
      notes: [
        `Digits, ${rows.train} training images, network ${sizes.join('-')} with dropout ${p}, Adam 1e-3, ${epochs} epochs; divergences over ${passes} pairs of passes and ${2 * passes} passes. Divergence is the mean of both directions of Kullback and Leibler.`,
        'The paper trains translation, language and image models that are far larger; its scores are of other data and not set beside these.',
        `The strength is chosen by the loss on ${rows.held} further images over all seeds.`,
      ],
    };
  },
});

function figure(
  points: readonly { readonly alpha: number; readonly kind: string; readonly value: number }[],
  { label, log }: { readonly label: string; readonly log: boolean },
): string {
  const kinds = [...new Set(points.map(({ kind }) => kind))];
  return svg({
    width: 720,
    height: 320,
    marginBottom: 44,
    marginLeft: 60,
    x: {
      type: 'symlog',
      constant: 0.3,
      label: 'strength alpha',
      ticks: [...new Set(points.map(({ alpha }) => alpha))],
      tickFormat: '~g',
    },
    y: { label, grid: true, type: log ? 'log' : 'linear', tickFormat: '~g' },
    color: { domain: kinds, range: ['#1f77b4', '#d95f02'], legend: kinds.length > 1 },
    marks: [
      Plot.dot(points, { x: 'alpha', y: 'value', stroke: 'kind', r: 2.5 }),
      Plot.line(points, Plot.groupX({ y: 'mean' }, { x: 'alpha', y: 'value', stroke: 'kind' })),
    ],
  });
}
