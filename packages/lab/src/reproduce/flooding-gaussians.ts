import * as Plot from '@observablehq/plot';
import { blobs, split, withLabelNoise } from '@tikhonov/data';
import { crossEntropy, mlp } from '@tikhonov/nn';
import { adam } from '@tikhonov/optim';
import { flooding } from '@tikhonov/regularizers';
import { accuracy, fit, type Loss } from '@tikhonov/train';
import { pairedTest } from '../compare/statistics.ts';
import { svg } from '../report/svg.ts';
import { meanOf } from './digits-runs.ts';
import { type AnyReproduction, type Comparison, reproduction } from './reproduction.ts';

interface Input {
  readonly level: number;
  readonly seed: number;
  readonly epochs: number;
}

/** Plain losses at some epochs, in nats. */
interface Point {
  readonly epoch: number;
  readonly train: number;
  readonly validation: number;
  readonly test: number;
  readonly testAccuracy: number;
}

interface Output extends Input {
  readonly curve: readonly Point[];
}

const [features, labelNoise, trainSize] = [10, 0.1, 100];
/** Where the classes lie in every coordinate; the best classifier of them is right in 94 % of all cases. */
const centers = [0, 1].map((at) => Array.from({ length: features }, () => at));

async function task(input: Input): Promise<Output> {
  const { level, seed, epochs } = input;
  const rows = blobs({ n: 2 * trainSize + 2000, centers, seed });
  const [clean, test] = split(rows, { sizes: [2 * trainSize, 2000], seed });
  const { dataset: noisy } = withLabelNoise(clean, { rate: labelNoise, seed });
  const [train, validation] = split(noisy, { sizes: [trainSize, trainSize], seed });
  const model = mlp([features, 64, 64, 64, 2], { seed });
  const loss: Loss = (output, y, options) =>
    flooding(crossEntropy(output, y, options), { floodLevel: level });
  const { epochs: records } = await fit(model, {
    train,
    validation,
    evaluateOn: { train, test },
    epochs,
    evaluateEvery: 10,
    batchSize: trainSize / 2,
    optimizer: adam(model, { lr: 1e-3 }),
    loss: level === 0 ? crossEntropy : loss,
    evaluationLoss: crossEntropy,
    metrics: { accuracy },
    seed,
  });
  const curve = records.flatMap(({ epoch, evaluations }): Point[] => {
    const { train: own, validation: held, test: other } = evaluations;
    if (own === undefined) return [];
    return [
      {
        epoch,
        train: own.loss!,
        validation: held!.loss!,
        test: other!.loss!,
        testAccuracy: other!.accuracy!,
      },
    ];
  });
  return { ...input, curve };
}

const lastOf = ({ curve }: Output): Point => curve.at(-1)!;

/** The training loss over the last quarter of the evaluations. */
const floating = ({ curve }: Output): number =>
  meanOf(curve.slice(Math.floor(0.75 * curve.length)).map(({ train }) => train));

