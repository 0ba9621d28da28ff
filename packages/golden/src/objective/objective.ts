import type { DType } from '@tikhonov/core';
import { type GoldenName, goldenFile } from '../golden-file.ts';
import type { Outcome } from '../outcome.ts';
import type { Through } from '../through.ts';
import { type Methods, Unsupported } from './adapter.ts';
import { augmentation } from './augmentation.ts';
import { averaging } from './averaging.ts';
import type { MethodCase } from './case.ts';
import { gradientPenalties } from './gradient-penalties.ts';
import { gradients } from './gradients.ts';
import { losses } from './losses.ts';
import { optimizers } from './optimizers.ts';
import { penalties } from './penalties.ts';
import { proximal } from './proximal.ts';
import { type Manner, runCase } from './run-case.ts';
import { stochastic } from './stochastic.ts';
import { stopping } from './stopping.ts';

const methods: Methods = {
  ...augmentation,
  ...averaging,
  ...gradientPenalties,
  ...gradients,
  ...losses,
  ...optimizers,
  ...penalties,
  ...proximal,
  ...stochastic,
  ...stopping,
};

function outcomeOf(example: MethodCase, table: Methods, manner: Manner): Outcome {
  const { id, method } = example;
  const outcome = (status: Outcome['status'], problems: readonly string[]): Outcome => ({
    id,
    op: method,
    status,
    problems,
  });
  if (!Object.hasOwn(table, method)) return outcome('unsupported', ['no such method']);
  try {
    const { problems, missing } = runCase(example, table[method]!, manner);
    if (problems.length > 0) return outcome('mismatch', problems);
    return missing.length > 0
      ? outcome('unsupported', [`nothing computes ${missing.join(', ')}`])
      : outcome('passed', []);
  } catch (error) {
    return error instanceof Unsupported
      ? outcome('unsupported', [error.message])
      : outcome('mismatch', [String(error)]);
  }
}

/** Runs the cases of a file of the layout of `objective.json`. */
export function runMethods(
  file: GoldenName,
  table: Methods,
  float: DType,
  tolerance: number,
  only: string,
  through: Through,
): Outcome[] {
  return goldenFile<{ readonly cases: readonly MethodCase[] }>(file)
    .cases.filter(({ id, method, variant }) => `${method} ${variant} ${id}`.includes(only))
    .filter(({ float32 }) => float === 'float64' || float32 !== false)
    .map((example) => outcomeOf(example, table, { float, tol: example.tol ?? tolerance, through }));
}

/**
 * Runs the cases of `objective.json`: values, and gradients, which for methods with a gradient in their
 * value are of second order.
 *
 * @param only  keeps the cases whose method, variant or id contains it
 * @param through  what every function of tensors is called through
 */
export const runObjective = (
  float: DType,
  tolerance: number,
  only = '',
  through: Through = (f) => f,
): Outcome[] => runMethods('objective.json', methods, float, tolerance, only, through);
