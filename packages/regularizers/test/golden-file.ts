import { expect } from '@jest/globals';
import { type DType, type Tensor, tensor } from '@tikhonov/core';
import { expectClose, goldenFile, loadTensor, type Stored } from '@tikhonov/golden';

/** A reference case. */
export interface GoldenCase {
  readonly id: string;
  readonly method: string;
  readonly variant: string;
  readonly params: Readonly<Record<string, number | string | readonly number[]>>;
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly noise: Readonly<Record<string, Stored>>;
  readonly grad_output: Stored | null;
  readonly expected: Readonly<Record<string, unknown>>;
  readonly grads: Readonly<Record<string, Stored | readonly Stored[]>>;
  readonly tol?: number | null;
  readonly float32?: boolean;
}

/** The cases of both reference files. */
export const goldenCases = (): GoldenCase[] =>
  (['objective.json', 'structure.json'] as const).flatMap(
    (name) => goldenFile<{ readonly cases: GoldenCase[] }>(name).cases,
  );

/** A case in one dtype: reads inputs as tensors, compares results. */
export class Golden {
  readonly case: GoldenCase;
  readonly dtype: DType;
  readonly tolerance: number;

  constructor(item: GoldenCase, dtype: DType, tolerance: number) {
    this.case = item;
    this.dtype = dtype;
    this.tolerance = item.tol ?? tolerance;
  }

  load(stored: Stored): Tensor {
    return loadTensor(stored, this.dtype);
  }

  input(name: string): Tensor {
    return this.load(this.case.inputs[name] as Stored);
  }

  number(name: string): number {
    const value = this.case.params[name];
    if (value === 'inf') return Infinity;
    if (typeof value !== 'number') throw new Error(`${this.case.id}: no number ${name}`);
    return value;
  }

  /** `|got - want| <= tolerance (1 + |want|)`, and the worst element if not. */
  close(what: string, got: Tensor | number | readonly Tensor[], want: unknown): void {
    if (Array.isArray(want)) {
      expect((got as readonly Tensor[]).length).toBe(want.length);
      for (const [i, one] of want.entries())
        this.close(`${what}[${i}]`, (got as Tensor[])[i]!, one);
      return;
    }
    const stored = typeof want === 'number' ? { shape: [], data: [want] } : (want as Stored);
    const value = typeof got === 'number' ? tensor(got, { dtype: 'float64' }) : (got as Tensor);
    expectClose(value, stored, this.tolerance, what);
  }

  expected(name: string, got: Tensor | number | readonly Tensor[]): void {
    this.close(name, got, this.case.expected[name]);
  }

  gradient(name: string, got: Tensor | readonly Tensor[]): void {
    this.close(`gradient of ${name}`, got, this.case.grads[name]);
  }
}
