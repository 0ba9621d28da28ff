import { describe, expect, test } from '@jest/globals';
import { sizeOf } from '@tikhonov/array';
import { assertGrads, fc } from '@tikhonov/check';
import { type Evaluator, eager, within } from '../../src/engine.ts';
import {
  DTypeError,
  einsum,
  matmul,
  permute,
  ShapeError,
  sum,
  type Tensor,
  tensor,
  transpose,
  zeros,
} from '../../src/index.ts';
import { distance, double, noise, numbers, thrown } from '../support.ts';

interface Problem {
  readonly equation: string;
  readonly shapes: readonly (readonly number[])[];
}

/** Every assignment of the letters, one by one: the definition. Letters only, no ellipsis. */
function naive(inputs: readonly string[], output: string, operands: readonly Tensor[]): Tensor {
  const sizes = new Map<string, number>();
  for (const [k, labels] of inputs.entries()) {
    for (const [axis, label] of [...labels].entries()) {
      const n = operands[k]!.shape[axis]!;
      if ((sizes.get(label) ?? 1) === 1) sizes.set(label, n);
    }
  }
  const labels = [...sizes.keys()];
  const shape = [...output].map((label) => sizes.get(label)!);
  const out = new Float64Array(shape.reduce((a, b) => a * b, 1));
  const values = operands.map(numbers);
  const position = (
    of: readonly number[],
    names: string,
    at: ReadonlyMap<string, number>,
  ): number =>
    [...names].reduce((o, label, k) => o * of[k]! + (of[k] === 1 ? 0 : at.get(label)!), 0);
  const visit = (depth: number, at: Map<string, number>): void => {
    if (depth < labels.length) {
      for (let i = 0; i < sizes.get(labels[depth]!)!; i++) {
        visit(depth + 1, new Map([...at, [labels[depth]!, i]]));
      }
      return;
    }
    const term = operands.reduce(
      (p, x, k) => p * values[k]![position(x.shape, inputs[k]!, at)]!,
      1,
    );
    out[position(shape, output, at)]! += term;
  };
  visit(0, new Map());
  return tensor(out, { shape });
}

/** Random equations with repeated letters, axes of size 0 and 1, and axes of size 1 that broadcast. */
const problems = fc
  .record({
    sizes: fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 4, maxLength: 4 }),
    terms: fc.array(fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 3 }), {
      minLength: 1,
      maxLength: 4,
    }),
    stretched: fc.array(fc.boolean(), { minLength: 12, maxLength: 12 }),
    kept: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
    reversed: fc.boolean(),
    explicit: fc.boolean(),
  })
  .map(({ sizes, terms, stretched, kept, reversed, explicit }): Problem & { output: string } => {
    const letters = [...'aBcD'];
    const inputs = terms.map((term) => term.map((i) => letters[i]!).join(''));
    let bit = 0;
    const shapes = terms.map((term) =>
      term.map((i) => {
        const stretches = stretched[bit++ % 12]! && bit % 3 === 0;
        const repeated = term.filter((j) => j === i).length > 1;
        return stretches && !repeated ? 1 : sizes[i]!;
      }),
    );
    const used = [...new Set(inputs.join(''))];
    const chosen = used.filter((label) => kept[letters.indexOf(label)]);
    const implicit = used
      .filter((label) => inputs.join('').split(label).length === 2)
      .sort()
      .join('');
    const output = explicit ? (reversed ? chosen.reverse() : chosen).join('') : implicit;
    return { equation: inputs.join(',') + (explicit ? `->${output}` : ''), shapes, output };
  });

