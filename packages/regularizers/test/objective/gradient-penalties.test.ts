import { describe, expect, test } from '@jest/globals';
import { compile } from '@tikhonov/compile';
import {
  Cell,
  type DType,
  DTypeError,
  grad,
  matmul,
  mean,
  mul,
  ones,
  parameter,
  random,
  relu,
  ShapeError,
  sqrt,
  square,
  sum,
  type Tensor,
  tanh,
  tensor,
  transpose,
  zeros,
} from '@tikhonov/core';
import { Dataset } from '@tikhonov/data';
import {
  BatchNorm1d,
  Conv2d,
  crossEntropy,
  Flatten,
  Linear,
  mlp,
  Residual,
  Sequential,
  weightNorm,
} from '@tikhonov/nn';
import { sgd } from '@tikhonov/optim';
import { fit, type StepTerm } from '@tikhonov/train';
import {
  adversarialExample,
  adversarialLoss,
  adversarialTerm,
  functionGradientPenalty,
  geometricOccam,
  gradientFlow,
  gradientPenalty,
  gradientPenaltyTerm,
  implicitGradientOrder,
  implicitGradientPenalty,
  inputGradientPenalty,
  inputGradients,
  inputGradientTerm,
  jacobianPenalty,
  jacobianTerm,
  lipschitzEstimate,
  type Strength,
  vat,
  vatTerm,
  withBottleneck,
  withL0Gates,
} from '../../src/index.ts';

const key = random.key(11);
const labels = tensor([0, 2, 1, 1], { dtype: 'int32' });
const point = (dtype: DType) => ({
  w: random.normal(random.foldIn(key, 'w'), [3, 4], { dtype }),
  x: random.normal(random.foldIn(key, 'x'), [4, 4], { dtype }),
});
const outputs =
  (w: Tensor) =>
  (x: Tensor): Tensor =>
    tanh(matmul(x, transpose(w)));
const losses =
  (w: Tensor) =>
  (x: Tensor): Tensor =>
    crossEntropy(outputs(w)(x), labels, { reduction: 'none' });

/** Every penalty as a function of weights and rows, with its strength. */
const penalties: Readonly<Record<string, (w: Tensor, x: Tensor, strength: Strength) => Tensor>> = {
  gradientPenalty: (w, x, lambda) =>
    gradientPenalty((v: Tensor) => mean(losses(v)(x)), w, { lambda }),
  inputGradientPenalty: (w, x, lambda) => inputGradientPenalty(losses(w), x, { lambda }),
  inputGradientLength: (w, x, lambda) => inputGradientPenalty(losses(w), x, { lambda, norm: 'l2' }),
  wganGp: (w, x, lambda) =>
    functionGradientPenalty((rows) => sum(outputs(w)(rows), { axis: 1 }), x, {
      kind: 'wgan-gp',
      fake: x.neg(),
      key,
      lambda,
    }),
  r1: (w, x, lambda) =>
    functionGradientPenalty((rows) => sum(outputs(w)(rows), { axis: 1 }), x, {
      kind: 'r1',
      lambda,
    }),
  dirichlet: (w, x, lambda) =>
    functionGradientPenalty(outputs(w), x, { kind: 'dirichlet', lambda }),
  jacobianExact: (w, x, lambda) => jacobianPenalty(outputs(w), x, { lambda }),
  jacobianProjected: (w, x, lambda) =>
    jacobianPenalty(outputs(w), x, { lambda, projections: 2, key }),
  vat: (w, x, alpha) => vat(outputs(w), x, { epsilon: 0.5, key, alpha }),
  vatByDifferences: (w, x, alpha) =>
    vat(outputs(w), x, { epsilon: 0.5, key, alpha, mode: 'finite-difference', xi: 0.1 }),
};

