import { describe, expect, test } from '@jest/globals';
import type { DType } from '@tikhonov/core';
import { dense } from '../../src/layout/layout.ts';
import {
  defineFunction,
  defineLoop,
  eachLeading,
  type F64,
  type I32,
  type Kernel,
  shared,
} from '../../src/loops/index.ts';
import type { LoopRule, LoopSpec } from '../../src/lower/rule.ts';
import { exp } from '../../src/math/exp.ts';
import { functions } from '../../src/math/index.ts';
import { log } from '../../src/math/log.ts';
import { ModuleWriter } from '../../src/wasm/module.ts';
import { denseView, elementsOf, runRule, thrown } from '../lower/harness.ts';

/** Compiles a function of numbers. */
function compiled(
  arity: number,
  body: (k: Kernel, ...xs: readonly F64[]) => F64,
): (...xs: number[]) => number {
  const writer = new ModuleWriter(1);
  const { index } = defineFunction(writer, new Array<'f64'>(arity).fill('f64'), 'f64', (k, ...xs) =>
    body(k, ...xs),
  );
  writer.function(
    new Array<'f64'>(arity).fill('f64'),
    ['f64'],
    (code) => {
      for (let i = 0; i < arity; i++) code.get(i);
      code.call(index);
    },
    'run',
  );
  const memory = new WebAssembly.Memory({ initial: 1 });
  const module = new WebAssembly.Module(writer.encode());
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  return exports.run as (...xs: number[]) => number;
}

const wild = [0, -0, 1, -1, 1.5, -2.5, 0.1, 1e308, -1e-320, Infinity, -Infinity, NaN];

