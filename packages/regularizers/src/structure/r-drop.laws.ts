import { drawn, type Law, law } from '@tikhonov/check';
import {
  concat,
  expandDims,
  full,
  grad,
  indexSelect,
  logSoftmax,
  mul,
  random,
  select,
  softmax,
  split,
  sub,
  sum,
  type Tensor,
  tensor,
  zerosLike,
} from '@tikhonov/core';
import type { CaseDraw } from '@tikhonov/core/engine';
import { BatchNorm1d, crossEntropy, Dropout, klDiv, mlp, Sequential } from '@tikhonov/nn';
import { configure } from '../configure.ts';
import { recipeTakes } from '../laws/defaults.ts';
import { real } from '../laws/draws.ts';
import { placesLaw } from '../laws/noise-layer.ts';
import { otherArguments } from '../laws/other-arguments.ts';
import { exactly, holds, near } from '../laws/slack.ts';
import { smallStep, someRows, withIgnoredRows } from '../laws/small-step.ts';
import { plainPlan } from '../registry.ts';
import { rDropMethod } from './r-drop.ts';
import { type RDropSettings, rDropLoss } from './r-drop-loss.ts';
import { rDrop, rDropTerm } from './r-drop-passes.ts';
import { symmetricKl } from './symmetric-kl.ts';

const problem = (draw: CaseDraw) => {
  const [n, classes] = [draw.integer(1, 4), draw.integer(2, 4)];
  return {
    a: draw.tensor([n, classes]),
    b: draw.tensor([n, classes]),
    y: draw.integers([n], 0, classes - 1),
    alpha: real(draw, 0, 3),
    nll: draw.pick(['sum', 'mean'] as const),
    reduction: draw.pick(['sum', 'mean', 'none'] as const),
  };
};

/** The loss written out with the softmax, term by term. */
function written({ a, b, y, alpha, nll, reduction }: ReturnType<typeof problem>): Tensor {
  const [p, q] = [logSoftmax(a), logSoftmax(b)];
  const likelihood = [a, b]
    .map((z) => crossEntropy(z, y, { reduction: 'none' }))
    .reduce((first, second) => first.add(second));
  const kl = sum(mul(sub(softmax(a), softmax(b)), sub(p, q)), { axis: 1 }).mul(0.5);
  const each = likelihood.mul(nll === 'sum' ? 1 : 0.5).add(kl.mul(alpha));
  if (reduction === 'none') return each;
  return reduction === 'sum' ? each.sum() : each.mean();
}