describe.each(Object.entries(penalties))('%s', (_name, penalty) => {
  test.each([
    ['float64', 1e-10],
    ['float32', 2e-4],
  ] as const)('gives the same gradient in a compiled function, in %s', (dtype, tolerance) => {
    const { w, x } = point(dtype);
    const slope = (v: Tensor, rows: Tensor): Tensor =>
      grad((u: Tensor) => penalty(u, rows, 0.7))(v);
    const compiled = compile(slope);
    const [got, want] = [compiled(w, x).data(), slope(w, x).data()];
    expect(compiled.traces).toBe(1);
    for (const [i, value] of want.entries()) {
      expect(Math.abs(got[i]! - value)).toBeLessThan(tolerance * (1 + Math.abs(value)));
    }
    expect(want.some((value) => Math.abs(value) > 1e-4)).toBe(true);
    expect(slope(w, x).dtype).toBe(dtype);
  });

  test('changes with a strength in a cell while the compiled function runs, and is off at 0', () => {
    const { w, x } = point('float64');
    const strength = new Cell(tensor(0.5, { dtype: 'float64' }));
    const compiled = compile((v: Tensor, rows: Tensor) => {
      const value = penalty(v, rows, strength);
      return { value, slope: grad((u: Tensor) => penalty(u, rows, strength))(v) };
    });
    const half = compiled(w, x);
    strength.write(tensor(1, { dtype: 'float64' }));
    const whole = compiled(w, x);
    expect(whole.value.item()).toBeCloseTo(2 * half.value.item(), 12);
    expect(whole.slope.data()[0]).toBeCloseTo(2 * half.slope.data()[0]!, 12);
    strength.write(tensor(0, { dtype: 'float64' }));
    const none = compiled(w, x);
    expect([none.value.item(), ...none.slope.data()].every((value) => value === 0)).toBe(true);
    expect(compiled.traces).toBe(1);
    strength.write(tensor(-1, { dtype: 'float64' }));
    expect(() => compiled(w, x)).toThrow(RangeError);
  });
});

const terms: Readonly<Record<string, StepTerm>> = {
  gradientPenalty: gradientPenaltyTerm({ lambda: 0.1 }),
  inputGradient: inputGradientTerm({ lambda: 0.1 }),
  adversarial: adversarialTerm({ epsilon: 0.1 }),
  projectedSteps: adversarialTerm({ direction: 'pgd', epsilon: 0.1, steps: 2 }),
  jacobian: jacobianTerm({ lambda: 0.1, projections: 1 }),
  vat: vatTerm({ epsilon: 0.5 }),
  semiSupervised: vatTerm({ epsilon: 0.5, unlabelled: ones([6, 4], { dtype: 'float64' }) }),
};

const rows = new Dataset({
  x: random.normal(random.key(1), [8, 4], { dtype: 'float64' }),
  y: random.randint(random.key(2), [8], 0, 3),
  classes: 3,
});

const step = async (penalties: readonly StepTerm[], compiled: boolean) => {
  const [first, second] = [
    new Linear(4, 3, { seed: 0, dtype: 'float64' }),
    new Linear(3, 3, { seed: 1, dtype: 'float64' }),
  ];
  const norm = new BatchNorm1d(3, { dtype: 'float64' });
  const model = new Sequential(first, norm, second);
  await fit(model, {
    train: rows,
    loss: crossEntropy,
    optimizer: sgd(model, { lr: 0.1 }),
    penalties,
    epochs: 1,
    batchSize: 8,
    compiled,
    seed: 0,
  });
  return {
    running: [norm.runningMean, norm.runningVar].map((cell) => String(cell!.read().data())),
    weight: second.weight.read().data(),
  };
};

describe.each(Object.entries(terms))('the term %s', (_name, term) => {
  test('leaves running statistics where a plain step puts them, and moves the weights elsewhere', async () => {
    const [plain, eager, compiled] = [
      await step([], false),
      await step([term], false),
      await step([term], true),
    ];
    expect(eager.running).toEqual(plain.running);
    expect(String(eager.weight)).not.toBe(String(plain.weight));
    for (const [i, value] of eager.weight.entries()) {
      expect(compiled.weight[i]).toBeCloseTo(value, 10);
    }
  });
});

