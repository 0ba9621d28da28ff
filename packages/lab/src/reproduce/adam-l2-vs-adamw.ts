import * as Plot from '@observablehq/plot';
import { pairedTest } from '../compare/statistics.ts';
import { svg } from '../report/svg.ts';
import { type DigitsInput, type DigitsOutput, digitsTask, meanOf } from './digits-runs.ts';
import {
  type AnyReproduction,
  type Comparison,
  type Figure,
  reproduction,
} from './reproduction.ts';

type Kind = 'l2' | 'weight-decay';

interface Cell {
  readonly lr: number;
  readonly decay: number;
  /** Test loss by seed. */
  readonly losses: readonly number[];
  readonly mean: number;
}

const rates = [0.0005, 0.001, 0.002, 0.004, 0.008, 0.016];
/** The coefficient of w that is added: to the gradient by L2 (twice lambda), to the step by AdamW. */
const decays: Readonly<Record<Kind, readonly number[]>> = {
  l2: [0.0003, 0.001, 0.003, 0.01, 0.03, 0.1],
  'weight-decay': [0.03, 0.1, 0.3, 1, 3, 10],
};
const titles: Readonly<Record<Kind, string>> = { l2: 'Adam with L2', 'weight-decay': 'AdamW' };

const input = (
  kind: Kind,
  lr: number,
  decay: number,
  seed: number,
  epochs: number,
): DigitsInput => ({
  method: {
    id: kind,
    values: kind === 'l2' ? { lambda: decay / 2 } : { weightDecay: decay },
  },
  seed,
  settings: { learningRate: lr, epochs },
});

/** How much of the variation over the grid is interaction: 0 if rate and decay can be chosen apart. */
function interaction(cells: readonly Cell[], settings: readonly number[]): number {
  const at = (lr: number, decay: number): number =>
    Math.log(cells.find((cell) => cell.lr === lr && cell.decay === decay)!.mean);
  const table = rates.map((lr) => settings.map((decay) => at(lr, decay)));
  const rowMeans = table.map(meanOf);
  const columnMeans = settings.map((_, j) => meanOf(table.map((row) => row[j]!)));
  const all = meanOf(rowMeans);
  let [within, total] = [0, 0];
  for (const [i, row] of table.entries()) {
    for (const [j, value] of row.entries()) {
      within += (value - rowMeans[i]! - columnMeans[j]! + all) ** 2;
      total += (value - all) ** 2;
    }
  }
  return within / total;
}

