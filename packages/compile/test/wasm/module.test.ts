import { describe, expect, test } from '@jest/globals';
import { Bytes } from '../../src/wasm/bytes.ts';
import type { Code } from '../../src/wasm/code.ts';
import { ModuleWriter } from '../../src/wasm/module.ts';
import {
  type Instruction,
  lanes,
  memory,
  opcodes,
  type ValueType,
} from '../../src/wasm/opcodes.ts';

/** A module with one function, instantiated. */
function build(
  parameters: readonly ValueType[],
  results: readonly ValueType[],
  body: (code: Code) => void,
): {
  readonly run: (...args: (number | bigint)[]) => unknown;
  readonly memory: WebAssembly.Memory;
} {
  const writer = new ModuleWriter(1);
  writer.function(parameters, results, body, 'run');
  const imported = new WebAssembly.Memory({ initial: 1 });
  const module = new WebAssembly.Module(writer.encode());
  const { exports } = new WebAssembly.Instance(module, { env: { memory: imported } });
  return { run: exports.run as (...args: (number | bigint)[]) => unknown, memory: imported };
}

describe('numbers', () => {
  test.each([0, 1, -1, 63, 64, -64, -65, 127, 128, 2 ** 31 - 1, -(2 ** 31)])('i32 %p', (value) => {
    expect(build([], ['i32'], (code) => code.i32(value)).run()).toBe(value);
  });

  test.each([0n, -1n, 64n, -65n, 2n ** 63n - 1n, -(2n ** 63n)])('i64 %p', (value) => {
    expect(build([], ['i64'], (code) => code.i64(value)).run()).toBe(value);
  });

  test.each([0, -0, 1.5, Infinity, NaN, 2 ** -1074])('f64 %p', (value) => {
    expect(build([], ['f64'], (code) => code.f64(value)).run()).toBe(value);
  });

  test.each([0, 127, 128, 16384, 2 ** 32 - 1])('unsigned %p takes 7 bits a byte', (value) => {
    const bytes = new Bytes().u32(value).view();
    let read = 0;
    for (const [i, byte] of bytes.entries()) read += (byte & 127) * 2 ** (7 * i);
    expect(read).toBe(value);
  });
});

describe('control', () => {
  test('a loop counts, and branches reach the block that they name', () => {
    // Sums 1 .. n, and stops early beyond 100.
    const { run } = build(['i32'], ['i32'], (code) => {
      const [k, total] = [code.local('i32'), code.local('i32')];
      code.block((exit) => {
        code.loop((again) => {
          code.get(k).i32(1).op('i32.add').set(k);
          code.get(total).get(k).op('i32.add').tee(total).i32(100).op('i32.gt_s');
          code.if(() => exit());
          code.get(k).get(0).op('i32.lt_s');
          again(true);
        });
      });
      code.get(total);
    });
    expect(run(4)).toBe(10);
    expect(run(1000)).toBe(105);
  });

  test('if and else give a value', () => {
    const { run } = build(['i32'], ['f64'], (code) => {
      code.get(0).if(
        () => code.f64(1),
        () => code.f64(2),
        'f64',
      );
    });
    expect([run(1), run(0)]).toEqual([1, 2]);
  });

  test('functions call each other and imports', () => {
    const writer = new ModuleWriter(1);
    const imported = writer.importFunction('env', 'twice', ['f64'], ['f64']);
    const inner = writer.function(['f64'], ['f64'], (code) => code.get(0).f64(1).op('f64.add'));
    writer.function(['f64'], ['f64'], (code) => code.get(0).call(inner).call(imported), 'run');
    expect(() => writer.importFunction('env', 'late', [], [])).toThrow(
      'an import after a function',
    );
    const memory = new WebAssembly.Memory({ initial: 1 });
    const instance = new WebAssembly.Instance(new WebAssembly.Module(writer.encode()), {
      env: { memory, twice: (value: number) => 2 * value },
    });
    expect((instance.exports.run as (x: number) => number)(3)).toBe(8);
  });
});