// The others see random directions, which differ from row to row.
describe.each(['gradientPenalty', 'inputGradient', 'adversarial'] as const)(
  'the term %s',
  (name) => {
    test('counts a row of weight 2 as two rows, and one of weight 0 not at all', async () => {
      const model = () => mlp([4, 3, 3], { seed: 0, dtype: 'float64', activation: 'tanh' });
      const after = async (which: readonly number[], weights: readonly number[] | null) => {
        const network = model();
        const pick = tensor(Int32Array.from(which));
        const { x, y } = rows.take(pick);
        await fit(network, {
          train:
            weights === null
              ? new Dataset({ x, y, classes: 3 })
              : new Dataset({ x, y, classes: 3, sampleWeight: tensor(Float64Array.from(weights)) }),
          loss: crossEntropy,
          optimizer: sgd(network, { lr: 0.1 }),
          penalties: [terms[name]!],
          epochs: 1,
          batchSize: which.length,
          shuffle: false,
          compiled: false,
          seed: 0,
        });
        return network.layers[0]!.weight.read().data();
      };
      const weighted = await after([0, 1, 2], [2, 1, 0]);
      const repeated = await after([0, 0, 1], null);
      for (const [i, value] of repeated.entries()) expect(weighted[i]).toBeCloseTo(value, 12);
    });
  },
);

test('two terms add', async () => {
  const one = { ...terms };
  const both = await step([one.inputGradient!, one.adversarial!], true);
  const alone = await step([one.inputGradient!], true);
  expect(String(both.weight)).not.toBe(String(alone.weight));
});

test('a dropout mask is shared by all passes of a step: without a perturbation nothing differs', async () => {
  const model = mlp([4, 16, 3], { seed: 0, dropout: 0.5 });
  const seen: Tensor[] = [];
  const watched: StepTerm = (context) => {
    const value = vatTerm({ epsilon: 1e-6 })(context);
    seen.push(value.detach());
    return mul(value, 0);
  };
  await fit(model, {
    train: new Dataset({ x: rows.x.astype('float32'), y: rows.y, classes: 3 }),
    loss: crossEntropy,
    optimizer: sgd(model, { lr: 0.1 }),
    penalties: [watched],
    epochs: 1,
    batchSize: 8,
    compiled: false,
    seed: 0,
  });
  // Other masks would give divergences of about 0.1.
  expect(Math.abs(seen[0]!.item())).toBeLessThan(1e-6);
});

