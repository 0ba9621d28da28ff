import type { Tensor } from '@tikhonov/core';
import { analyticAlong } from './analytic.ts';
import { isKink, isOneSided, profileOf } from './kinks.ts';
import { callAt, type PointFunction, valuesOf } from './points.ts';
import { lineThrough, type Probe, probesOf, projected, type Sample } from './probes.ts';
import {
  type GradDiscrepancy,
  type GradReport,
  type Mode,
  type Order,
  positionOf,
  severity,
  worse,
} from './report.ts';
import { difference, notFinite, place } from './values.ts';

/** Everything that a check needs to be told. */
export interface CheckSettings {
  readonly modes: readonly Mode[];
  readonly eps: number;
  readonly atol: number;
  readonly rtol: number;
  readonly nondetTol: number;
  readonly kinks: 'skip' | 'fail';
  readonly maxSkipped: number;
  readonly samples: number;
  readonly seed: number;
}

/** The derivatives of one function at its point against central differences. */
export function checkOrder(
  whole: PointFunction,
  order: Order,
  settings: CheckSettings,
): GradReport {
  const { eps, seed, samples, modes } = settings;
  const point = projected(whole, samples, seed);
  const base = valuesOf(point.inputs);
  const outputs = callAt(point, base).map((y) => y.detach());
  const names = point.outputNames(outputs.length);
  const tally = new Tally(order, settings);
  if (outputs.length === 0) return tally.failure('the function returned no floating tensor.');
  const again = callAt(point, base);
  const problem =
    difference(outputs, again, names, settings.nondetTol) ?? notFinite(outputs, names);
  if (problem !== undefined) return tally.failure(problem);
  const analytic = modes.map((mode) => analyticAlong(mode, point));
  for (const probe of probesOf(point, samples, seed)) {
    const line = lineThrough(point, base, probe);
    const [above, below] = [line(eps), line(-eps)];
    const slopes = analytic.map((along) => along(probe));
    for (const [o, y] of outputs.entries()) {
      for (let i = 0; i < y.size; i++) {
        const [up, down] = [above.outputs[o]![i]!, below.outputs[o]![i]!];
        // The step that was taken, which rounding makes differ from 2 eps.
        const numeric = (up - down) / (above.step - below.step);
        if (!Number.isFinite(numeric)) return tally.failure(edge(names[o]!, i, y, probe, settings));
        const found = slopes.map((list) => list[o]![i]!);
        tally.compare({ probe, line, o, i, y, name: names[o]!, numeric, found });
      }
    }
  }
  return tally.report(point.inputNames);
}

const edge = (name: string, i: number, y: Tensor, probe: Probe, { eps }: CheckSettings): string =>
  `${place(name, i, y)} is not finite where ${probe.name}` +
  `${probe.position.length === 0 ? '' : `[${probe.position.join(', ')}]`} moves by ${eps}.\n` +
  '  Move the point into the domain of the function, by more than eps.';

interface Comparison {
  readonly probe: Probe;
  readonly line: (step: number) => Sample;
  readonly o: number;
  readonly i: number;
  readonly y: Tensor;
  readonly name: string;
  readonly numeric: number;
  /** One derivative per mode. */
  readonly found: readonly number[];
}

/** Counts, and the worst comparison so far. */
class Tally {
  readonly #order: Order;
  readonly #settings: CheckSettings;
  readonly #probes = new Map<number, { all: Set<Probe>; skipped: Set<Probe> }>();
  #worst: GradDiscrepancy | null = null;
  #checked = 0;
  #skipped = 0;

  constructor(order: Order, settings: CheckSettings) {
    this.#order = order;
    this.#settings = settings;
  }

  compare({ probe, line, o, i, y, name, numeric, found }: Comparison): void {
    const { eps, modes, atol, rtol, kinks } = this.#settings;
    const tolerance = atol + rtol * Math.abs(numeric);
    const seen = this.#seen(probe.k);
    seen.all.add(probe);
    const suspect = (): boolean => {
      if (found.some((value) => !(Math.abs(numeric - value) <= tolerance))) return true;
      // A kink may agree with its central difference by chance, as |x| does at 0.
      const [above, middle, below] = [line(eps), line(0), line(-eps)];
      const at = middle.outputs[o]![i]!;
      const ahead = (above.outputs[o]![i]! - at) / above.step;
      return Math.abs(ahead - (at - below.outputs[o]![i]!) / -below.step) > tolerance;
    };
    const profile = kinks === 'skip' && suspect() ? profileOf(line, eps, o, i) : null;
    const kink = profile !== null && isKink(profile, tolerance);
    for (const [m, analytic] of found.entries()) {
      if (kink && isOneSided(profile, analytic, tolerance)) {
        this.#skipped += 1;
        seen.skipped.add(probe);
        continue;
      }
      this.#checked += 1;
      const error = Math.abs(numeric - analytic);
      const coordinate = { input: probe.position, output: positionOf(i, y.shape) };
      const [input, output, order, mode] = [probe.name, name, this.#order, modes[m]!];
      this.#worst = worse(this.#worst, {
        ...{ input, output, coordinate, numeric, analytic, error, tolerance, order, mode },
      });
    }
  }

  #seen(k: number): { all: Set<Probe>; skipped: Set<Probe> } {
    const known = this.#probes.get(k);
    if (known !== undefined) return known;
    const fresh = { all: new Set<Probe>(), skipped: new Set<Probe>() };
    this.#probes.set(k, fresh);
    return fresh;
  }

  /** A report of why there is nothing to compare. */
  failure(problem: string): GradReport {
    return { ...this.#counts(), ok: false, problem };
  }

  report(inputNames: readonly string[]): GradReport {
    const { maxSkipped } = this.#settings;
    for (const [k, { all, skipped }] of this.#probes) {
      if (skipped.size <= maxSkipped * all.size) continue;
      return this.failure(
        `${skipped.size} of ${all.size} coordinates of ${inputNames[k]} lie at kinks, ` +
          `more than maxSkipped = ${maxSkipped} of them, so too little was compared.\n` +
          '  Move the point away from the kinks; values that are rounded or cast have kinks everywhere.',
      );
    }
    const counts = this.#counts();
    return { ...counts, ok: counts.worst === null || severity(counts.worst) <= 1, problem: null };
  }

  #counts(): Omit<GradReport, 'ok' | 'problem'> {
    const { seed } = this.#settings;
    return { worst: this.#worst, checked: this.#checked, skipped: this.#skipped, seed };
  }
}
