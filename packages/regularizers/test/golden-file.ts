import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from '@jest/globals';
import { type DType, type Tensor, tensor } from '@tikhonov/core';

/** A tensor as the files store it. */
export interface Stored {
  readonly shape: readonly number[];
  readonly data: readonly number[];
  readonly dtype?: 'int32' | 'bool';
}

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

/** Both reference files, from the folder in TIKHONOV_GOLDEN if that is set. */
export function goldenCases(): GoldenCase[] {
  const here = fileURLToPath(new URL('golden/', import.meta.url));
  const folder = process.env.TIKHONOV_GOLDEN || here;
  return ['objective.json', 'structure.json'].flatMap((name) => {
    const { cases } = JSON.parse(readFileSync(join(folder, name), 'utf8')) as {
      cases: GoldenCase[];
    };
    return cases;
  });
}

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
    return tensor(Float64Array.from(stored.data), {
      shape: stored.shape,
      dtype: stored.dtype ?? this.dtype,
    });
  }

  input(name: string): Tensor {
    return this.load(this.case.inputs[name] as Stored);
  }

  inputs(name: string): Tensor[] {
    return (this.case.inputs[name] as readonly Stored[]).map((stored) => this.load(stored));
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
    const stored: Stored =
      typeof want === 'number' ? { shape: [], data: [want] } : (want as Stored);
    const [shape, data] =
      typeof got === 'number'
        ? [[], [got]]
        : [(got as Tensor).shape, Array.from((got as Tensor).data())];
    expect({ what, shape }).toEqual({ what, shape: stored.shape });
    let worst = { what, index: -1, got: 0, want: 0, excess: 0 };
    for (const [index, w] of stored.data.entries()) {
      const g = data[index]!;
      const error = g === w ? 0 : Math.abs(g - w) / (1 + Math.abs(w));
      const excess = Number.isNaN(error) ? Infinity : error / this.tolerance;
      if (excess > worst.excess) worst = { what, index, got: g, want: w, excess };
    }
    if (worst.excess > 1) expect(worst).toEqual({ ...worst, excess: 'at most 1' });
  }

  expected(name: string, got: Tensor | number | readonly Tensor[]): void {
    this.close(name, got, this.case.expected[name]);
  }

  gradient(name: string, got: Tensor | readonly Tensor[]): void {
    this.close(`gradient of ${name}`, got, this.case.grads[name]);
  }
}