describe('memory and vectors', () => {
  test('loads, stores, fills and copies', () => {
    const { run, memory: bytes } = build([], [], (code) => {
      code.i32(0).f32(1.5).memory('f32.store', 8);
      code.i32(16).i32(0).memory('v128.load', 0).memory('v128.store', 0);
      code.i32(64).i32(7).i32(5).fill();
      code.i32(80).i32(8).i32(4).copy();
    });
    run();
    const floats = new Float32Array(bytes.buffer);
    expect([floats[2], floats[6], floats[20]]).toEqual([1.5, 1.5, 1.5]);
    expect(Array.from(new Uint8Array(bytes.buffer, 63, 7))).toEqual([0, 7, 7, 7, 7, 7, 0]);
  });

  test('constants fill every lane, are shared, and come before the body', () => {
    const { run } = build([], ['f32', 'f64', 'i32', 'i64'] as const, (code) => {
      const half = code.constant('f32x4', 0.5);
      expect(code.constant('f32x4', 0.5)).toBe(half);
      expect(code.constant('f32x4', -0.5)).not.toBe(half);
      code.get(half).lane('f32x4.extract_lane', 3);
      code.get(code.constant('f64x2', -0)).lane('f64x2.extract_lane', 1);
      code.get(code.constant('i32x4', -7)).lane('i32x4.extract_lane', 2);
      code.get(code.constant('i64x2', -(2n ** 40n))).lane('i64x2.extract_lane', 1);
    });
    expect(run()).toEqual([0.5, -0, -7, -(2n ** 40n)]);
  });

  test('lanes are replaced and shuffled', () => {
    const { run } = build(['f32'], ['f32'], (code) => {
      code.f32(1).op('f32x4.splat').get(0).lane('f32x4.replace_lane', 1);
      code.f32(2).op('f32x4.splat');
      code.shuffle([16, 17, 18, 19, 4, 5, 6, 7, 0, 1, 2, 3, 0, 1, 2, 3]);
      code.lane('f32x4.extract_lane', 1);
    });
    expect(run(9)).toBe(9);
  });
});

// The name says what operands an instruction takes and gives; a wrong number would not validate, or
// compute something else.
describe('every instruction', () => {
  const behind = (prefix: number): string[] =>
    Object.entries(opcodes).flatMap(([name, code]) => (code >> 16 === prefix ? [name] : []));
  const scalars = behind(0).filter((name) => name.includes('.'));
  const typeOf = (name: string): ValueType => name.slice(0, 3) as ValueType;
  const push: Readonly<Record<ValueType, (code: Code) => Code>> = {
    i32: (code) => code.i32(3),
    i64: (code) => code.i64(3n),
    f32: (code) => code.f32(3),
    f64: (code) => code.f64(3),
    v128: (code) => code.get(code.constant('i32x4', 3)),
  };
  const validates = (results: readonly ValueType[], body: (code: Code) => void): boolean => {
    const writer = new ModuleWriter(1);
    writer.function([], results, body);
    return WebAssembly.validate(writer.encode());
  };

  test.each(scalars)('%s', (name) => {
    const [type, op] = [typeOf(name), name.slice(4)];
    const compares = /^(eq|ne|lt|gt|le|ge)(_[su])?$/.test(op);
    const converted = /_([if]\d\d)(_[su])?$/.exec(op)?.[1] as ValueType | undefined;
    const unary =
      converted !== undefined ||
      /^(eqz|clz|ctz|popcnt|abs|neg|ceil|floor|trunc|nearest|sqrt)$/.test(op);
    const result = compares || op === 'eqz' ? 'i32' : type;
    const ok = validates([result], (code) => {
      push[converted ?? type](code);
      if (!unary) push[type](code);
      code.op(name as Instruction);
    });
    expect(ok).toBe(true);
  });

  test.each(behind(0xfc))('%s', (name) => {
    const from = /trunc_sat_(f\d\d)/.exec(name)![1] as ValueType;
    expect(
      validates([typeOf(name)], (code) => {
        push[from](code).op(name as Instruction);
      }),
    ).toBe(true);
  });

  test.each(behind(0xfd).filter((name) => !name.includes('relaxed')))('%s', (name) => {
    const [shape, op] = name.split('.') as [string, string];
    const scalar: ValueType =
      shape === 'f32x4' ? 'f32' : shape === 'f64x2' ? 'f64' : shape === 'i64x2' ? 'i64' : 'i32';
    const ok = validates([/(all|any)_true/.test(op) ? 'i32' : 'v128'], (code) => {
      if (op === 'splat') push[scalar](code);
      else push.v128(code);
      if (op === 'bitselect') push.v128(push.v128(code));
      else if (/^sh[lr]/.test(op)) push.i32(code);
      else if (
        !/splat|abs|neg|sqrt|ceil|floor|trunc|nearest|^not$|true|convert|extend|promote|demote/.test(
          op,
        )
      ) {
        push.v128(code);
      }
      code.op(name as Instruction);
    });
    expect(ok).toBe(true);
  });

  test.each(Object.keys(lanes))('%s', (name) => {
    const scalar = ({ i: 'i', f: 'f' }[name[0]!] + name.slice(1, 3)) as ValueType;
    const replaces = name.includes('replace');
    expect(
      validates([replaces ? 'v128' : scalar], (code) => {
        push.v128(code);
        if (replaces) push[scalar](code);
        code.lane(name as keyof typeof lanes, 1);
      }),
    ).toBe(true);
  });

  test.each(Object.keys(memory))('%s', (name) => {
    const stores = name.includes('store');
    const type = name.startsWith('v128') ? 'v128' : typeOf(name);
    expect(
      validates(stores ? [] : [type], (code) => {
        code.i32(0);
        if (stores) push[type](code);
        code.memory(name as keyof typeof memory, 4);
      }),
    ).toBe(true);
  });
});