describe('expressions', () => {
  const table: [string, (x: F64, y: F64) => F64, (x: number, y: number) => number][] = [
    ['add', (x, y) => x.add(y), (x, y) => x + y],
    ['sub', (x, y) => x.sub(y), (x, y) => x - y],
    ['mul', (x, y) => x.mul(y), (x, y) => x * y],
    ['div', (x, y) => x.div(y), (x, y) => x / y],
    ['min', (x, y) => x.min(y), Math.min],
    ['max', (x, y) => x.max(y), Math.max],
    ['sqrt', (x) => x.sqrt(), (x) => Math.sqrt(x)],
    ['abs', (x) => x.abs(), (x) => Math.abs(x)],
    ['neg', (x) => x.neg(), (x) => -x],
    ['floor', (x) => x.floor(), (x) => Math.floor(x)],
    ['ceil', (x) => x.ceil(), (x) => Math.ceil(x)],
    ['trunc', (x) => x.trunc(), (x) => Math.trunc(x)],
    ['fround', (x) => x.fround(), (x) => Math.fround(x)],
    ['lt', (x, y) => x.lt(y).toF64(), (x, y) => Number(x < y)],
    ['le', (x, y) => x.le(y).toF64(), (x, y) => Number(x <= y)],
    ['gt', (x, y) => x.gt(y).toF64(), (x, y) => Number(x > y)],
    ['ge', (x, y) => x.ge(y).toF64(), (x, y) => Number(x >= y)],
    ['eq', (x, y) => x.eq(y).toF64(), (x, y) => Number(x === y)],
    ['ne', (x, y) => x.ne(y).toF64(), (x, y) => Number(x !== y)],
    ['select', (x, y) => x.lt(y).select(x, y.abs()), (x, y) => (x < y ? x : Math.abs(y))],
    ['branch', (x, y) => x.lt(y).branch(x.add(1), y), (x, y) => (x < y ? x + 1 : y)],
    ['andThen', (x, y) => x.lt(1).andThen(y.lt(1)).toF64(), (x, y) => Number(x < 1 && y < 1)],
    ['orElse', (x, y) => x.lt(1).orElse(y.lt(1)).toF64(), (x, y) => Number(x < 1 || y < 1)],
    ['not', (x, y) => x.lt(y).not().toF64(), (x, y) => Number(!(x < y))],
    ['no fused multiply and add', (x, y) => x.mul(y).add(0.1), (x, y) => x * y + 0.1],
    ['bits', (x) => x.bits().asF64(), (x) => x],
    ['bits of float32', (x) => x.bits32().asF32(), (x) => Math.fround(x)],
  ];
  test.each(table)('%s is that of JavaScript', (_, f, reference) => {
    const run = compiled(2, (_k, x, y) => f(x!, y!));
    for (const x of wild) for (const y of wild) expect(run(x, y)).toBe(reference(x, y));
  });

  const integers: [string, (x: I32, y: I32) => I32, (x: number, y: number) => number][] = [
    ['add', (x, y) => x.add(y), (x, y) => (x + y) | 0],
    ['sub', (x, y) => x.sub(y), (x, y) => (x - y) | 0],
    ['mul', (x, y) => x.mul(y), Math.imul],
    ['div', (x, y) => x.div(y.or(2)), (x, y) => (x / (y | 2)) | 0],
    ['rem', (x, y) => x.rem(y.or(1)), (x, y) => (x % (y | 1)) | 0],
    ['remU', (x, y) => x.remU(y.or(1)), (x, y) => ((x >>> 0) % ((y | 1) >>> 0)) | 0],
    ['divU', (x, y) => x.divU(y.or(1)), (x, y) => Math.floor((x >>> 0) / ((y | 1) >>> 0)) | 0],
    ['and', (x, y) => x.and(y), (x, y) => x & y],
    ['or', (x, y) => x.or(y), (x, y) => x | y],
    ['xor', (x, y) => x.xor(y), (x, y) => x ^ y],
    ['shl', (x, y) => x.shl(y), (x, y) => x << y],
    ['shr', (x, y) => x.shr(y), (x, y) => x >> y],
    ['shrU', (x, y) => x.shrU(y), (x, y) => (x >>> y) | 0],
    ['rotl', (x) => x.rotl(7), (x) => (x << 7) | (x >>> 25)],
    ['rotr', (x) => x.rotr(7), (x) => (x >>> 7) | (x << 25)],
    ['lt', (x, y) => x.lt(y), (x, y) => Number(x < y)],
    ['le', (x, y) => x.le(y), (x, y) => Number(x <= y)],
    ['gt', (x, y) => x.gt(y), (x, y) => Number(x > y)],
    ['ge', (x, y) => x.ge(y), (x, y) => Number(x >= y)],
    ['ltU', (x, y) => x.ltU(y), (x, y) => Number(x >>> 0 < y >>> 0)],
    ['leU', (x, y) => x.leU(y), (x, y) => Number(x >>> 0 <= y >>> 0)],
    ['gtU', (x, y) => x.gtU(y), (x, y) => Number(x >>> 0 > y >>> 0)],
    ['geU', (x, y) => x.geU(y), (x, y) => Number(x >>> 0 >= y >>> 0)],
    ['eq', (x, y) => x.eq(y), (x, y) => Number(x === y)],
    ['ne', (x, y) => x.ne(y), (x, y) => Number(x !== y)],
    ['clz', (x) => x.clz(), (x) => Math.clz32(x)],
    [
      'the high word of a product',
      (x, y) => x.toI64U().mul(y.toI64U()).shrU(32n).toI32(),
      (x, y) => Number(BigInt.asIntN(32, (BigInt(x >>> 0) * BigInt(y >>> 0)) >> 32n)),
    ],
  ];
  test.each(integers)('%s of 32 bits is that of JavaScript', (_, f, reference) => {
    const run = compiled(2, (k, x, y) => {
      const [i, j] = [k.i32(x!.toI64().toI32()), k.i32(y!.toI64().toI32())];
      return f(i, j).toF64();
    });
    const words = [0, 1, -1, 2, 31, 12345, -98765, 2 ** 31 - 1, -(2 ** 31) + 1];
    for (const x of words) for (const y of words) expect(run(x, y)).toBe(reference(x, y) + 0);
  });

  test('integers of what is known fold, and neutral ones vanish', () => {
    const writer = new ModuleWriter(1);
    defineFunction(writer, ['i32'], 'i32', (k, x) => {
      expect(k.int(3).mul(4).add(5).sub(7).literal).toBe(10);
      expect(x.add(0).mul(1).sub(0)).toBe(x);
      return x;
    });
  });

  test('functions of math are written once per module', () => {
    const writer = new ModuleWriter(1);
    const indices = [0, 1].map(
      () =>
        defineFunction(writer, ['f64'], 'f64', (k, x) => k.math(exp, x).add(k.math(exp, 1))).index,
    );
    expect(indices).toEqual([0, 2]);
    const run = compiled(2, (k, x, y) => k.math(log, x!).add(k.math(exp, y!)));
    const exact = Math.log(3) + Math.exp(2.5);
    expect(Math.abs(run(3, 2.5) - exact)).toBeLessThan((functions.exp.ulps.f64x2 + 1) * 2 ** -48);
  });
});

