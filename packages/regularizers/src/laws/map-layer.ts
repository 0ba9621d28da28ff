import { drawn, type Law, law } from '@tikhonov/check';
import { indexSelect, random, type Tensor, tensor, where } from '@tikhonov/core';
import type { CaseDraw } from '@tikhonov/core/engine';
import type { Layer, Module } from '@tikhonov/nn';
import { configure } from '../configure.ts';
import type { ArgumentValues, Method } from '../method.ts';
import type { NetworkSpec } from '../networks.ts';
import { plainPlan } from '../registry.ts';
import { otherArguments } from './other-arguments.ts';
import { exactly, holds } from './slack.ts';

/** A layer that acts on maps, and its function in training. */
export interface MapLayer {
  readonly layer: () => Module & Layer;
  /** The function at given noise, whose first axis is that of the samples. */
  readonly given: (x: Tensor, noise: Tensor) => Tensor;
  /** Draws noise for `[n, c, h, w]`. */
  readonly noise: (draw: CaseDraw, shape: readonly number[]) => Tensor;
}

/** Up to three samples of up to three maps, `[n, c, h, w]`. */
export const mapsOf = (draw: CaseDraw, range: { min?: number; distinct?: boolean } = {}): Tensor =>
  draw.tensor(
    [draw.integer(1, 3), draw.integer(1, 3), draw.integer(1, 4), draw.integer(1, 4)],
    range,
  );

/** What layers of maps promise beside their own laws. */
export const mapLayerLaws = (id: string, { layer, given, noise }: MapLayer): readonly Law[] => [
  law({
    id: `${id}/evaluation`,
    statement:
      'Evaluation is the identity, bit for bit and also of NaN, and draws nothing: a key changes nothing and is not needed.',
    cases: drawn((draw) => {
      const x = mapsOf(draw);
      return { x, bad: draw.booleans(x.shape), seed: draw.integer(0, 1000) };
    }),
    slack: ({ x, bad, seed }) => {
      const input = where(bad, Number.NaN, x);
      const [plain, keyed] = [{}, { rng: random.key(seed) }].map((context) =>
        layer().forward(input, context),
      );
      return holds(plain === input && keyed === input);
    },
  }),
  law({
    id: `${id}/batch-order`,
    statement: 'With given noise, samples in another order give the results in that order.',
    cases: drawn((draw) => {
      const x = mapsOf(draw, { min: 0, distinct: true });
      return { x, e: noise(draw, x.shape), order: draw.permutation(x.shape[0]!) };
    }),
    slack: ({ x, e, order }) => {
      const index = tensor(Int32Array.from(order));
      const moved = given(indexSelect(x, index), indexSelect(e, index));
      return exactly(moved, indexSelect(given(x, e), index));
    },
  }),
];

/** Networks for recipes, and where their maps are: behind activations, and of pooling. */
const networks: Readonly<Record<'cnn' | 'resnet', NetworkSpec>> = {
  cnn: { kind: 'cnn', channels: [2, 2], hidden: [3] },
  resnet: { kind: 'resnet', channels: [2], blocks: 2 },
};
const places = {
  activations: { cnn: ['2.1', '5.1'], resnet: ['3.1', '5.1', '7.1'] },
  pooling: { cnn: ['3', '6'], resnet: [] },
} as const;

/**
 * The law that a recipe puts a layer with its arguments behind the activations that are maps, or in place of the
 * pooling.
 *
 * @param argumentsOf  what the layer was made with; null of other modules
 */
export const mapPlacesLaw = (
  method: Method,
  at: keyof typeof places,
  argumentsOf: (layer: Module) => ArgumentValues | null,
): Law =>
  law({
    id: `${method.id}/places`,
    statement: `The recipe puts the layer with its arguments ${at === 'pooling' ? 'in place of every pooling' : 'behind every activation of maps, in residual networks behind the blocks'}, and nowhere else.`,
    cases: drawn((draw) => ({
      values: otherArguments(draw, method),
      kind: draw.pick(['cnn', 'resnet'] as const),
      seed: draw.integer(0, 100),
    })),
    slack: ({ values, kind, seed }) => {
      const { model } = configure(method.recipe(plainPlan, values), {
        network: networks[kind],
        task: { classes: 2, features: 16, imageShape: [1, 4, 4], rows: 3 },
        lr: 0.1,
        seed,
        key: random.key(seed),
      });
      const found = Object.entries(model.namedModules()).flatMap(([name, part]) => {
        const got = argumentsOf(part);
        return got === null ? [] : [[name, got] as const];
      });
      return holds(
        JSON.stringify(found) === JSON.stringify(places[at][kind].map((name) => [name, values])),
      );
    },
    effort: 0.1,
  });
