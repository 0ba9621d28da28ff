import { drawn, type Law, law } from '@tikhonov/check';
import { Cell, full, grad, random, sum, type Tensor, tensor, zerosLike } from '@tikhonov/core';
import { check } from '@tikhonov/core/engine';
import { BatchNorm1d, Linear, Sequential } from '@tikhonov/nn';
import { branchOf, gatesOf, problem } from '../laws/residual-block.ts';
import { exactly, holds, near } from '../laws/slack.ts';
import { StochasticDepth } from './stochastic-depth.ts';
import { stochasticDepth } from './stochastic-depth-function.ts';

/** What holds where a branch is certainly there, or certainly not. */
export const certainDepthLaws: readonly Law[] = [
  law({
    id: 'stochastic-depth/certain',
    statement:
      'With survival 1 training and evaluation are the plain block, with 0 the projection alone (evaluation only if it is scaled), whatever the key; annealed in a cell too.',
    cases: drawn((draw) => ({
      ...problem(draw),
      seed: draw.integer(0, 1000),
      annealed: draw.pick([true, false]),
    })),
    slack: ({ x, w, scale, mode, seed, annealed }) => {
      const f = branchOf(w);
      const at = (s: number, training: boolean): Tensor =>
        stochasticDepth(x, f, {
          survival: annealed ? new Cell(tensor(s, { dtype: 'float64' })) : s,
          scale,
          mode,
          training,
          rng: random.key(seed),
          projection: (y) => y.mul(2),
          activation: (y) => y.mul(3),
        });
      const [whole, alone] = [x.mul(2).add(f(x)).mul(3), x.mul(6)];
      return Math.min(
        near(at(1, true), whole, 1e-14),
        near(at(1, false), whole, 1e-14),
        near(at(0, true), alone, 1e-14),
        near(at(0, false), scale === 'eval' ? alone : whole, 1e-14),
      );
    },
  }),
  law({
    id: 'stochastic-depth/given-gates',
    statement:
      'Given gates decide where survival is 0 or 1 too: an open one adds the branch, divided by nothing, a closed one adds 0, whatever the branch is; the gradients are those of what is added.',
    cases: drawn((draw) => ({ ...problem(draw), annealed: draw.pick([true, false]) })),
    slack: ({ x, w, scale, mode, annealed }) => {
      const at = (certain: number, open: number): number => {
        const options = {
          survival: annealed ? new Cell(tensor(certain, { dtype: 'float64' })) : certain,
          scale,
          mode,
          training: true,
          gates: gatesOf(mode, x.shape[0]!, open),
        };
        const f = ([rows, by]: readonly Tensor[]): Tensor =>
          stochasticDepth(rows!, branchOf(by!), options);
        const plain = ([rows, by]: readonly Tensor[]): Tensor =>
          rows!.add(open === 1 ? branchOf(by!)(rows!) : sum(by!.mul(0)));
        const [got, want] = [f, plain].map((y) =>
          grad((both: readonly Tensor[]) => sum(y(both)))([x, w]),
        );
        const poisoned = stochasticDepth(x, (rows) => rows.div(0).mul(0), options);
        return Math.min(
          near(f([x, w]), plain([x, w]), 1e-14),
          ...want!.map((g, k) => near(got![k]!, g, 1e-13)),
          open === 1 ? 1 : exactly(poisoned, x),
        );
      };
      return Math.min(at(0, 0), at(0, 1), at(1, 0), at(1, 1));
    },
    effort: 0.5,
  }),
  law({
    id: 'stochastic-depth/never-there',
    statement:
      'With survival 0 a key never adds the branch, whatever mode and scale are: training is the projection, with its gradients, and no gradient reaches the weights of the branch; nor in evaluation, unless training is what is scaled.',
    cases: drawn((draw) => ({
      ...problem(draw),
      seed: draw.integer(0, 2 ** 30),
      annealed: draw.pick([true, false]),
    })),
    slack: ({ x, w, scale, mode, seed, annealed }) => {
      const survival = annealed ? new Cell(tensor(0, { dtype: 'float64' })) : 0;
      const at =
        (training: boolean) =>
        ([rows, by]: readonly Tensor[]): Tensor =>
          stochasticDepth(rows!, branchOf(by!), {
            survival,
            scale,
            mode,
            training,
            rng: random.key(seed),
            projection: (h) => h.mul(2),
          });
      return Math.min(
        ...[true, ...(scale === 'eval' ? [false] : [])].flatMap((training) => {
          const [dx, dw] = grad((both: readonly Tensor[]) => sum(at(training)(both)))([x, w]);
          return [
            exactly(at(training)([x, w]), x.mul(2)),
            exactly(dx!, zerosLike(x).add(2)),
            exactly(dw!, zerosLike(w)),
          ];
        }),
        scale === 'keep' ? near(at(false)([x, w]), x.mul(2).add(branchOf(w)(x)), 1e-14) : 1,
      );
    },
    effort: 0.5,
  }),
  law({
    id: 'stochastic-depth/dropped',
    statement:
      'Nothing of a dropped branch is computed, in evaluation neither if its survival is 0: its checks do not run, its batch statistics stay, NaN does not get out, and the gradients of its parameters are exactly 0.',
    cases: drawn((draw) => ({ x: draw.tensor([3, 2]), seed: draw.integer(0, 1000) })),
    slack: ({ x, seed }) => {
      const branch = new Sequential(
        new Linear(2, 2, { seed, dtype: 'float64' }),
        new BatchNorm1d(2, { dtype: 'float64' }),
        (h) => {
          check(full([], 0, { dtype: 'bool' }), () => new Error('a dropped branch was computed'));
          return h.div(0);
        },
      );
      const block = new StochasticDepth(branch, { survival: 0 });
      const before = JSON.stringify(block.stateDict());
      const parameters = Object.values(block.namedParameters());
      const context = { training: true, rng: random.key(seed) };
      const slopes = grad((rows: Tensor) => sum(block.forward(rows, context)))(x);
      const loss = block.forward(x, context);
      loss.sum().backward();
      return Math.min(
        exactly(loss, x),
        exactly(block.forward(x), x),
        exactly(slopes, x.mul(0).add(1)),
        ...parameters.map(({ grad: g }) => exactly(g!, g!.mul(0))),
        holds(JSON.stringify(block.stateDict()) === before),
      );
    },
    effort: 0.3,
  }),
];
