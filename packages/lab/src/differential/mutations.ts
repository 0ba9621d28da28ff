/** A mistake made on purpose in one place of the compiler's source. */
export interface Mutation {
  /** What is wrong with the programs that it writes. */
  readonly name: string;
  /** Beside packages/compile/src. */
  readonly file: string;
  /** What is there, exactly once, and what takes its place. */
  readonly find: string;
  readonly replace: string;
}

const mutation = (name: string, file: string, find: string, replace: string): Mutation => ({
  name,
  file,
  find,
  replace,
});

/** Mistakes of all kinds, from one element to a whole call. */
export const mutations: readonly Mutation[] = [
  // One element at a time.
  mutation(
    'the operands of a subtraction exchanged',
    'lower/maps/arithmetic.ts',
    ': x.op(name, y),',
    ": name === 'sub' ? y.op(name, x) : x.op(name, y),",
  ),
  mutation(
    'a selection that takes the other value',
    'lower/maps/selection.ts',
    'condition!.choose(x!, y!)',
    'condition!.choose(y!, x!)',
  ),
  mutation(
    'a cast to integers that rounds to nearest',
    'lower/maps/casts.ts',
    "wrapped(x.op('trunc'), to)",
    "wrapped(x.op('nearest'), to)",
  ),
  mutation(
    'unsigned integers compared as signed ones',
    'lower/maps/selection.ts',
    "lt: { int32: 'i32x4.lt_s', uint32: 'i32x4.lt_u' }",
    "lt: { int32: 'i32x4.lt_s', uint32: 'i32x4.lt_s' }",
  ),
  mutation('a cosine that is off by millionths', 'math/sin-cos.ts', '0.04166664556', '0.0416'),
  // Sums and the like.
  mutation(
    'what is left after whole vectors not computed',
    'kernels/fused/loops.ts',
    'if (rest === 0) return;',
    'if (rest >= 0) return;',
  ),
  mutation(
    'lanes beyond the last element taken into a reduction',
    'kernels/fused/reductions.ts',
    'if (count < this.#width) {',
    'if (count < 0) {',
  ),
  mutation(
    'the last row of a reduction over rows missing',
    'kernels/fused/columns.ts',
    'outerLoops(code, [...over.sizes, 1]',
    'outerLoops(code, [...over.sizes.slice(0, -1), Math.max(1, over.sizes.at(-1)! - 1), 1]',
  ),
  mutation(
    'a norm of which no root is drawn',
    'kernels/fused/reductions.ts',
    "if (isNorm) code.op('f64x2.sqrt');",
    '',
  ),
  mutation(
    'running sums along the axis before the right one',
    'lower/loops/indexing/cumsum.ts',
    'attrs: { axis, reverse } }) =>',
    'attrs: { axis: asked, reverse } }, axis = Math.max(0, asked - 1)) =>',
  ),
  mutation(
    'an ascending order where a descending one is asked for',
    'lower/loops/indexing/argsort.ts',
    'if (descending) key.set',
    'if (!descending) key.set',
  ),
  // Places.
  mutation(
    'the offset of a slice ignored',
    'layout/moves.ts',
    ': strides.reduce((at, stride, k) => at + stride * starts[k]!, offset)',
    ': offset',
  ),
  mutation(
    'an element gathered that is one too far',
    'lower/loops/indexing/gather.ts',
    'code.get(base).get(at).i32(bytes)',
    "code.get(base).get(at).i32(1).op('i32.add').i32(bytes)",
  ),
  mutation(
    'a scatter that forgets what it adds to',
    'lower/loops/indexing/scatter-add.ts',
    'copyElements(code, bytes, { local: 3',
    'if (row !== null) copyElements(code, bytes, { local: 3',
  ),
  mutation(
    'windows with the stride in place of the dilation',
    'layout/moves.ts',
    'step * dilation[k]!',
    'step * stride[k]!',
  ),
  // Matrices.
  mutation(
    'a square matrix multiplied as if it were transposed',
    'codegen/product.ts',
    'b: rowsAndColumns(b!.layout.strides),',
    'b: rowsAndColumns(n === a!.layout.shape.at(-1) ? [...b!.layout.strides].reverse() : b!.layout.strides),',
  ),
  mutation(
    'a triangular system solved from the wrong end',
    'lower/loops/linalg/triangular-solve.ts',
    'const forward = upper === transpose;',
    'const forward = upper !== transpose;',
  ),
  // Random numbers.
  mutation(
    'a random generator that turns by one bit less',
    'lower/loops/random/threefry.ts',
    '[13, 15, 26, 6]',
    '[13, 15, 26, 5]',
  ),
  // Control, checks, memory and state.
  mutation(
    'branches exchanged',
    'codegen/control.ts',
    '.if(side(yes), side(no))',
    '.if(side(no), side(yes))',
  ),
  mutation(
    'a loop that takes a turn too many',
    'codegen/control.ts',
    "code.get(left).f64(0).op('f64.le');",
    "code.get(left).f64(-1).op('f64.le');",
  ),
  mutation(
    'a requirement that is not made',
    'lower/loops/indexing/check.ts',
    "code.get(all).i32(-1).op('i32.ne');",
    "code.get(all).get(all).op('i32.ne');",
  ),
  mutation(
    'memory taken for something else while it is still needed',
    'codegen/memory.ts',
    'block.until >= from',
    'block.until > from',
  ),
  mutation(
    'a cell that stays as it was before the call',
    'runtime/program.ts',
    'this.#turn.now = this.#turn.now === 0 ? 1 : 0;',
    '',
  ),
  mutation(
    'arguments of later calls not looked at',
    'runtime/program.ts',
    'if (this.#given[i] === x) continue;',
    'if (this.#given[i] !== null) continue;',
  ),
];