describe('misuse is an error of the writer', () => {
  const write =
    (body: (k: Kernel, x: F64) => F64): (() => unknown) =>
    () =>
      defineFunction(new ModuleWriter(1), ['f64'], 'f64', body);

  test('a value used twice', () => {
    expect(
      write((_, x) => {
        const y = x.add(1);
        return y.mul(y);
      }),
    ).toThrow('internal: a value is used twice; keep it in a variable.');
  });

  test('a value used after a statement that may change it', () => {
    expect(
      write((k, x) => {
        const sum = k.f64(1);
        const before = sum.add(x);
        sum.set(5);
        return before;
      }),
    ).toThrow('internal: a value is used after a later statement; keep it in a variable.');
  });

  test('a value from outside of a loop, computed in it', () => {
    expect(
      write((k, x) => {
        const sum = k.f64(1);
        const y = x.add(1);
        k.for(0, 3, () => sum.set(sum.add(y)));
        return sum;
      }),
    ).toThrow('later statement');
  });

  test('a value used after the call of a function', () => {
    const writer = new ModuleWriter(1);
    const f = defineFunction(writer, [], 'f64', (k) => k.number(1));
    expect(() =>
      defineFunction(writer, ['f64'], 'f64', (k, x) => {
        const y = x.add(1);
        const z = k.f64(k.call(f));
        return y.add(z);
      }),
    ).toThrow('later statement');
  });

  test('a value of another function', () => {
    expect(
      write((k, x) => {
        defineFunction(k.writer, ['f64'], 'f64', () => x);
        return x;
      }),
    ).toThrow('internal: a value of another function.');
  });

  test('no result where one belongs', () => {
    expect(
      write((k, x) => {
        k.return();
        return x;
      }),
    ).toThrow('internal: a result where none belongs');
  });
});

describe('control flow', () => {
  test('for counts up and down, by steps, to bounds that are computed once', () => {
    const digits = (from: number, to: number, step: number) =>
      compiled(2, (k, x, y) => {
        const seen = k.f64();
        const end = k.i32(y!.toI32());
        k.for(
          x!.toI32(),
          end,
          (i) => {
            seen.set(seen.mul(10).add(i.toF64()));
            end.set(0);
          },
          step,
        );
        return seen;
      })(from, to);
    expect(digits(1, 5, 1)).toBe(1234);
    expect(digits(1, 6, 2)).toBe(135);
    expect(digits(5, 1, -1)).toBe(5432);
    expect(digits(3, 3, 1)).toBe(0);
    expect(digits(4, 3, 1)).toBe(0);
    expect(digits(3, 4, -1)).toBe(0);
  });

  test('break, continue, while, if, else and early return', () => {
    const collatz = compiled(1, (k, x) => {
      const n = k.f64(x!);
      const steps = k.f64();
      k.if(n.lt(1), () => k.return(-1));
      k.while(
        () => n.ne(1),
        () => {
          const half = k.f64(n.div(2));
          k.if(
            half.eq(half.floor()),
            () => n.set(half),
            () => n.set(n.mul(3).add(1)),
          );
          steps.set(steps.add(1));
        },
      );
      return steps;
    });
    expect(collatz(27)).toBe(111);
    expect(collatz(1)).toBe(0);
    expect(collatz(0)).toBe(-1);
    const odd = compiled(1, (k, x) => {
      const sum = k.f64();
      k.for(0, 100, (i, loop) => {
        k.if(i.toF64().gt(x!), () => loop.break());
        k.for(0, 2, (j, inner) => {
          k.if(j.eq(i.and(1)), () => inner.continue());
          k.if(i.and(1).not(), () => loop.continue());
          sum.set(sum.add(i.toF64()));
        });
      });
      return sum;
    });
    expect(odd(9)).toBe(1 + 3 + 5 + 7 + 9);
  });

  test('a variable takes its first value at every pass', () => {
    const run = compiled(1, (k, x) => {
      const last = k.f64();
      k.for(0, 3, () => {
        const sum = k.f64();
        sum.set(sum.add(x!));
        last.set(sum);
      });
      return last;
    });
    expect(run(2)).toBe(2);
  });

  test('functions call each other, and shared ones are written once', () => {
    const writer = new ModuleWriter(1);
    let built = 0;
    const square = () =>
      shared(writer, 'square', () => {
        built += 1;
        return defineFunction(writer, ['f64', 'i32'], 'f64', (_, x, n) => x.mul(x).add(n.toF64()));
      });
    defineFunction(writer, ['f64'], 'f64', (k, x) => k.call(square(), x, 1));
    const twice = defineFunction(writer, ['f64'], 'f64', (k, x) =>
      k.call(square(), k.call(square(), x, 0), k.int(3)),
    );
    expect(built).toBe(1);
    writer.function([], ['f64'], (code) => code.f64(3).call(twice.index), 'run');
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(writer.encode()), {
      env: { memory: new WebAssembly.Memory({ initial: 1 }) },
    });
    expect((exports.run as () => number)()).toBe(84);
  });
});