export const adamL2VsAdamw: AnyReproduction = reproduction<DigitsInput, DigitsOutput>({
  name: 'adam-l2-vs-adamw',
  title: 'L2 in Adam against decoupled weight decay',
  claim:
    'With decoupled decay the best learning rate depends less on the decay than with L2 in the gradient, and the best result is better.',
  reference: {
    authors: 'I. Loshchilov, F. Hutter',
    title: 'Decoupled Weight Decay Regularization',
    venue: 'ICLR',
    year: 2019,
    arxiv: '1711.05101',
  },
  seeds: 5,
  task: digitsTask,
  run: async ({ seeds, firstSeed, quick, runTasks }) => {
    const epochs = quick ? 2 : 60;
    const kinds: readonly Kind[] = ['l2', 'weight-decay'];
    const settings = kinds.flatMap((kind) =>
      rates.flatMap((lr) => decays[kind].map((decay) => ({ kind, lr, decay }))),
    );
    const used = quick ? 1 : seeds;
    const inputs = settings.flatMap(({ kind, lr, decay }) =>
      Array.from({ length: used }, (_, i) => input(kind, lr, decay, firstSeed + i, epochs)),
    );
    const outputs = await runTasks(inputs, ({ method, seed }) => `${method.id}, seed ${seed}`);
    const cellsOf = (kind: Kind): Cell[] =>
      settings.flatMap(({ kind: own, lr, decay }, k) => {
        if (own !== kind) return [];
        const losses = outputs.slice(k * used, (k + 1) * used).map(({ testNll }) => testNll);
        return [{ lr, decay, losses, mean: meanOf(losses) }];
      });
    const cells = { l2: cellsOf('l2'), 'weight-decay': cellsOf('weight-decay') };
    const best = (kind: Kind): Cell => cells[kind].reduce((a, b) => (b.mean < a.mean ? b : a));
    const [plain, decoupled] = [best('l2'), best('weight-decay')];
    const differences = decoupled.losses.map((loss, i) => loss - plain.losses[i]!);
    const { mean, p } = pairedTest(differences);
    const shares = {
      l2: interaction(cells.l2, decays.l2),
      'weight-decay': interaction(cells['weight-decay'], decays['weight-decay']),
    };
    const comparisons: Comparison[] = [
      ...kinds.map((kind) => ({
        what: `${titles[kind]}: best test NLL (rate ${best(kind).lr}, decay ${best(kind).decay})`,
        ours: best(kind).mean,
        reference: null,
        agrees: null,
        rule: 'shown',
      })),
      {
        what: 'AdamW less Adam with L2, best settings, paired by seed',
        ours: mean,
        reference: null,
        agrees: used < 3 ? null : mean < 0 && (p ?? 1) < 0.05,
        rule: `below 0 beyond the noise (p = ${p === null ? '-' : p.toPrecision(2)})`,
      },
      {
        what: 'share of interaction in the variation of the log loss, Adam with L2',
        ours: shares.l2,
        reference: null,
        agrees: null,
        rule: 'shown',
      },
      {
        what: 'the same, AdamW',
        ours: shares['weight-decay'],
        reference: null,
        agrees: used < 3 ? null : shares['weight-decay'] < shares.l2,
        rule: 'less than with L2',
      },
    ];
    const judged = comparisons.filter(({ agrees }) => agrees !== null);
    return {
      holds: judged.length === 0 ? null : judged.every(({ agrees }) => agrees === true),
      verdict: `The best test loss is ${plain.mean.toFixed(3)} with L2 in the gradient and ${decoupled.mean.toFixed(3)} with decoupled decay; interaction of rate and decay makes up ${(100 * shares.l2).toFixed(0)} % and ${(100 * shares['weight-decay']).toFixed(0)} % of the variation.`,
      comparisons,
      figures: kinds.map((kind) => heatMap(kind, cells[kind], best(kind))),
      notes: [
        `Digits, 300 training images with 20 % wrong labels, 64-256-10, ${epochs} epochs; mean test loss over ${used} seeds.`,
        'The best setting of each kind is chosen by the same test loss, so both are optimistic alike. The paper trains image networks with a schedule; this is a small network without one.',
        'L2 with strength lambda adds 2 lambda w to the gradient: the decay shown is 2 lambda.',
      ],
    };
  },
});

function heatMap(kind: Kind, cells: readonly Cell[], best: Cell): Figure {
  const finite = cells.map((cell) => ({
    rate: String(cell.lr),
    decay: String(cell.decay),
    loss: Math.min(cell.mean, 5),
    text: Number.isFinite(cell.mean) ? cell.mean.toFixed(2) : 'diverged',
    isBest: cell === best,
  }));
  return {
    title: titles[kind],
    caption: 'Mean test loss by learning rate and decay; dark is low, the frame is the lowest.',
    svg: svg({
      width: 640,
      height: 360,
      marginLeft: 60,
      marginBottom: 44,
      padding: 0.04,
      x: { label: 'learning rate', domain: rates.map(String) },
      y: { label: 'decay', domain: [...decays[kind]].reverse().map(String) },
      color: { scheme: 'blues', reverse: true, type: 'log' },
      marks: [
        Plot.cell(finite, { x: 'rate', y: 'decay', fill: 'loss' }),
        Plot.cell(
          finite.filter(({ isBest }) => isBest),
          { x: 'rate', y: 'decay', fill: 'none', stroke: '#d95f02', strokeWidth: 3 },
        ),
        Plot.text(finite, {
          x: 'rate',
          y: 'decay',
          text: 'text',
          fill: (d: { loss: number }) => (d.loss < 1 ? 'white' : '#222'),
        }),
      ],
    }),
  };
}
