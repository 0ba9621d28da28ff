import { drawn, type Law, law } from '@tikhonov/check';
import { indexSelect, random, type Tensor, tensor, where } from '@tikhonov/core';
import type { CaseDraw } from '@tikhonov/core/engine';
import type { Layer, Module } from '@tikhonov/nn';
import { configure } from '../configure.ts';
import type { ArgumentValues, Method, NetworkKind } from '../method.ts';
import type { NetworkSpec } from '../networks.ts';
import { plainPlan } from '../registry.ts';
import { otherArguments } from './other-arguments.ts';
import { exactly, holds } from './slack.ts';

/** A layer of elementwise noise and its function at given noise. */
export interface NoiseLayer {
  readonly layer: () => Module & Layer;
  /** The function in training, at noise of the shape of `x`. */
  readonly given: (x: Tensor, noise: Tensor) => Tensor;
  /** Draws noise. */
  readonly noise: (draw: CaseDraw, shape: readonly number[]) => Tensor;
}

/** What every layer of elementwise noise promises beside its own laws. */
export const noiseLayerLaws = (id: string, { layer, given, noise }: NoiseLayer): readonly Law[] => [
  law({
    id: `${id}/evaluation`,
    statement:
      'Evaluation is the identity, bit for bit and also of NaN, and draws nothing: a key changes nothing and is not needed.',
    cases: drawn((draw) => {
      const shape = draw.shape();
      return { x: draw.tensor(shape), bad: draw.booleans(shape), seed: draw.integer(0, 1000) };
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
    statement: 'With given noise, rows in another order give the results in that order.',
    cases: drawn((draw) => {
      const [n, d] = [draw.integer(1, 4), draw.integer(1, 3)];
      return { x: draw.tensor([n, d]), e: noise(draw, [n, d]), order: draw.permutation(n) };
    }),
    slack: ({ x, e, order }) => {
      const index = tensor(Int32Array.from(order));
      const moved = given(indexSelect(x, index), indexSelect(e, index));
      return exactly(moved, indexSelect(given(x, e), index));
    },
  }),
];

/** Networks for recipes, and where behind their activations noise of units stands in them. */
const networks: Readonly<Record<NetworkKind, readonly [NetworkSpec, readonly string[]]>> = {
  mlp: [{ kind: 'mlp', hidden: [3, 2] }, ['1.1', '3.1']],
  cnn: [{ kind: 'cnn', channels: [2], hidden: [3] }, ['6.1']],
  resnet: [{ kind: 'resnet', channels: [2], blocks: 1 }, ['4.body.2.1']],
};

/**
 * The law that a recipe puts a layer with its arguments behind the hidden activations.
 *
 * @param argumentsOf  what the layer was made with; null of other modules
 */
export const placesLaw = (
  method: Method,
  argumentsOf: (layer: Module, given: ArgumentValues) => ArgumentValues | null,
): Law =>
  law({
    id: `${method.id}/places`,
    statement:
      'The recipe puts the layer with its arguments behind every hidden activation of units, in residual networks within the blocks, and nowhere else.',
    cases: drawn((draw) => ({
      values: otherArguments(draw, method),
      kind: draw.pick(['mlp', 'cnn', 'resnet'] as const),
      seed: draw.integer(0, 100),
    })),
    slack: ({ values, kind, seed }) => {
      const [network, places] = networks[kind];
      const { model } = configure(method.recipe(plainPlan, values), {
        network,
        task: { classes: 2, features: 4, imageShape: [1, 2, 2], rows: 3 },
        lr: 0.1,
        seed,
        key: random.key(seed),
      });
      const found = Object.entries(model.namedModules()).flatMap(([name, part]) => {
        const got = argumentsOf(part, values);
        return got === null ? [] : [[name, got] as const];
      });
      return holds(JSON.stringify(found) === JSON.stringify(places.map((at) => [at, values])));
    },
    effort: 0.1,
  });

/** Gauss-Hermite points in `d` dimensions, `[3^d, d]`, and their weights: exact for polynomials up to degree 5. */
export function hermiteGrid(d: number): { readonly noise: Tensor; readonly weight: Tensor } {
  const points = [-Math.sqrt(3), 0, Math.sqrt(3)];
  const shares = [1 / 6, 2 / 3, 1 / 6];
  let rows: readonly (readonly number[])[] = [[]];
  let weights: readonly number[] = [1];
  for (let k = 0; k < d; k++) {
    rows = rows.flatMap((row) => points.map((point) => [...row, point]));
    weights = weights.flatMap((weight) => shares.map((share) => weight * share));
  }
  return {
    noise: tensor(Float64Array.from(rows.flat()), { shape: [rows.length, d] }),
    weight: tensor(Float64Array.from(weights)),
  };
}