/** Copies by loops over every index, through floats or integers. */
const copying = (as: 'floats' | 'ints', axes: number): LoopRule<null> => ({
  kind: 'loop',
  layouts: 'any',
  emit: (writer, spec) =>
    defineLoop(writer, spec, {}, (k, { inputs, outputs }) => {
      const [x, out] = [spec.inputs[0]!, spec.outputs[0]!];
      const to = dense(out.shape);
      eachLeading(
        k,
        axes,
        [
          { address: inputs[0]!, ...x },
          { address: outputs[0]!, dtype: out.dtype, layout: to },
        ],
        (from, target) => {
          const visit = (axis: number, ...at: I32[]): void => {
            if (axis < out.shape.length) {
              k.for(0, out.shape[axis]!, (i) => visit(axis + 1, ...at, i));
              return;
            }
            const [a, b] = [
              { strides: x.layout.strides.slice(axes) },
              { strides: to.strides.slice(axes) },
            ];
            if (as === 'floats') {
              k.floats(target, out.dtype, b).set(k.floats(from, x.dtype, a).get(...at), ...at);
            } else k.ints(target, out.dtype, b).set(k.ints(from, x.dtype, a).get(...at), ...at);
          };
          visit(axes);
        },
      );
    }),
});

describe('elements', () => {
  const copy = (
    as: 'floats' | 'ints',
    values: readonly number[],
    from: DType,
    to: DType = from,
  ): number[] => {
    const input = denseView(values, [values.length], from);
    const got = runRule(copying(as, 0), [input], [{ shape: [values.length], dtype: to }], null);
    return got === thrown ? [] : elementsOf(got[0]!);
  };

  test('floating ones are float64 in between and rounded when stored', () => {
    expect(copy('floats', wild, 'float64')).toEqual(wild);
    expect(copy('floats', wild, 'float64', 'float32')).toEqual([...Float32Array.from(wild)]);
    expect(copy('floats', [0.1, NaN], 'float32', 'float64')).toEqual([Math.fround(0.1), NaN]);
  });

  test('integers are numbers or 32 bits', () => {
    const words = [0, 1, 2 ** 31, 2 ** 32 - 1];
    expect(copy('floats', words, 'uint32', 'float64')).toEqual(words);
    expect(copy('ints', words, 'uint32')).toEqual(words);
    expect(copy('ints', words, 'uint32', 'int32')).toEqual([...Int32Array.from(words)]);
    expect(copy('floats', [-1.5, 2 ** 32 + 5, NaN, -0], 'float64', 'int32')).toEqual([-1, 5, 0, 0]);
    expect(copy('floats', [-1, 5], 'float64', 'uint32')).toEqual([2 ** 32 - 1, 5]);
    expect(copy('floats', [-7, 5], 'int32', 'float64')).toEqual([-7, 5]);
  });

  test('bools are masks in memory', () => {
    expect(copy('floats', [0, 1], 'bool', 'float64')).toEqual([0, 1]);
    expect(copy('floats', [0, 2, NaN, -0], 'float64', 'bool')).toEqual([0, 1, 1, 0]);
    expect(copy('ints', [0, 1], 'bool')).toEqual([0, 1]);
    expect(copy('ints', [0, 1], 'bool', 'int32')).toEqual([0, -1]);
    expect(copy('ints', [0, 6], 'int32', 'bool')).toEqual([0, 1]);
  });

  test('of any layout are walked by their leading axes', () => {
    const data = Array.from({ length: 60 }, (_, i) => i);
    const views = [
      { ...denseView(data, [60], 'float64'), shape: [3, 4, 5], stride: [20, 5, 1], offset: 0 },
      { ...denseView(data, [60], 'float64'), shape: [3, 4, 5], stride: [-1, 0, -6], offset: 59 },
      { ...denseView(data, [60], 'float32'), shape: [2, 1, 3], stride: [3, 17, 7], offset: 11 },
      { ...denseView(data, [60], 'float32'), shape: [2, 0, 3], stride: [3, 17, 7], offset: 11 },
      { ...denseView(data, [60], 'int32'), shape: [1, 1, 1], stride: [3, 17, 7], offset: 11 },
    ];
    for (const view of views) {
      for (let axes = 0; axes <= 3; axes++) {
        const { shape, dtype } = view;
        const got = runRule(copying('floats', axes), [view], [{ shape, dtype }], null);
        expect(got === thrown ? [] : elementsOf(got[0]!)).toEqual(elementsOf(view));
      }
    }
  });

  test('strides may be computed, and parts taken', () => {
    const rule: LoopRule<null> = {
      kind: 'loop',
      layouts: 'dense',
      scratch: () => 8,
      emit: (writer, spec) =>
        defineLoop(writer, spec, { scratch: 8 }, (k, { inputs, outputs, scratch }) => {
          const n = k.i32(3);
          const x = k.floats(inputs[0]!, 'float64', { strides: [n, 1], offset: n.sub(3) });
          const out = k.floats(outputs[0]!, 'float64', { strides: [1, 2] });
          const kept = k.floats(scratch, 'float64', { strides: [] });
          k.for(0, 2, (i) => {
            const row = x.at(i);
            kept.set(row.get(2));
            for (const j of [0, 1]) out.set(row.get(k.int(j)), i, j);
            out.set(kept.get(), i, 2);
          });
          n.set(0);
        }),
    };
    const x = denseView([1, 2, 3, 4, 5, 6], [2, 3], 'float64');
    const got = runRule(rule, [x], [{ shape: [3, 2], dtype: 'float64' }], null);
    expect(got === thrown ? [] : elementsOf(got[0]!)).toEqual([1, 4, 2, 5, 3, 6]);
  });
});