/** What R-Drop promises. */
export const rDropLaws: readonly Law[] = [
  law({
    id: 'r-drop/formula',
    statement:
      'It is red(nll1 + nll2) + alpha red((KL12 + KL21) / 2), or with half the likelihood terms; swapping the passes changes nothing.',
    cases: drawn(problem),
    slack: (one) => {
      const { a, b, y, ...options } = one;
      const loss = rDropLoss(a, b, y, options);
      return Math.min(
        near(loss, written(one), 1e-12),
        near(loss, rDropLoss(b, a, y, options), 1e-14),
      );
    },
  }),
  law({
    id: 'r-drop/divergence',
    statement:
      'The divergence is the mean of both KLs, at least 0, and 0 for logits that differ by a constant in each row; a class that is impossible in both adds nothing.',
    cases: drawn((draw) => ({ ...problem(draw), shift: draw.tensor([4]) })),
    slack: ({ a, b, shift }) => {
      const kl = (z: Tensor, of: Tensor): Tensor =>
        sum(klDiv(logSoftmax(z), softmax(of), { reduction: 'none' }), { axis: 1 });
      const value = symmetricKl(a, b);
      const never = full([a.shape[0]!, 1], -Infinity, { dtype: 'float64' });
      const moved = a.add(expandDims(indexSelect(shift, arangeOf(a.shape[0]!)), 1));
      return Math.min(
        near(value, kl(a, b).add(kl(b, a)).mul(0.5), 1e-13),
        holds(Array.from(value.data()).every((x) => x >= 0)),
        near(symmetricKl(a, moved), zerosLike(value), 1e-14),
        near(
          symmetricKl(concat([a, never], { axis: 1 }), concat([b, never], { axis: 1 })),
          value,
          1e-13,
        ),
        exactly(symmetricKl(a, a), zerosLike(value)),
      );
    },
  }),
  law({
    id: 'r-drop/large-logits',
    statement:
      'It is finite for logits of some 1000, with finite gradients, and of two certain predictions half the sum of both gaps.',
    cases: drawn((draw) => ({ c: real(draw, 800, 2000), d: real(draw, 800, 2000) })),
    slack: ({ c, d }) => {
      const a = tensor([[c, 0]], { dtype: 'float64' });
      const b = tensor([[0, d]], { dtype: 'float64' });
      const slope = grad((z: Tensor) => sum(symmetricKl(z, b)))(a);
      return Math.min(
        near(symmetricKl(a, b), (c + d) / 2, 1e-13),
        near(slope, tensor([[0.5, -0.5]], { dtype: 'float64' }), 1e-13),
      );
    },
    effort: 0.3,
  }),
  law({
    id: 'r-drop/both-passes',
    statement:
      'Gradients flow to both passes, those of each row sum to 0, and they are those of the formula.',
    cases: drawn((draw) => ({ ...problem(draw), reduction: 'mean' as const })),
    slack: (one) => {
      const { a, b, y, ...options } = one;
      const slopes = (f: (a: Tensor, b: Tensor) => Tensor): Tensor[] => [
        grad((z: Tensor) => f(z, b))(a),
        grad((z: Tensor) => f(a, z))(b),
      ];
      const got = slopes((first, second) => rDropLoss(first, second, y, options));
      const want = slopes((first, second) => written({ ...one, a: first, b: second }));
      return Math.min(
        ...got.map((g, i) => near(g, want[i]!, 1e-12)),
        ...got.map((g) => near(sum(g, { axis: 1 }), zerosLike(sum(g, { axis: 1 })), 1e-13)),
      );
    },
  }),
  law({
    id: 'r-drop/strength',
    statement:
      'It grows linearly with alpha, which is 1 by default; the mean of both likelihoods doubles the effective alpha; with alpha 0 nothing is left of the divergence, even an infinite one.',
    cases: drawn(problem),
    slack: ({ a, b, y, alpha, reduction }) => {
      const at = (strength: number, options: RDropSettings = {}): Tensor =>
        rDropLoss(a, b, y, { alpha: strength, reduction, ...options });
      const kl = at(1).sub(at(0));
      const certain = tensor([[0, Number.NEGATIVE_INFINITY]], { dtype: 'float64' });
      const other = tensor([[0, 0]], { dtype: 'float64' });
      const first = tensor([0], { dtype: 'int32' });
      const infinite = rDropLoss(certain, other, first, { alpha: 0 });
      return Math.min(
        near(at(alpha), at(0).add(kl.mul(alpha)), 1e-12),
        near(
          rDropLoss(a, b, y),
          rDropLoss(a, b, y, { alpha: 1, reduction: 'mean', nll: 'sum' }),
          0,
        ),
        near(at(alpha, { nll: 'mean' }).mul(2), at(2 * alpha), 1e-12),
        near(infinite, Math.LN2, 1e-15),
      );
    },
  }),
  law({
    id: 'r-drop/positions',
    statement:
      'What the mask leaves out, or a weight of 0, counts in neither term, nor in the mean, whatever its logits and labels are, and has the gradient 0; weights count rows as often as they say, and are constants.',
    cases: drawn((draw) => ({
      ...problem(draw),
      times: draw.integers([4], 1, 3),
      bad: draw.pick([Number.NaN, Infinity, 1]),
    })),
    slack: ({ a, b, y, times, bad, ...options }) => {
      const [n, classes] = [a.shape[0]!, a.shape[1]!];
      const junk = tensor(
        Float64Array.from({ length: classes }, () => bad),
        {
          shape: [1, classes],
        },
      );
      const label = tensor([-100], { dtype: 'int32' });
      const left = tensor([...Array.from({ length: n }, () => 0), 1], { dtype: 'int32' });
      const padded = rDropLoss(concat([a, junk]), concat([b, junk]), concat([y, label]), {
        ...options,
        padMask: left,
      });
      const plain = rDropLoss(a, b, y, options);
      const want =
        options.reduction === 'none' ? concat([plain, tensor(new Float64Array(1))]) : plain;
      // Row i, so often.
      const counts = Array.from(times.data()).slice(0, n);
      const index = tensor(Int32Array.from(counts.flatMap((k, i) => Array(k).fill(i) as number[])));
      const summed = {
        ...options,
        reduction: options.reduction === 'none' ? 'sum' : options.reduction,
      } as const;
      const weights = tensor(Float64Array.from(counts));
      // Left out, even a heavy row counts for nothing.
      const both = rDropLoss(concat([a, junk]), concat([b, junk]), concat([y, label]), {
        ...summed,
        padMask: left,
        sampleWeight: concat([weights, tensor([5], { dtype: 'float64' })]),
      });
      const [rows, others, labels] = [concat([a, junk]), concat([b, junk]), concat([y, label])];
      const light = { ...summed, sampleWeight: concat([weights, tensor(new Float64Array(1))]) };
      const weighed = rDropLoss(a, b, y, { ...options, reduction: 'none', sampleWeight: weights });
      const each = rDropLoss(a, b, y, { ...options, reduction: 'none' });
      const masked = { ...summed, padMask: left };
      // What is left out has no gradient, not one of NaN.
      const slopes = [
        grad((z: Tensor) => rDropLoss(z, others, labels, masked))(rows),
        grad((z: Tensor) => rDropLoss(rows, z, labels, masked))(others),
      ];
      const share = grad((v: Tensor) => rDropLoss(a, b, y, { ...summed, sampleWeight: v }));
      return Math.min(
        ...slopes.map((slope) => exactly(select(slope, n), new Float64Array(classes))),
        exactly(share(weights), weights.mul(0)),
        near(weighed, each.mul(weights), 1e-13),
        near(
          rDropLoss(rows, others, labels, light),
          rDropLoss(a, b, y, { ...summed, sampleWeight: weights }),
          1e-13,
        ),
        near(both, rDropLoss(a, b, y, { ...summed, sampleWeight: weights }), 1e-13),
        near(padded, want, 1e-13),
        near(
          rDropLoss(a, b, y, { ...summed, sampleWeight: weights }),
          rDropLoss(indexSelect(a, index), indexSelect(b, index), indexSelect(y, index), summed),
          1e-12,
        ),
      );
    },
  }),
  law({
    id: 'r-drop/passes',
    statement:
      'It takes two passes with masks of their own; without dropout they agree: the divergence is 0, and the loss twice the likelihood, however the passes are made.',
    cases: drawn((draw) => ({
      x: draw.tensor([4, 3]),
      y: draw.integers([4], 0, 2),
      seed: draw.integer(0, 1e6),
      concatenate: draw.pick([true, false]),
    })),
    slack: ({ x, y, seed, concatenate }) => {
      const rng = random.key(seed);
      const model = (dropout: number) => mlp([3, 64, 3], { seed, dropout, dtype: 'float64' });
      const at = (dropout: number, alpha: number): number =>
        rDrop(model(dropout), x, y, { alpha, rng, concatenate }).item();
      const plain = crossEntropy(model(0).forward(x), y).item();
      return Math.min(
        near(at(0, 3), 2 * plain, 1e-13),
        // The same masks in both passes would give a divergence of 0.
        holds(at(0.5, 3) > at(0.5, 0) + 1e-6),
        exactly(at(0.5, 1), at(0.5, 1)),
      );
    },
    effort: 0.2,
  }),
  law({
    id: 'r-drop/state',
    statement:
      'Only the first pass moves state, once, and by default; updateState: false moves none. Settings of the loss hold in both ways of passing.',
    cases: drawn((draw) => ({
      x: draw.tensor([4, 3]),
      y: draw.integers([4], 0, 2),
      seed: draw.integer(0, 1e6),
      concatenate: draw.pick([true, false]),
      updateState: draw.pick([undefined, true, false]),
    })),
    slack: ({ x, y, seed, concatenate, updateState }) => {
      const rng = random.key(seed);
      const model = () =>
        new Sequential(new Dropout({ p: 0.5 }), new BatchNorm1d(3, { dtype: 'float64' }));
      const [got, want] = [model(), model()];
      const settings = { alpha: 2, nll: 'mean', reduction: 'sum' } as const;
      const given = updateState === undefined ? {} : { updateState };
      const loss = rDrop(got, x, y, { ...settings, ...given, rng, concatenate });
      const key = (i: number): Tensor => random.foldIn(rng, i);
      const all = want.forward(concatenate ? concat([x, x]) : x, {
        training: true,
        rng: key(0),
        updateState: updateState ?? true,
      });
      const [first, second] = concatenate
        ? split(all, 4)
        : [all, want.forward(x, { training: true, rng: key(1), updateState: false })];
      return Math.min(
        holds(JSON.stringify(got.stateDict()) === JSON.stringify(want.stateDict())),
        near(loss, rDropLoss(first!, second!, y, settings), 1e-13),
      );
    },
    effort: 0.2,
  }),
  law({
    id: 'r-drop/term',
    statement:
      'The term of a step adds the loss of a second pass with other masks and alpha times the divergence, both with the weights of the rows: with the data loss it is the formula.',
    cases: drawn((draw) => ({
      ...smallStep(draw),
      alpha: draw.pick([0, real(draw, 0.1, 3)]),
      nll: draw.pick(['sum', 'mean'] as const),
    })),
    slack: ({ context, alpha, nll }) => {
      const { batch, output, dataLoss, rng } = context;
      const second = context.forward(batch.x, { rng: random.foldIn(rng, 'r-drop') });
      const total = dataLoss.add(rDropTerm({ alpha, nll })(context));
      const want = rDropLoss(output, second, batch.y, {
        alpha,
        nll,
        sampleWeight: batch.sampleWeight!,
      });
      const usual = rDropTerm()(context).item();
      const wild = output.mul(Infinity);
      const off = rDropTerm({ alpha: 0 });
      return Math.min(
        exactly(off({ ...context, output: wild }), off(context)),
        near(total, want, 1e-12),
        near(usual, rDropTerm({ alpha: 1, nll: 'sum' })(context).item(), 0),
      );
    },
    show: ({ alpha, nll }) => JSON.stringify({ alpha, nll }),
    effort: 0.3,
  }),
  law({
    id: 'r-drop/ignored-rows',
    statement: 'Rows of ignoreIndex count as rows of weight 0, in the divergence too.',
    cases: drawn((draw) => {
      const step = smallStep(draw);
      return { ...step, kept: someRows(draw, step.context.batch.x.shape[0]!) };
    }),
    slack: ({ kept, ...step }) => {
      const { ignoring, weighing } = withIgnoredRows(step, kept);
      return near(rDropTerm({ ignoreIndex: -1 })(ignoring), rDropTerm()(weighing), 1e-13);
    },
    show: ({ kept }) => String(kept),
    effort: 0.3,
  }),
  law({
    id: 'r-drop/recipe',
    statement:
      'The recipe adds dropout behind hidden activations, and the term with its alpha; by default alpha is 1 and p 1/2.',
    cases: drawn((draw) => ({
      given: otherArguments(draw, rDropMethod),
      ...smallStep(draw),
      seed: draw.integer(0, 100),
    })),
    slack: ({ given, context, seed }) => {
      const plan = rDropMethod.recipe(plainPlan, given);
      const { model, options } = configure(plan, {
        hidden: [3],
        task: { classes: 3, features: 2, imageShape: null, rows: 3 },
        lr: 0.1,
        seed,
        key: random.key(seed),
      });
      const [term, ...others] = options.penalties;
      const rates = model.modules().filter((part) => part instanceof Dropout);
      return Math.min(
        near(term!(context), rDropTerm({ alpha: given.alpha! })(context), 1e-14),
        holds(others.length === 0),
        exactly(
          rates.map(({ p }) => p as number),
          [given.p!],
        ),
        recipeTakes(rDropMethod, { alpha: 1, p: 0.5 }),
      );
    },
    show: ({ given }) => JSON.stringify(given),
    effort: 0.1,
  }),
  placesLaw(rDropMethod, (part, given) =>
    part instanceof Dropout ? { ...given, p: part.p as number } : null,
  ),
];

const arangeOf = (n: number): Tensor => tensor(Int32Array.from({ length: n }, (_, i) => i));
