import type { Profile } from './profile.ts';
import {
  type Epilogue,
  type Format,
  formats,
  type GemmSpec,
  parameter,
  type Strides,
} from './spec.ts';

/** A product as the kernels see it. */
export interface Product {
  readonly format: Format;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly a: Strides;
  readonly b: Strides;
  readonly c: Strides;
  /** Parameters that hold the addresses of the two factors. */
  readonly left: number;
  readonly right: number;
  /** Rows and columns have changed places, here and in the epilogue. */
  readonly swapped: boolean;
  readonly accumulate: boolean;
  readonly bias: boolean;
  readonly epilogue: Epilogue | undefined;
  readonly profile: Profile;
}

const transposed = ({ row, column }: Strides): Strides => ({ row: column, column: row });

/**
 * The product, with a matrix-vector product turned into a vector-matrix product `c' = b' a'`, so that
 * vectors always run along the columns.
 */
export const productOf = (spec: GemmSpec): Product => {
  const { m, n, k, a, b, profile, epilogue, bias, accumulate = false } = spec;
  const format = formats[spec.dtype];
  for (const [name, size] of Object.entries({ m, n, k })) {
    if (!Number.isSafeInteger(size) || size < 0)
      throw new Error(`internal: gemm with ${name} ${size}.`);
  }
  const c = { row: spec.c.row, column: 1 };
  const rest = { format, k, accumulate, epilogue, profile, bias: bias !== undefined };
  if (n !== 1 || m === 1) {
    return { ...rest, m, n, a, b, c, left: parameter.a, right: parameter.b, swapped: false };
  }
  return {
    ...rest,
    m: 1,
    n: m,
    a: transposed(b),
    b: transposed(a),
    c: transposed(c),
    left: parameter.b,
    right: parameter.a,
    swapped: true,
  };
};
