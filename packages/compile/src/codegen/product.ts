import type { Value } from '../graph/graph.ts';
import { loopsOf, outerLoops } from '../kernels/fused/loops.ts';
import { emitGemm, type GemmSpec, type Profile, packBytes } from '../kernels/gemm/index.ts';
import { dense, type Layout } from '../layout/layout.ts';
import type { ModuleWriter } from '../wasm/module.ts';

/** A matrix product of any number of matrices. */
export interface ProductSpec {
  readonly a: Layout;
  readonly b: Layout;
  readonly result: Value;
  readonly profile: Profile;
}

/** The product of one pair of matrices. */
function pairOf({ a, b, result, profile }: ProductSpec): GemmSpec {
  const strides = ({ strides }: Layout): { row: number; column: number } => ({
    row: strides.at(-2)!,
    column: strides.at(-1)!,
  });
  const n = result.shape.at(-1)!;
  return {
    dtype: result.dtype === 'float64' ? 'float64' : 'float32',
    m: result.shape.at(-2)!,
    n,
    k: a.shape.at(-1)!,
    a: strides(a),
    b: strides(b),
    c: { row: n },
    profile,
  };
}

/** Bytes of scratch that the kernel needs. */
export const productScratch = (spec: ProductSpec): number => packBytes(pairOf(spec));

/** Writes a function of the addresses of both factors' storage, the result and scratch. */
export function emitProduct(writer: ModuleWriter, spec: ProductSpec): number {
  const pair = pairOf(spec);
  const one = emitGemm(writer, pair);
  const { a, b, result } = spec;
  const size = pair.dtype === 'float64' ? 8 : 4;
  const batch = result.shape.slice(0, -2);
  const strides = [a.strides, b.strides, dense(result.shape).strides].map((own) =>
    own.slice(0, batch.length),
  );
  return writer.function(['i32', 'i32', 'i32', 'i32'], [], (code) => {
    if (batch.includes(0)) return;
    for (const [i, { offset }] of [a, b].entries()) {
      if (offset !== 0)
        code
          .get(i)
          .i32(offset * size)
          .op('i32.add')
          .set(i);
    }
    const loops = loopsOf(batch, [...batch.keys()], strides);
    const movers = loops.strides.map((own, pointer) => ({
      pointer,
      dtype: pair.dtype,
      strides: [...own, 0],
    }));
    outerLoops(code, [...loops.sizes, 1], movers, false, () => {
      // The third address is of a bias, which there is none of.
      code.get(0).get(1).get(2).i32(0).get(3).call(one);
    });
  });
}