describe('the gradient penalty on parameters', () => {
  const loss = ({ w }: { w: Tensor }): Tensor => square(w).sum();

  test('refuses parameters that the loss does not depend on, and names them', () => {
    const at = { w: tensor([1]), forgotten: tensor([2]) };
    expect(() => gradientPenalty(loss, at, { lambda: 1 })).toThrow(
      /does not depend on "forgotten"/,
    );
    expect(() => gradientPenalty(loss, at, { lambda: 1, hvp: true })).toThrow(/"forgotten"/);
    expect(gradientPenalty(loss, at, { lambda: 1, unreached: 'zeros' }).item()).toBe(4);
  });

  test('of a network covers all parameters, biases included', () => {
    const model = mlp([4, 3], { seed: 0 });
    const [x, y] = [ones([2, 4]), tensor([0, 1], { dtype: 'int32' })];
    const lossOf = (): Tensor => crossEntropy(model.forward(x), y);
    const gradients = Object.values(grad(lossOf)(model.namedParameters()));
    const want = gradients.reduce((total, g) => total + square(g).sum().item(), 0);
    expect(gradientPenalty(lossOf, model, { lambda: 1 }).item()).toBeCloseTo(want, 6);
    const { gradients: found } = gradientPenalty(lossOf, model, { lambda: 1, hvp: true });
    expect(Object.keys(found)).toEqual(['layers.0.weight', 'layers.0.bias']);
  });

  test('gives its gradients in a compiled function too, with a strength that changes', () => {
    const { w, x } = point('float32');
    const lambda = new Cell(tensor(0));
    const lossOf = (v: Tensor): Tensor => mean(losses(v)(x));
    const compiled = compile(
      (v: Tensor) => gradientPenalty(lossOf, v, { lambda, hvp: true }).gradients,
    );
    const plain = compiled(w).data();
    for (const [i, value] of grad(lossOf)(w).data().entries())
      expect(plain[i]).toBeCloseTo(value, 5);
    lambda.write(tensor(2));
    const total = (v: Tensor): Tensor => lossOf(v).add(gradientPenalty(lossOf, v, { lambda: 2 }));
    const penalized = compiled(w).data();
    for (const [i, value] of grad(total)(w).data().entries()) {
      expect(penalized[i]).toBeCloseTo(value, 4);
    }
    expect(compiled.traces).toBe(1);
  });

  test('of nothing is 0', () => {
    expect(gradientPenalty(() => tensor(1), {}, { lambda: 1 }).item()).toBe(0);
  });

  test('refuses parameters whose paths cannot be told apart', () => {
    const at = { 'a.b': tensor(1), a: { b: tensor(2) } };
    expect(() => gradientPenalty((p) => p.a.b.mul(p['a.b']), at, { lambda: 1 })).toThrow(
      /two parameters have the same path, among a\.b, a\.b/,
    );
  });

  test('contributes no second derivative where the activation has none', () => {
    const w = tensor([2, -3]);
    const linear = (v: Tensor): Tensor => v.mul(tensor([1, 5])).sum();
    const slope = grad((v: Tensor) => gradientPenalty(linear, v, { lambda: 1 }))(w);
    expect(slope.toArray()).toEqual([0, 0]);
  });

  test('refuses bad strengths and unknown options', () => {
    const at = { w: tensor([1]) };
    expect(() => gradientPenalty(loss, at, { lambda: -1 })).toThrow(
      /^gradientPenalty: lambda must be finite and >= 0, got -1\.$/,
    );
    expect(() => implicitGradientPenalty(loss, at, { lr: Number.NaN })).toThrow(RangeError);
    // @ts-expect-error: no such option
    expect(() => gradientPenalty(loss, at, { lambda: 1, strength: 1 })).toThrow(/unknown option/);
  });
});

describe('the analysis of implicit regularization', () => {
  test('leaves parameters as they are, whatever happens', () => {
    const w = parameter(tensor([1, 2], { dtype: 'float64' }));
    const loss = (): Tensor => square(w.read()).sum();
    gradientFlow(loss, { w }, { time: 1 });
    implicitGradientOrder(loss, { w }, { lr: 0.01, rates: 2 });
    expect(w.read().toArray()).toEqual([1, 2]);
    expect(() => gradientFlow(() => tensor(1), { w }, { time: 1 })).toThrow(
      /does not depend on "w"/,
    );
    expect(w.read().toArray()).toEqual([1, 2]);
  });

  test('follows the flow of a network in its cells', () => {
    const w = parameter(tensor([3], { dtype: 'float64' }));
    const end = gradientFlow(() => square(w.read()).sum().mul(0.5), { w }, { time: 2, steps: 64 });
    expect(end.w.item()).toBeCloseTo(3 * Math.exp(-2), 7);
  });

  test('refuses times, rates and counts that are none', () => {
    const loss = (v: Tensor): Tensor => square(v).sum();
    const start = tensor([1]);
    expect(() => gradientFlow(loss, start, { time: 0 })).toThrow(
      /^gradientFlow: time must be finite and > 0, got 0\.$/,
    );
    expect(() => gradientFlow(loss, start, { time: 1, steps: 0.5 })).toThrow(
      /steps must be an integer/,
    );
    expect(() => implicitGradientOrder(loss, start, { lr: -1 })).toThrow(
      /lr must be finite and > 0/,
    );
    expect(() => implicitGradientOrder(loss, start, { lr: 1, rates: 1 })).toThrow(/integer >= 2/);
  });
});

