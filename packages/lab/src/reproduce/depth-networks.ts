import { compile } from '@tikhonov/compile';
import { add, Cell, random, tensor } from '@tikhonov/core';
import { loadDigits, split } from '@tikhonov/data';
import { crossEntropy, Residual, smallResNet } from '@tikhonov/nn';
import { adam, cosine } from '@tikhonov/optim';
import { linearDecaySurvival, StochasticDepth } from '@tikhonov/regularizers';
import { accuracy, evaluate, fit } from '@tikhonov/train';

/** Survival probability of the last block, as in the paper. */
export const survivalOfLast = 0.5;

/** Channels of the stages of the network. */
export const channels: readonly number[] = [8, 16];

/** Rows of a batch. */
export const rows = 32;

/** A residual network: its seed, blocks of each of its two stages, and the survival probability of the last block. */
export interface Net {
  readonly seed: number;
  readonly perStage: number;
  readonly last: number;
}

/** Networks whose steps are timed. */
export type Kind = 'constant depth' | 'stochastic depth' | 'all there';

/** Survival probabilities of their last blocks; in the last one blocks might be dropped, but practically never are. */
const survivals: Readonly<Record<Kind, number>> = {
  'constant depth': 1,
  'stochastic depth': survivalOfLast,
  'all there': 1 - 1e-9,
};

/** Their names. */
export const kinds: readonly Kind[] = ['constant depth', 'stochastic depth', 'all there'];

/** Processor time of a step in milliseconds. */
export type StepTimes = Readonly<Record<Kind, number>>;

const network = ({ seed, perStage, last }: Net) =>
  smallResNet({
    inputShape: [1, 8, 8],
    classes: 10,
    channels,
    blocks: perStage,
    seed,
    change: (part, { kind, index, count }) => {
      if (kind !== 'block' || !(part instanceof Residual) || last === 1) return part;
      const { body, projection } = part;
      return new StochasticDepth(body, {
        survival: linearDecaySurvival(count, last)[index]!,
        ...(projection === null ? {} : { projection }),
      });
    },
  });

function dataOf(seed: number) {
  const digits = loadDigits();
  return split(digits, { sizes: { train: 400, test: digits.size - 400 }, seed });
}

/** Trains it on digits; the share of test images that it gets wrong. */
export async function testErrorOf(net: Net, epochs: number): Promise<number> {
  const model = network(net);
  const { seed } = net;
  const { train, test } = dataOf(seed);
  await fit(model, {
    train,
    epochs,
    batchSize: rows,
    dropLast: true,
    optimizer: adam(model, { lr: cosine(2e-3, { tMax: epochs * Math.floor(train.size / rows) }) }),
    loss: crossEntropy,
    metrics: {},
    seed,
  });
  const options = { loss: crossEntropy, metrics: { accuracy } };
  return 1 - evaluate(model, test, options).accuracy;
}

/** A compiled training step, as `fit` has it. */
function stepOf(net: Net): () => void {
  const model = network(net);
  const { x, y } = dataOf(net.seed).train.subset(rows);
  const optimizer = adam(model, { lr: 1e-4 });
  const count = new Cell(tensor(0, { dtype: 'int32' }));
  const key = random.foldIn(random.key(net.seed), 'times');
  return compile(() => {
    count.write(add(count.read(), 1));
    const rng = random.foldIn(key, count.read());
    optimizer.minimize(() => crossEntropy(model.forward(x, { training: true, rng }), y));
  });
}

/** Processor time of the kinds of step in turns, the order of which turns round. */
export function timesOf(net: Omit<Net, 'last'>, steps: number, rounds: number): StepTimes[] {
  const steppers = kinds.map((kind) => [kind, stepOf({ ...net, last: survivals[kind] })] as const);
  const time = (step: () => void): number => {
    const start = process.cpuUsage();
    for (let k = 0; k < steps; k++) step();
    const { user, system } = process.cpuUsage(start);
    return (user + system) / 1000 / steps;
  };
  for (const [, step] of steppers) time(step);
  return Array.from({ length: rounds }, (_, round) => {
    const order = round % 2 === 0 ? steppers : [...steppers].reverse();
    const times = order.map(([kind, step]) => [kind, time(step)] as const);
    return Object.fromEntries(times) as StepTimes;
  });
}