export const floodingGaussians: AnyReproduction = reproduction<Input, Output>({
  name: 'flooding-gaussians',
  title: 'Flooding on two Gaussians with wrong labels',
  claim:
    'With flooding the training loss floats around the flood level instead of falling to 0, and the test loss and error are lower.',
  reference: {
    authors: 'T. Ishida, I. Yamane, T. Sakai, G. Niu, M. Sugiyama',
    title: 'Do We Need Zero Training Loss After Achieving Zero Training Error?',
    venue: 'ICML',
    year: 2020,
    arxiv: '2002.08709',
  },
  seeds: 10,
  task,
  run: async ({ seeds, firstSeed, quick, runTasks }) => {
    const levels = quick ? [0, 0.3] : [0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5];
    const epochs = quick ? 20 : 400;
    const inputs = levels.flatMap((level) =>
      Array.from({ length: seeds }, (_, i) => ({ level, seed: firstSeed + i, epochs })),
    );
    const outputs = await runTasks(inputs, ({ level, seed }) => `level ${level}, seed ${seed}`);
    const of = (level: number): Output[] => outputs.filter((output) => output.level === level);
    const plain = of(0);
    // As in the paper, every seed has the level of its lowest validation loss; 0 is none of them.
    const flooded = plain.map(({ seed }) =>
      outputs
        .filter((output) => output.seed === seed && output.level > 0)
        .reduce((a, b) => (lastOf(b).validation < lastOf(a).validation ? b : a)),
    );
    const judged = !quick && seeds >= 3;
    const change = (what: 'test' | 'testAccuracy') =>
      pairedTest(flooded.map((run, i) => lastOf(run)[what] - lastOf(plain[i]!)[what]));
    const [loss, right] = [change('test'), change('testAccuracy')];
    const means = (runs: readonly Output[], what: 'test' | 'testAccuracy'): number =>
      meanOf(runs.map((run) => lastOf(run)[what]));
    const before = means(plain, 'test');
    const clearly = (p: number | null): string =>
      `beyond the noise (p = ${p === null ? '-' : p.toPrecision(2)})`;
    const away = levels.slice(1).map((level) => ({ level, is: meanOf(of(level).map(floating)) }));
    const farthest = Math.max(...away.map(({ level, is }) => Math.abs(is - level) / level));
    const comparisons: Comparison[] = [
      {
        what: 'training loss without flooding',
        ours: meanOf(plain.map(floating)),
        reference: null,
        agrees: judged ? meanOf(plain.map(floating)) < 0.01 : null,
        rule: 'below 0.01: the network could learn all by heart',
      },
      {
        what: 'training loss away from the flood level, as a share of it, worst of all levels',
        ours: farthest,
        reference: 0,
        agrees: judged ? farthest < 0.25 : null,
        rule: 'less than 0.25',
      },
      {
        what: 'test NLL with flooding less without, paired by seed',
        ours: loss.mean,
        reference: null,
        agrees: judged ? loss.mean < -0.25 * before && (loss.p ?? 1) < 0.05 : null,
        rule: `lower by a quarter at least, ${clearly(loss.p)}`,
      },
      {
        what: 'test accuracy with flooding less without, paired by seed',
        ours: right.mean,
        reference: null,
        agrees: judged ? right.mean > 0 && (right.p ?? 1) < 0.05 : null,
        rule: `above 0 ${clearly(right.p)}`,
      },
    ];
    return {
      holds: judged ? comparisons.every(({ agrees }) => agrees === true) : null,
      verdict: `The test NLL is ${before.toFixed(2)} without flooding and ${means(flooded, 'test').toFixed(2)} with levels chosen by validation, the test accuracy ${(100 * means(plain, 'testAccuracy')).toFixed(1)} and ${(100 * means(flooded, 'testAccuracy')).toFixed(1)} %; the training loss floats within ${(100 * farthest).toFixed(0)} % of its level.`,
      comparisons,
      figures: [
        {
          title: 'Two trainings',
          caption: `Plain losses of seed ${plain[0]!.seed}, without flooding and at level ${flooded[0]!.level}.`,
          svg: curveFigure([plain[0]!, flooded[0]!]),
        },
        {
          title: 'Test loss by level',
          caption: `After ${epochs} epochs; a dot per seed, the line through the means. Level 0 is no flooding.`,
          svg: levelFigure(
            outputs.map((output) => ({ level: output.level, value: lastOf(output).test })),
            { label: 'test NLL', diagonal: false },
          ),
        },
        {
          title: 'Where the training loss floats',
          caption:
            'Mean training loss over the last quarter of the training by level; it should lie on the dashed line.',
          svg: levelFigure(
            outputs.map((output) => ({ level: output.level, value: floating(output) })),
            { label: 'training loss', diagonal: true },
          ),
        },
      ],
      tables: [
        {
          title: 'Level by level',
          head: ['level', 'training loss', 'test NLL', 'test accuracy', 'chosen by seeds'],
          rows: levels.map((level) => [
            level,
            meanOf(of(level).map(floating)).toFixed(3),
            means(of(level), 'test').toFixed(3),
            means(of(level), 'testAccuracy').toFixed(4),
            flooded.filter((run) => run.level === level).length,
          ]),
        },
      ],
      notes: [
        `As in the paper: two normal clouds in ${features} dimensions, ${trainSize} rows to train on and ${trainSize} for validation, both with ${100 * labelNoise} % wrong labels. Otherwise: three hidden layers of 64 units, ${epochs} epochs of Adam (1e-3, batches of ${trainSize / 2}), 2000 test rows with right labels, and the level is chosen by validation loss, not accuracy.`,
        'Flooding acts on the mean loss of a mini-batch; the training loss that is shown is the plain one over all training rows, in evaluation.',
        'No early stopping on either side: it lowers the test loss of the plain training, too.',
      ],
    };
  },
});

const color = { domain: ['train', 'test'], range: ['#888', '#1f77b4'] };

function curveFigure(runs: readonly Output[]): string {
  const points = runs.flatMap(({ level, curve }) =>
    curve.flatMap(({ epoch, train, test }) => {
      const training = level === 0 ? 'no flooding' : `flooding, level ${level}`;
      return [
        { training, epoch, kind: 'train', loss: train },
        { training, epoch, kind: 'test', loss: test },
      ];
    }),
  );
  const last = Math.max(...points.map(({ epoch }) => epoch));
  return svg({
    width: 720,
    height: 340,
    marginTop: 40,
    marginBottom: 44,
    marginRight: 50,
    fx: { label: null, domain: [...new Set(points.map(({ training }) => training))] },
    x: { label: 'epoch', grid: true, ticks: 4 },
    y: { label: 'NLL', grid: true, zero: true },
    color,
    marks: [
      Plot.frame({ stroke: '#ddd' }),
      Plot.ruleY(
        runs.filter(({ level }) => level > 0),
        {
          fx: ({ level }: Output) => `flooding, level ${level}`,
          y: 'level',
          strokeDasharray: '4,3',
        },
      ),
      Plot.line(points, { fx: 'training', x: 'epoch', y: 'loss', stroke: 'kind', strokeWidth: 2 }),
      Plot.text(
        points.filter(
          ({ epoch, training }) => epoch === last && training === points.at(-1)!.training,
        ),
        {
          fx: 'training',
          x: 'epoch',
          y: 'loss',
          text: 'kind',
          fill: 'kind',
          dx: 8,
          textAnchor: 'start',
        },
      ),
    ],
  });
}

interface LevelValue {
  readonly level: number;
  readonly value: number;
}

function levelFigure(
  values: readonly LevelValue[],
  { label, diagonal }: { readonly label: string; readonly diagonal: boolean },
): string {
  const levels = [...new Set(values.map(({ level }) => level))];
  const means = levels.map((level) => ({
    level,
    value: meanOf(values.filter((each) => each.level === level).map(({ value }) => value)),
  }));
  const ideal = diagonal ? levels.map((level) => ({ level, value: level })) : [];
  return svg({
    width: 720,
    height: 320,
    marginBottom: 44,
    x: { label: 'flood level', grid: true },
    y: { label, grid: true, zero: true },
    marks: [
      Plot.line(ideal, { x: 'level', y: 'value', stroke: '#888', strokeDasharray: '5,4' }),
      Plot.dot(values, { x: 'level', y: 'value', stroke: '#1f77b4', r: 2.5 }),
      Plot.line(means, { x: 'level', y: 'value', stroke: '#1f77b4', strokeWidth: 2 }),
    ],
  });
}
