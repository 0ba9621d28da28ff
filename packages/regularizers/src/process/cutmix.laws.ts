import { drawn, type Law, law } from '@tikhonov/check';
import { arange, gather, mean, random, reshape, type Tensor, tensor, where } from '@tikhonov/core';
import type { CaseDraw } from '@tikhonov/core/engine';
import { crossEntropy } from '@tikhonov/nn';
import { everyPixel, imagesOf, reader } from '../laws/images.ts';
import { rowsLaw } from '../laws/recipe-parts.ts';
import { atMost, exactly, holds, near } from '../laws/slack.ts';
import { cutmix, cutmixMethod } from './cutmix.ts';

interface Problem {
  readonly x: Tensor;
  readonly y: Tensor;
  readonly classes: number;
  readonly permutation: Tensor;
  readonly box: readonly [y0: number, y1: number, x0: number, x1: number];
}

const problem = (draw: CaseDraw): Problem => {
  const x = imagesOf(draw);
  const [n, , height, width] = x.shape as [number, number, number, number];
  const classes = draw.integer(2, 4);
  const [y0, x0] = [draw.integer(0, height), draw.integer(0, width)];
  return {
    x,
    y: draw.integers([n], 0, classes - 1),
    classes,
    permutation: random.permutation(random.key(draw.integer(0, 1e6)), n),
    box: [y0, draw.integer(y0, height), x0, draw.integer(x0, width)],
  };
};

const mixed = ({ x, y, classes, permutation, box }: Problem) =>
  cutmix({ x, y }, { classes, permutation, box: tensor(box, { dtype: 'int32' }) });

/** The permutation that leaves every row where it is. */
const own = ({ y }: Problem): Tensor => arange(y.size, { dtype: 'int32' });

