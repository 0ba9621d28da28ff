import { isFloating, type Tensor, type Tree } from '@tikhonov/core';
import { flattenTree, requireOptions } from '@tikhonov/core/engine';
import { checkOrder } from './check-order.ts';
import {
  type ArgumentList,
  type ArgumentRecord,
  type Checkable,
  type CheckedArgs,
  pointFunction,
} from './points.ts';
import { pullbackOf } from './pullback.ts';
import { describeReport, type GradReport } from './report.ts';
import { type ComparisonOptions, comparisonNames, settingsOf } from './settings.ts';

/** Thrown by `gradcheck` and `gradgradcheck`; the report says more than the message. */
export class GradcheckError extends Error {
  override readonly name = 'GradcheckError';
  readonly report: GradReport;

  /** @param report  what was found */
  constructor(message: string, report: GradReport) {
    super(message);
    this.report = report;
  }
}

/** Options of `gradcheck`. */
export interface GradcheckOptions extends ComparisonOptions {
  /** Whether to throw, or to return false. @defaultValue true */
  readonly raiseException?: boolean;
  /** Check forward mode as well. @defaultValue false */
  readonly checkForwardAd?: boolean;
  /** One random direction per input and one combination per output: `samples: 1`. @defaultValue false */
  readonly fastMode?: boolean;
}

/** Options of `gradgradcheck`. */
export interface GradgradcheckOptions extends ComparisonOptions {
  /** Whether to throw, or to return false. @defaultValue true */
  readonly raiseException?: boolean;
  /** The cotangents, one per floating output. @defaultValue random normal ones */
  readonly gradOutputs?: Tree<Tensor>;
  /** Check forward mode over reverse as well. @defaultValue false */
  readonly checkFwdOverRev?: boolean;
  /** Check reverse mode over reverse. @defaultValue true */
  readonly checkRevOverRev?: boolean;
  /** One random direction per input and one combination per output: `samples: 1`. @defaultValue false */
  readonly fastMode?: boolean;
}

/**
 * Whether the first derivatives of a function agree with central differences; PyTorch's
 * `torch.autograd.gradcheck`, names and defaults included. See `checkGrads`, which says how it
 * compares, and reports instead of throwing.
 *
 * @param args  one per argument of `f`, or a record that is its one argument; in float64
 * @returns true; false only with `raiseException: false`
 * @throws GradcheckError naming the worst coordinate; RangeError, TypeError, DTypeError as `checkGrads`
 * @example
 * ```ts
 * gradcheck((x) => exp(x), [tensor([1, 2], { dtype: 'float64' })]); // => true
 * ```
 */
export function gradcheck<Args extends ArgumentList<Args>, Out extends Checkable<Out>>(
  f: (...args: NoInfer<Args>) => Out,
  args: readonly [...Args],
  options?: GradcheckOptions,
): boolean;
export function gradcheck<Named extends ArgumentRecord<Named>, Out extends Checkable<Out>>(
  f: (args: NoInfer<Named>) => Out,
  args: Named,
  options?: GradcheckOptions,
): boolean;
export function gradcheck(
  f: (...args: readonly never[]) => unknown,
  args: CheckedArgs,
  options: GradcheckOptions = {},
): boolean {
  requireOptions<GradcheckOptions>('gradcheck', options, {
    ...comparisonNames,
    raiseException: true,
    checkForwardAd: true,
    fastMode: true,
  });
  const { raiseException = true, checkForwardAd = false, fastMode = false, ...rest } = options;
  const settings = settingsOf('gradcheck', {
    ...(fastMode ? { samples: 1 } : {}),
    ...rest,
    modes: checkForwardAd ? ['reverse', 'forward'] : ['reverse'],
  });
  const report = checkOrder(pointFunction('gradcheck', f, args), 1, settings);
  return verdict('gradcheck', report, raiseException);
}

/**
 * Whether the derivatives of a function's pullback agree with central differences; PyTorch's
 * `torch.autograd.gradgradcheck`, names and defaults included. First derivatives are not compared:
 * that is `gradcheck`.
 *
 * @param args  one per argument of `f`, or a record that is its one argument; in float64
 * @returns true; false only with `raiseException: false`
 * @throws GradcheckError naming the worst coordinate; RangeError, TypeError, DTypeError as `checkGrads`
 * @example
 * ```ts
 * gradgradcheck((x) => exp(x), [tensor([1, 2], { dtype: 'float64' })]); // => true
 * ```
 */
export function gradgradcheck<Args extends ArgumentList<Args>, Out extends Checkable<Out>>(
  f: (...args: NoInfer<Args>) => Out,
  args: readonly [...Args],
  options?: GradgradcheckOptions,
): boolean;
export function gradgradcheck<Named extends ArgumentRecord<Named>, Out extends Checkable<Out>>(
  f: (args: NoInfer<Named>) => Out,
  args: Named,
  options?: GradgradcheckOptions,
): boolean;
export function gradgradcheck(
  f: (...args: readonly never[]) => unknown,
  args: CheckedArgs,
  options: GradgradcheckOptions = {},
): boolean {
  requireOptions<GradgradcheckOptions>('gradgradcheck', options, {
    ...comparisonNames,
    raiseException: true,
    gradOutputs: true,
    checkFwdOverRev: true,
    checkRevOverRev: true,
    fastMode: true,
  });
  const { raiseException = true, gradOutputs, fastMode = false, ...others } = options;
  const { checkFwdOverRev = false, checkRevOverRev = true, ...rest } = others;
  const settings = settingsOf('gradgradcheck', {
    ...(fastMode ? { samples: 1 } : {}),
    ...rest,
    modes: [
      ...(checkRevOverRev ? (['reverse'] as const) : []),
      ...(checkFwdOverRev ? (['forward'] as const) : []),
    ],
  });
  const given =
    gradOutputs === undefined
      ? undefined
      : flattenTree<Tensor>(gradOutputs, 'gradgradcheck').leaves.filter((g) => isFloating(g.dtype));
  const point = pullbackOf(pointFunction('gradgradcheck', f, args), settings.seed, given);
  return verdict('gradgradcheck', checkOrder(point, 2, settings), raiseException);
}

function verdict(name: string, report: GradReport, raise: boolean): boolean {
  if (!report.ok && raise) throw new GradcheckError(describeReport(report, name), report);
  return report.ok;
}
