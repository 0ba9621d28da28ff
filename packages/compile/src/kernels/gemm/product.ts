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
 * Whether it is better to compute the transpose `c' = b' a'`, whose vectors run down the columns of the
 * result: that of a single column, or of fewer than there are lanes if `a` can be read that way.
 */
const isTall = ({ m, n, a }: GemmSpec, { lanes }: Format): boolean =>
  (n === 1 && m !== 1) || (n < lanes && m >= 2 * lanes && a.row === 1);

/** The product, or its transpose. */
export const productOf = (spec: GemmSpec): Product => {
  const { m, n, k, a, b, profile, epilogue, bias, accumulate = false } = spec;
  const format = formats[spec.dtype];
  for (const [name, size] of Object.entries({ m, n, k })) {
    if (!Number.isSafeInteger(size) || size < 0)
      throw new Error(`internal: gemm with ${name} ${size}.`);
  }
  const c = { row: spec.c.row, column: 1 };
  const rest = { format, k, accumulate, epilogue, profile, bias: bias !== undefined };
  if (!isTall(spec, format)) {
    return { ...rest, m, n, a, b, c, left: parameter.a, right: parameter.b, swapped: false };
  }
  return {
    ...rest,
    m: n,
    n: m,
    a: transposed(b),
    b: transposed(a),
    c: transposed(c),
    left: parameter.b,
    right: parameter.a,
    swapped: true,
  };
};
