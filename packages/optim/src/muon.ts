import {
  add,
  astype,
  div,
  matmul,
  maximum,
  mul,
  norm,
  reshape,
  type Tensor,
  transpose,
  zerosLike,
} from '@tikhonov/core';
import { axpby, type OptionNames, requireOptions, showValue } from '@tikhonov/core/engine';
import { type AdamwSettings, adamwTransform } from './adam.ts';
import { chain } from './chain.ts';
import { commonNames } from './decay-kind.ts';
import { decoupledDecay } from './decoupled-decay.ts';
import { weightsOnly } from './groups.ts';
import { type LearningRate, Optimizer } from './optimizer.ts';
import { partition } from './partition.ts';
import { belowOne, positive, requireNumber, type Scalar } from './scalars.ts';
import { requireSteps } from './schedules/arguments.ts';
import { assemble, type CommonOptions } from './sgd.ts';
import { type SlotState, slotwise } from './slots.ts';
import type { OptimizerTarget } from './target.ts';
import type { Transform } from './transform.ts';
import type { DecayMask } from './weight-decay.ts';

/** How long the step of a matrix is. */
const lengths = {
  /** By the larger of 1 and the root of outputs over inputs. */
  original: (rows: number, columns: number): number => Math.sqrt(Math.max(1, rows / columns)),
  /** With elements as large as AdamW's typically are, so that its rates and decays fit. */
  matchRmsAdamw: (rows: number, columns: number): number =>
    0.2 * Math.sqrt(Math.max(rows, columns)),
};

/** Options of `scaleByMuon`; the defaults are PyTorch's. */
export interface ScaleByMuonOptions {
  /** In [0, 1). @defaultValue 0.95 */
  readonly momentum?: number;
  /** Look ahead. @defaultValue true */
  readonly nesterov?: boolean;
  /** Newton-Schulz iterations. @defaultValue 5 */
  readonly nsSteps?: number;
  /** Matrices shorter than this count as this long, > 0. @defaultValue 1e-7 */
  readonly eps?: number;
  /** How long the step of a matrix is. @defaultValue 'original' */
  readonly adjustLr?: 'original' | 'matchRmsAdamw';
}

/** Options of `muon` beside the learning rate. */
export interface MuonSettings extends CommonOptions, ScaleByMuonOptions {
  /** Decoupled, >= 0; of all parameters. @defaultValue 0.1, for those stepped by AdamW its own 0.01 */
  readonly weightDecay?: Scalar;
  /** Which parameters it orthogonalises; others are stepped by AdamW. @defaultValue `weightsOnly` */
  readonly select?: DecayMask;
  /**
   * What the others have of AdamW's settings; the learning rate is the same, and so are `weightDecay` and
   * `decay` if they are given. @defaultValue AdamW's
   */
  readonly others?: Pick<AdamwSettings, 'betas' | 'eps' | 'weightDecay' | 'decay'>;
}

/** Options of `muon`. */
export interface MuonOptions extends MuonSettings {
  /** Learning rate, >= 0: a number, a 0-d cell that may be shared, or a schedule. @defaultValue 1e-3 */
  readonly lr?: LearningRate;
}

const known: OptionNames<MuonOptions> = {
  lr: true,
  momentum: true,
  nesterov: 'boolean',
  nsSteps: true,
  eps: true,
  adjustLr: true,
  select: 'function',
  others: 'object',
  ...commonNames,
};

/**
 * Near the orthogonal factor of a matrix: Newton-Schulz iterations with coefficients that bring all singular
 * values, but the smallest, into [0.7, 1.2] at once instead of to 1 in the end.
 */
function orthogonalized(g: Tensor, steps: number, eps: number): Tensor {
  const wide = g.shape[0]! <= g.shape[1]!;
  const length = maximum(norm(astype(g, 'float64')), eps);
  let x = div(wide ? g : transpose(g), astype(length, g.dtype));
  for (let k = 0; k < steps; k++) {
    const square = matmul(x, transpose(x));
    x = add(mul(x, 3.4445), matmul(axpby(-4.775, square, 2.0315, matmul(square, square)), x));
  }
  return wide ? x : transpose(x);
}