describe('the harness', () => {
  const spoiling = (spoil: (k: Kernel, input: I32, output: I32) => void): LoopRule<null> => ({
    kind: 'loop',
    layouts: 'dense',
    fallible: true,
    emit: (writer, spec: LoopSpec<null>) =>
      defineLoop(writer, spec, { fallible: true }, (k, { inputs, outputs }) =>
        spoil(k, inputs[0]!, outputs[0]!),
      ),
  });
  const x = denseView([1], [1], 'float32');
  const run = (rule: LoopRule<null>) =>
    runRule(rule, [x], [{ shape: [1], dtype: 'float32' }], null);

  test('sees what is written beside the results, and into the inputs', () => {
    const write = (address: I32, at: number) => (k: Kernel) => {
      k.floats(address, 'float32', { strides: [1] }).set(2, at);
    };
    expect(() => run(spoiling((k, _, out) => write(out, 1)(k)))).toThrow();
    expect(() => run(spoiling((k, _, out) => write(out, -1)(k)))).toThrow();
    expect(() => run(spoiling((k, input) => write(input, 0)(k)))).toThrow();
    expect(run(spoiling((k, _, out) => write(out, 0)(k)))).toEqual([
      denseView([2], [1], 'float32'),
    ]);
  });

  test('says that a kernel has failed', () => {
    expect(run(spoiling((k) => k.return(1)))).toBe(thrown);
  });
});
