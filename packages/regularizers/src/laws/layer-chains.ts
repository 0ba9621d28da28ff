import { random } from '@tikhonov/core';
import { Sequential } from '@tikhonov/nn';
import { configure } from '../configure.ts';
import type { Network, TrainingPlan } from '../method.ts';

/** A network of two convolutions, of 2 and 3 channels, a hidden layer of 5 units and a last one, after a plan. */
export const smallCnn = (plan: TrainingPlan, seed: number): Network =>
  configure(plan, {
    task: { classes: 3, features: 16, imageShape: [1, 4, 4], rows: 9 },
    network: { kind: 'cnn', channels: [2, 3], hidden: [5] },
    lr: 0.01,
    seed,
    key: random.key(seed),
  }).model;

/** The layers of a network that have something put behind them, each followed by that. */
export const chainsOf = (model: Network): readonly (readonly unknown[])[] =>
  model
    .modules()
    .filter((part) => part instanceof Sequential && part !== model)
    .map((part) => (part as Sequential).layers as readonly unknown[]);