/**
 * Muon's direction: the momentum, orthogonalised. Kernels count as matrices of the shape output units x
 * everything else.
 *
 * @throws RangeError for numbers out of range
 * @see Jordan et al., "Muon: an optimizer for hidden layers in neural networks", 2024
 */
export function scaleByMuon(options: ScaleByMuonOptions = {}): Transform<SlotState<'mu'>> {
  requireOptions('scaleByMuon', options, {
    momentum: true,
    nesterov: 'boolean',
    nsSteps: true,
    eps: true,
    adjustLr: true,
  });
  return directionOf(options);
}

/** `scaleByMuon` for the optimizers, whose own options stand beside its. */
function directionOf(options: ScaleByMuonOptions): Transform<SlotState<'mu'>> {
  const { momentum = 0.95, nesterov = true, nsSteps = 5, eps = 1e-7 } = options;
  const { adjustLr = 'original' } = options;
  requireNumber('muon', 'momentum', momentum, belowOne);
  requireNumber('muon', 'eps', eps, positive);
  requireSteps('muon', 'nsSteps', nsSteps);
  if (!Object.hasOwn(lengths, adjustLr)) {
    throw new RangeError(
      `muon: adjustLr must be 'original' or 'matchRmsAdamw', got ${showValue(adjustLr)}.`,
    );
  }
  return slotwise({
    init: { mu: (w) => zerosLike(w) },
    shared: () => null,
    step: (g, before) => {
      const mu = axpby(momentum, before.mu, 1 - momentum, g);
      const ahead = nesterov ? axpby(momentum, mu, 1 - momentum, g) : mu;
      const rows = g.shape[0] ?? 1;
      const columns = g.size / Math.max(1, rows);
      const matrix = reshape(ahead, [rows, columns]);
      const scale = lengths[adjustLr](rows, columns);
      const direction = mul(orthogonalized(matrix, nsSteps, eps), scale);
      return [reshape(direction, [...g.shape]), { mu }];
    },
  });
}

/**
 * `muon` as a pure transform.
 *
 * @throws RangeError for numbers out of range; TypeError for unknown options
 */
export function muonTransform(options: MuonSettings & { readonly lr?: Scalar } = {}): Transform {
  requireOptions('muon', options, known);
  const { lr = 1e-3, weightDecay = 0.1, select = weightsOnly, others = {} } = options;
  requireOptions('muon: others', others, {
    betas: true,
    eps: true,
    weightDecay: true,
    decay: 'function',
  });
  const matrices = chain(directionOf(options), ...decoupledDecay(lr, { ...options, weightDecay }));
  const shared = {
    ...(options.weightDecay === undefined ? {} : { weightDecay }),
    ...(options.decay === undefined ? {} : { decay: options.decay }),
  };
  const groups = partition([
    { name: 'muon', match: select, transform: matrices },
    { name: 'adamw', match: () => true, transform: adamwTransform({ ...shared, ...others, lr }) },
  ]);
  return assemble('muon', options, lr, [groups]);
}

/**
 * Muon: matrices and kernels move along their orthogonalised momentum, so that no direction of a layer is
 * neglected; biases, gains and what else `select` leaves are stepped by AdamW.
 *
 * @param target  a model, or parameters by name
 * @throws RangeError for numbers out of range
 * @see Jordan et al., "Muon: an optimizer for hidden layers in neural networks", 2024; Liu et al., "Muon is
 * scalable for LLM training", 2025, arXiv 2502.16982 (matchRmsAdamw)
 * @example
 * ```ts
 * const model = nn.mlp([4, 8, 1], { seed: 0 });
 * const optimizer = optim.muon(model, { lr: 0.02 });
 * const x = random.normal(random.key(0), [16, 4]);
 * const loss = () => model.forward(x).sub(1).pow(2).mean();
 * const before = optimizer.minimize(loss).item();
 * optimizer.minimize(loss).item() < before; // => true
 * ```
 */
export function muon(target: OptimizerTarget, options: MuonOptions = {}): Optimizer {
  requireOptions('muon', options, known);
  return new Optimizer(target, (lr) => muonTransform({ ...options, lr }), options.lr ?? 1e-3);
}