describe('penalties of input gradients', () => {
  const x = tensor([[3, -4]]);

  test('refuse a mean in place of losses, and say what to do', () => {
    const reduced = (rows: Tensor): Tensor => mean(rows);
    expect(() => inputGradientPenalty(reduced, x, { lambda: 1 })).toThrow(ShapeError);
    expect(() => inputGradients(reduced, x)).toThrow(
      "inputGradients: the losses must be one per sample, [1], got shape [].\n  Use the loss without its mean: { reduction: 'none' }.",
    );
  });

  test('refuse indices, empty batches, unknown sizes', () => {
    const each = (rows: Tensor): Tensor => sum(rows, { axis: 1 });
    const options = { lambda: 1 };
    expect(() => inputGradientPenalty(each, x.astype('int32'), options)).toThrow(DTypeError);
    expect(() => inputGradientPenalty(each, zeros([0, 2]), options)).toThrow(/at least one sample/);
    // @ts-expect-error: no such size
    expect(() => inputGradientPenalty(each, x, { lambda: 1, norm: 'l3' })).toThrow(
      "inputGradientPenalty: norm must be 'l2-squared', 'l2' or 'l1', got 'l3'.",
    );
    expect(() => inputGradientPenalty(each, x, { lambda: 1, eps: -1 })).toThrow(/eps must be/);
  });

  test('have slope 0 where the gradient is 0, with the l2 norm too', () => {
    const each = (rows: Tensor): Tensor => sum(square(rows), { axis: 1 });
    const slope = grad((rows: Tensor) =>
      inputGradientPenalty(each, rows, { lambda: 1, norm: 'l2' }),
    );
    expect(slope(zeros([2, 2])).toArray()).toEqual([
      [0, 0],
      [0, 0],
    ]);
  });

  test('of NaN are NaN, not silently something else', () => {
    const each = (rows: Tensor): Tensor => sum(sqrt(rows), { axis: 1 });
    expect(inputGradientPenalty(each, x, { lambda: 1 }).item()).toBeNaN();
  });

  test('of critics refuse what does not fit', () => {
    const f = (rows: Tensor): Tensor => sum(rows, { axis: 1 });
    // @ts-expect-error: no such kind
    expect(() => functionGradientPenalty(f, x, { kind: 'gan' })).toThrow(
      "functionGradientPenalty: kind must be one of wgan-gp, wgan-lp, r1, dirichlet, got 'gan'.",
    );
    expect(() => functionGradientPenalty(f, x, { kind: 'wgan-gp', fake: x })).toThrow(
      /needs a random key or the places epsilon/,
    );
    expect(() =>
      functionGradientPenalty(f, x, { kind: 'wgan-gp', fake: ones([2, 2]), key }),
    ).toThrow('fake must have the shape of x, [1, 2], got [2, 2]');
    expect(() =>
      functionGradientPenalty(f, x, { kind: 'wgan-lp', fake: x, epsilon: ones([3]) }),
    ).toThrow('epsilon must hold one number per sample, [1], got [3]');
    expect(() => functionGradientPenalty((rows) => rows, x, { kind: 'r1' })).toThrow(
      /needs one number per sample, \[1\] or \[1, 1\], got shape \[1, 2\]/,
    );
    expect(() => functionGradientPenalty((rows) => sum(rows), x, { kind: 'r1' })).toThrow(
      /one row per sample/,
    );
  });

  test('work for images and for numbers', () => {
    const images = random.normal(key, [3, 1, 2, 2]);
    const flat = images.reshape([3, 4]);
    const each = (rows: Tensor): Tensor => sum(square(rows.reshape([3, -1])), { axis: 1 });
    for (const norm of ['l2-squared', 'l2', 'l1'] as const) {
      const options = { lambda: 1, norm };
      expect(inputGradientPenalty(each, images, options).item()).toBeCloseTo(
        inputGradientPenalty(each, flat, options).item(),
        6,
      );
    }
    const numbers = tensor([1, -2]);
    expect(inputGradientPenalty((v) => square(v), numbers, { lambda: 1, norm: 'l2' }).item()).toBe(
      3,
    );
    expect(jacobianPenalty((v) => square(v), numbers, { lambda: 2 }).item()).toBe(10);
  });
});