describe('einsum', () => {
  test('agrees with the definition on random equations', () => {
    fc.assert(
      fc.property(problems, ({ equation, shapes, output }) => {
        const operands = shapes.map((shape, k) => noise(shape, k + 1));
        const got = einsum(equation, ...operands);
        const want = naive(equation.split('->')[0]!.split(','), output, operands);
        // Sums of at most 3^4 products of 4 values below 1.
        return distance(got, want) < 1e-13;
      }),
      { seed: 7, numRuns: 500 },
    );
  });

  test('has gradients that agree with finite differences on random equations', () => {
    fc.assert(
      fc.property(problems, ({ equation, shapes }) => {
        const operands = shapes.map((shape, k) => noise(shape, k + 1));
        fc.pre(operands.reduce((total, x) => total + x.size, 0) < 25);
        assertGrads((...xs: Tensor[]) => einsum(equation, ...xs), operands, { order: 1 });
      }),
      { seed: 8, numRuns: 25 },
    );
  });

  test('has second derivatives', () => {
    const [x, a] = [noise([2], 1), noise([2, 2], 2)];
    assertGrads((y, b) => einsum('i,ij,jk,k->', y, b, b, y), [x, a]);
    assertGrads((b) => einsum('ii->i', b), [a]);
  });

  test('an ellipsis stands for leading axes that broadcast', () => {
    const [a, b] = [noise([5, 1, 2, 3], 1), noise([4, 3, 2], 2)];
    const product = matmul(a, b);
    expect(distance(einsum('...ij,...jk->...ik', a, b), product)).toBeLessThan(1e-14);
    expect(distance(einsum('...ij,...jk', a, b), product)).toBeLessThan(1e-14);
    expect(einsum('i...->...', a).shape).toEqual([1, 2, 3]);
    expect(distance(einsum('i...j->j...i', a), permute(a, [3, 1, 2, 0]))).toBe(0);
    expect(einsum('...,...', noise([3, 1], 1), noise([2], 2)).shape).toEqual([3, 2]);
    expect(einsum('i->...i', noise([2], 1)).shape).toEqual([2]);
  });

  test('reads spaces as nothing, and sorts implicit output with capitals first', () => {
    const a = noise([2, 3], 1);
    expect(distance(einsum(' b a ', a), transpose(a))).toBe(0);
    expect(einsum('bA', a).shape).toEqual([3, 2]);
    expect(distance(einsum('i j , j k -> i k', a, transpose(a)), matmul(a, transpose(a)))).toBe(0);
  });

  test('a letter that occurs twice is summed unless the output names it', () => {
    const a = double([
      [1, 2],
      [3, 4],
    ]);
    expect(einsum('ii', a).item()).toBe(5);
    expect(einsum('ii->i', a).toArray()).toEqual([1, 4]);
    expect(einsum('ij,i->j', a, double([1, 10])).toArray()).toEqual([31, 42]);
    expect(einsum('iji->j', noise([2, 3, 2], 1)).shape).toEqual([3]);
  });

  test('takes numbers, integers and empty axes', () => {
    const a = tensor(
      [
        [1, 2],
        [3, 4],
      ],
      { dtype: 'int32' },
    );
    const squared = einsum('ij,jk->ik', a, a);
    expect([squared.dtype, squared.toArray()]).toEqual([
      'int32',
      [
        [7, 10],
        [15, 22],
      ],
    ]);
    expect(einsum(',ij->ij', 2, a).toArray()).toEqual([
      [2, 4],
      [6, 8],
    ]);
    expect(einsum('ij,jk->ik', zeros([2, 0]), zeros([0, 3])).toArray()).toEqual([
      [0, 0, 0],
      [0, 0, 0],
    ]);
    expect(einsum('->', double(3)).item()).toBe(3);
  });

  test('contracts the pair first that saves most: no product is larger than it must be', () => {
    const products: number[] = [];
    const counting: Evaluator = {
      ...eager,
      run: (primitive, inputs, attrs, outputs, avals) => {
        if (primitive.name === 'matmul' || primitive.name === 'mul') {
          products.push(sizeOf(outputs[0]!.shape));
        }
        return eager.run(primitive, inputs, attrs, outputs, avals);
      },
    };
    const [u, v, w] = [noise([30], 1), noise([30], 2), noise([30, 30], 3)];
    const got = within({ evaluator: counting }, () => einsum('i,j,jk,k->i', u, v, w, v));
    expect(distance(got, u.mul(sum(v.mul(matmul(w, v)))))).toBeLessThan(1e-12);
    expect(products.length).toBe(3);
    expect(Math.max(...products)).toBeLessThanOrEqual(30);
  });
});

describe('einsum refuses', () => {
  const a = zeros([2, 3]);
  test.each([
    ['ij->ik', [a], RangeError, "has 'k' in the output, but in no operand"],
    ['ij->ii', [a], RangeError, "has 'i' twice in the output"],
    ['i1->i', [a], RangeError, "has 'i1', which is not letters with at most one '...'"],
    ['i..->i', [a], RangeError, "has 'i..', which is not letters"],
    ['......', [a], RangeError, "has '......', which is not letters"],
    ['ij->j->i', [a], RangeError, "has more than one '->'"],
    ['...j->j', [a], RangeError, "has '...' in an operand, but not in the output"],
    ['ij,jk', [a], TypeError, 'has 2 lists of letters, but there are 1 operands (shapes [2, 3])'],
    ['', [], TypeError, 'has 1 lists of letters, but there are 0 operands'],
    [
      'ijk',
      [a],
      ShapeError,
      "'ijk' of 'ijk' names 3 axes, but operand 0 has shape [2, 3] of rank 2",
    ],
    ['i', [a], ShapeError, 'names 1 axes, but operand 0 has shape [2, 3]'],
    ['ijk...', [a], ShapeError, 'names at least 3 axes'],
    [
      'ij,jk',
      [a, a],
      ShapeError,
      "index 'j' of 'ij,jk' has the sizes 3 and 2 (shapes [2, 3], [2, 3])",
    ],
    [
      'ii',
      [a],
      ShapeError,
      "index 'i' of 'ii' has the sizes 2 and 3 (shapes [2, 3]).\n  A diagonal",
    ],
    ['ii', [zeros([1, 3])], ShapeError, 'A diagonal needs equal sizes'],
    [
      '...i,...i',
      [zeros([2, 3]), zeros([4, 3])],
      ShapeError,
      "an axis of '...' of '...i,...i' has",
    ],
    ['i,i', [zeros([2]), double([1, 2])], DTypeError, 'dtypes differ: float32 and float64'],
    ['i', [tensor([true])], DTypeError, 'einsum: bool values have no arithmetic'],
  ] as const)('%s', (equation, operands, kind, text) => {
    const error = thrown(() => einsum(equation, ...operands));
    expect(error).toBeInstanceOf(kind);
    expect(error.message).toContain(text);
    expect(error.message).toMatch(/^einsum: /);
  });

  test('an equation that is not a string', () => {
    // @ts-expect-error the equation comes first
    expect(thrown(() => einsum(a, 'ij')).message).toContain('the equation must be a string');
  });
});