/** What CutMix promises. */
export const cutmixLaws: readonly Law[] = [
  law({
    id: 'cutmix/replaces-a-box',
    statement:
      "Inside the box every channel is the partner's, outside it is the image's own, bit for bit.",
    cases: drawn(problem),
    slack: (p) => {
      const [at, partner, [y0, y1, x0, x1]] = [reader(p.x), p.permutation.data(), p.box];
      const want = everyPixel(p.x.shape, (i, c, y, x) =>
        at(y >= y0 && y < y1 && x >= x0 && x < x1 ? partner[i]! : i, c, y, x),
      );
      return exactly(mixed(p).x, want);
    },
  }),
  law({
    id: 'cutmix/share-is-area',
    statement:
      'Labels are mixed by area: the loss is lambda CE(y) + (1 - lambda) CE(y of the partner), lambda the area outside the box.',
    cases: drawn((draw) => {
      const p = problem(draw);
      return { p, logits: draw.tensor([p.y.size, p.classes]) };
    }),
    slack: ({ p, logits }) => {
      const [y0, y1, x0, x1] = p.box;
      const lambda = 1 - ((y1 - y0) * (x1 - x0)) / (p.x.shape[2]! * p.x.shape[3]!);
      const rows = mixed(p);
      const other = crossEntropy(logits, gather(p.y, p.permutation)).item();
      const want = lambda * crossEntropy(logits, p.y).item() + (1 - lambda) * other;
      return Math.min(
        near(rows.lambda, Array(p.y.size).fill(lambda), 1e-15),
        near(crossEntropy(logits, rows.y), want, 1e-13),
      );
    },
  }),
  law({
    id: 'cutmix/keeps-means',
    statement: 'The mean image and the mean target of a batch stay, for drawn boxes as well.',
    cases: drawn((draw) => ({ p: problem(draw), seed: draw.integer(0, 1e6) })),
    slack: ({ p: { x, y, classes }, seed }) => {
      const rows = cutmix({ x, y }, { classes, key: random.key(seed) });
      const plain = cutmix({ x, y }, { classes, alpha: 0, key: random.key(seed) });
      return Math.min(
        exactly(plain.x, x),
        near(mean(rows.x, { axis: 0 }), mean(x, { axis: 0 }), 1e-14),
        near(mean(rows.y, { axis: 0 }), mean(plain.y, { axis: 0 }), 1e-14),
      );
    },
  }),
  law({
    id: 'cutmix/rows-of-weight-0',
    statement:
      'A row of weight 0, and one whose partner has it, stays as it is, with a share of 1; the others are mixed as ever.',
    cases: drawn((draw) => {
      const p = problem(draw);
      return { p, counts: Array.from({ length: p.y.size }, () => draw.pick([true, false])) };
    }),
    slack: ({ p, counts }) => {
      const { x, y, classes, permutation, box } = p;
      const partner = permutation.data();
      const mixes = tensor(counts.map((own, i) => own && counts[partner[i]!]!));
      const sampleWeight = tensor(Float64Array.from(counts, Number));
      const options = { classes, permutation, box: tensor(box, { dtype: 'int32' }) };
      const got = cutmix({ x, y, sampleWeight }, options);
      const [plain, still] = [mixed(p), cutmix({ x, y }, { ...options, permutation: own(p) })];
      return Math.min(
        exactly(got.x, where(reshape(mixes, [-1, 1, 1, 1]), plain.x, x)),
        exactly(got.y, where(reshape(mixes, [-1, 1]), plain.y, still.y)),
        exactly(got.lambda, where(mixes, plain.lambda, 1)),
      );
    },
    effort: 0.5,
  }),
  law({
    id: 'cutmix/default-alpha',
    statement: 'By default the area is drawn uniformly: alpha is 1.',
    cases: drawn((draw) => ({ p: problem(draw), seed: draw.integer(0, 1e6) })),
    slack: ({ p: { x, y, classes }, seed }) => {
      const [byDefault, one] = [{}, { alpha: 1 }].map((options) =>
        cutmix({ x, y }, { classes, key: random.key(seed), ...options }),
      );
      return exactly(byDefault!.lambda, one!.lambda);
    },
    effort: 0.5,
  }),
  law({
    id: 'cutmix/drawn-boxes',
    statement:
      'For a drawn area 1 - r the sides are sqrt(1 - r) of the image, rounded down; at a border up to half of each is cut off.',
    cases: drawn((draw) => ({ side: draw.integer(5, 12), seed: draw.integer(0, 1e6) })),
    slack: ({ side, seed }) => {
      // Beta(alpha, alpha) for a large alpha is 1/2, within some 1e-4.
      const length = Math.floor(Math.sqrt(0.5) * side);
      const x = tensor(new Float64Array(2 * side * side), { shape: [2, 1, side, side] });
      const y = tensor(Float64Array.of(0, 1));
      const { lambda } = cutmix({ x, y }, { alpha: 1e7, key: random.key(seed) });
      const area = (1 - lambda.data()[0]!) * side * side;
      return Math.min(atMost(area, length ** 2), atMost(Math.ceil(length / 2) ** 2, area));
    },
  }),
  rowsLaw(cutmixMethod, (batch, { alpha }, key) => {
    const images = { ...batch, x: batch.x.reshape([3, 1, 2, 3]) };
    const mixed = cutmix(images, { alpha: alpha!, classes: 3, key });
    return { ...mixed, x: mixed.x.reshape([3, 6]) };
  }),
  law({
    id: 'cutmix/places',
    statement:
      'Rows and columns of the box are drawn by themselves; images of rows that only fill a batch stay as they are.',
    cases: drawn((draw) => ({
      x: draw.tensor([2, 1, 9, 9], { distinct: true }),
      seed: draw.integer(0, 1000),
    })),
    slack: ({ x, seed }) => {
      const y = tensor(Int32Array.of(0, 1));
      const box = tensor(Int32Array.of(2, 5, 1, 4));
      const sampleWeight = tensor(Float64Array.of(1, 0));
      const permutation = tensor(Int32Array.of(1, 0));
      const kept = cutmix({ x, y, sampleWeight }, { classes: 2, box, permutation });
      // Where one pixel is cut out of nine in a row, boxes on the diagonal alone have chance 9^-20.
      const aside = Array.from({ length: 20 }, (_, k) => {
        const at = { classes: 2, permutation, key: random.key(seed + k) };
        const changed = cutmix({ x, y }, at).x.sub(x).toArray() as number[][][][];
        const rows = changed[0]![0]!;
        return rows.some((row, i) => row.some((d, j) => d !== 0 && rows[j]![i] === 0));
      });
      return Math.min(exactly(kept.x, x), holds(aside.includes(true)));
    },
    effort: 0.1,
  }),
];