describe('adversarial examples', () => {
  const x = tensor([[1, 1]]);
  const each = (rows: Tensor): Tensor => matmul(rows, tensor([[3], [-4]])).reshape([-1]);

  test('take their size from a cell in a compiled function', () => {
    const epsilon = new Cell(tensor(0.5));
    const moved = compile((rows: Tensor) =>
      adversarialExample(each, rows, { direction: 'pgd', epsilon, steps: 2, key }),
    );
    expect(moved(x).toArray()).toEqual([[1.5, 0.5]]);
    epsilon.write(tensor(0.25));
    expect(moved(x).toArray()).toEqual([[1.25, 0.75]]);
    expect(moved.traces).toBe(1);
  });

  test('start at random only if they are given a key', () => {
    const flat = (rows: Tensor): Tensor => sum(mul(rows, 0), { axis: 1 });
    const options = { direction: 'pgd', epsilon: 0.5, steps: 1 } as const;
    expect(adversarialExample(flat, x, options).toArray()).toEqual([[1, 1]]);
    const drawn = adversarialExample(flat, x, { ...options, key })
      .sub(x)
      .data();
    expect(drawn.every((offset) => offset !== 0 && Math.abs(offset) <= 0.5)).toBe(true);
  });

  test('refuse directions, ranges and options that do not fit', () => {
    // @ts-expect-error: no such direction
    expect(() => adversarialExample(each, x, { epsilon: 1, direction: 'up' })).toThrow(
      "adversarialExample: direction must be one of fgsm, fgm, gradient, pgd, got 'up'.",
    );
    expect(() => adversarialExample(each, x, { epsilon: 1, steps: 2 })).toThrow(
      /unknown option "steps"/,
    );
    expect(() => adversarialExample(each, x, { epsilon: -1 })).toThrow(/epsilon must be finite/);
    expect(() => adversarialExample(each, x, { epsilon: 1, clipMin: 1, clipMax: 0 })).toThrow(
      'adversarialExample: clipMin must be at most clipMax, got 1 and 0.',
    );
    expect(() => adversarialExample(each, x, { epsilon: 1, direction: 'pgd', steps: 0 })).toThrow(
      /steps must be an integer >= 1, got 0/,
    );
    expect(() =>
      adversarialExample(each, x, { epsilon: 1, direction: 'pgd', start: ones([2]) }),
    ).toThrow('start must have the shape of x, [1, 2], got [2]');
    expect(() => adversarialLoss(each, x, { epsilon: 1, alpha: 1.5 })).toThrow(
      'adversarialLoss: alpha must be in [0, 1], got 1.5.',
    );
    // @ts-expect-error: a term draws its starts itself
    expect(() => adversarialTerm({ direction: 'pgd', epsilon: 1, start: x })).toThrow(
      'adversarialTerm: has no option "start".',
    );
    expect(() => adversarialLoss(each, x, { epsilon: 1, alpha: tensor(2) })).toThrow(/in \[0, 1\]/);
  });
});

describe('Jacobians', () => {
  const x = ones([2, 3]);

  test('refuse projections without a key, or of another shape', () => {
    expect(() => jacobianPenalty((v) => v, x, { lambda: 1, projections: 2 })).toThrow(
      /random projections need a key, or v itself/,
    );
    expect(() => jacobianPenalty((v) => v, x, { lambda: 1, projections: -1 })).toThrow(RangeError);
    expect(() => jacobianPenalty((v) => v, x, { lambda: 1, v: ones([2, 2]) })).toThrow(
      'v must have the shape of the outputs, [2, 3], or several of them along a first axis, got [2, 2]',
    );
    const unit = tensor([
      [1, 0, 0],
      [0, 1, 0],
    ]);
    expect(() => jacobianPenalty((v) => v, x, { lambda: 1, v: unit.mul(10) })).toThrow(
      /^jacobianPenalty: every row of v must have length 1, got lengths .*10/,
    );
    expect(() => jacobianPenalty((v) => v, x, { lambda: 1, v: unit, projections: 5 })).toThrow(
      'jacobianPenalty: v holds 1 projections, but projections is 5.\n  Leave one of the two out.',
    );
  });

  test('bound the Lipschitz constant of networks of linear layers only', () => {
    const model = mlp([3, 4, 2], { seed: 0 });
    const { lower, upper } = lipschitzEstimate(model, x);
    expect(lower.item()).toBeLessThanOrEqual(upper.item());
    expect(() => lipschitzEstimate((v) => v, x)).toThrow(/found no weights to bound/);
    expect(() => lipschitzEstimate((v) => v, x, { weights: [ones([2, 2, 3, 3])] })).toThrow(
      /weights must be matrices \[out, in\], got shape \[2, 2, 3, 3\]/,
    );
  });

  test('bound no networks with other layers, branches or gates', () => {
    const options = { seed: 0 };
    const images = new Sequential(
      new Conv2d(1, 2, 2, options),
      new Flatten(),
      new Linear(8, 2, options),
    );
    expect(() => lipschitzEstimate(images, ones([2, 1, 3, 3]))).toThrow(
      /^lipschitzEstimate: the product of the linear layers does not bound Conv2d.*"0"/,
    );
    const branched = new Sequential(new Residual(new Linear(3, 3, options)));
    expect(() => lipschitzEstimate(branched, x)).toThrow(/does not bound Residual/);
    const gated = withL0Gates(mlp([3, 4, 2], options));
    expect(() => lipschitzEstimate(gated, x)).toThrow(/does not bound L0Gates/);
    const normed = weightNorm(mlp([3, 4, 2], options));
    const { lower, upper } = lipschitzEstimate(normed, x);
    expect(lower.item()).toBeLessThanOrEqual(upper.item());
    // The largest of the samples, not their mean: relu is off for one of two.
    const half = new Sequential(new Linear(1, 1, options), relu);
    half.namedParameters()['0.weight']!.write(tensor([[2]]));
    half.namedParameters()['0.bias']!.write(tensor([0]));
    expect(lipschitzEstimate(half, tensor([[-1], [1]])).lower.item()).toBe(2);
  });
});

describe("the geometric Occam's razor", () => {
  test('takes one example at a time, and a scalar', () => {
    const model = mlp([3, 4, 2], { seed: 0 });
    expect(() => geometricOccam(model, ones([2, 3]))).toThrow(
      /x must be one example \[d\], got shape \[2, 3\]\.\n {2}The inequality holds example by example/,
    );
    expect(() => geometricOccam(model, ones([3]))).toThrow(/its value has shape \[2\]/);
    expect(() => geometricOccam([], ones([3]))).toThrow(RangeError);
    const gated = withL0Gates(mlp([3, 4, 1], { seed: 0 }));
    expect(() => geometricOccam(gated, ones([3]))).toThrow(
      /^geometricOccam: ".*", L0Gates\(3\), is no layer of the kind/,
    );
    const narrow = withBottleneck(mlp([3, 4, 1], { seed: 0 }), { seed: 0 });
    expect(() => geometricOccam(narrow, ones([3]))).toThrow(TypeError);
    const normed = weightNorm(mlp([3, 4, 1], { seed: 0 }));
    const value = geometricOccam(normed, ones([3])).value.item();
    expect(value).toBeCloseTo(normed.forward(ones([1, 3])).item(), 6);
    // @ts-expect-error: no such norm
    expect(() => geometricOccam(model, ones([3]), { norm: 'l1', head: sum })).toThrow(
      /'spectral' or/,
    );
    expect(geometricOccam(model, ones([3]), { head: (h) => sum(h) }).layers.length).toBe(2);
  });

  test('has 0 for a denominator of 0, not NaN', () => {
    const layers = [{ weight: zeros([2, 2]) }, { weight: ones([1, 2]) }];
    const { layers: bounds, lhsTotal } = geometricOccam(layers, ones([2]));
    expect(bounds.map(({ lhs }) => lhs.item())).toEqual([0, 0]);
    expect(lhsTotal.item()).toBe(0);
  });
});
