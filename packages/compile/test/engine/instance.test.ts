import { describe, expect, test } from '@jest/globals';
import { instantiate, type Switch } from '../../src/engine/index.ts';
import { moduleOf } from '../../src/runtime/module.ts';
import type { Code } from '../../src/wasm/code.ts';
import { ModuleWriter } from '../../src/wasm/module.ts';
import { fakeHost } from './support.ts';

/** A program that adds to the word at 8, with something done after. */
function bytesOf(more: (code: Code) => void = () => {}, result = 0): Uint8Array<ArrayBuffer> {
  const writer = new ModuleWriter(1);
  writer.function(
    [],
    ['i32'],
    (code) => {
      code.i32(8).i32(8).memory('i32.load', 0).i32(1).op('i32.add').memory('i32.store', 0);
      more(code);
      code.i32(result);
    },
    'run0',
  );
  return writer.encode();
}

/** A program whose wide twin is another module. */
function twins(plain: Uint8Array<ArrayBuffer>, packed: Uint8Array<ArrayBuffer>) {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1 });
  const built: string[] = [];
  const build = (_: Uint8Array<ArrayBuffer>, switches: readonly Switch[]): WebAssembly.Module => {
    built.push(switches.join(' '));
    return moduleOf(switches.includes('wide') ? packed : plain);
  };
  const host = fakeHost();
  const instance = instantiate(plain, { memory }, ['optimized', 'wide'], host, build);
  const words = new Uint32Array(memory.buffer);
  return { ...instance, run: instance.functions.run0!, words, built };
}

const store = (bits: number) => (code: Code) => code.i32(16).i32(bits).memory('i32.store', 0);

describe('a program with 256-bit vectors', () => {
  test('that computes the same is run once a call after the first', () => {
    let calls = 0;
    const { run, words, problem } = twins(bytesOf(), bytesOf());
    for (; calls < 3; calls++) expect(run()).toBe(0);
    expect(words[2]).toBe(calls);
    expect(problem()).toBeNull();
  });

  test('that leaves something else in memory is given up, and its first call is right already', () => {
    const { run, words, problem } = twins(bytesOf(store(7)), bytesOf(store(8)));
    expect(problem()).toBeNull();
    run();
    expect([words[2], words[4]]).toEqual([1, 7]);
    expect(problem()).toBe('wide: the program computed something else with 256-bit vectors');
    run();
    expect([words[2], words[4]]).toEqual([2, 7]);
  });

  test('that returns something else, or traps, is given up', () => {
    const other = twins(bytesOf(), bytesOf(undefined, 1));
    expect(other.run()).toBe(0);
    expect(other.problem()).not.toBeNull();
    const trap = twins(
      bytesOf(),
      bytesOf((code) => code.op('unreachable')),
    );
    expect(trap.run()).toBe(0);
    expect(trap.words[2]).toBe(1);
    expect(trap.problem()).not.toBeNull();
  });

  test('may make another NaN, of 32 bits or of 64', () => {
    const single = twins(bytesOf(store(0x7fc00000)), bytesOf(store(0xffc00001 | 0)));
    single.run();
    expect(single.problem()).toBeNull();
    const double = (low: number) => (code: Code) =>
      code.i32(16).i32(low).memory('i32.store', 0).i32(20).i32(0x7ff80000).memory('i32.store', 0);
    const wider = twins(bytesOf(double(1)), bytesOf(double(2)));
    wider.run();
    expect(wider.problem()).toBeNull();
    const finite = twins(bytesOf(store(0x3f800000)), bytesOf(store(0x7fc00000)));
    finite.run();
    expect(finite.problem()).not.toBeNull();
  });
});

test('a program without is built once, and its functions are called as they are', () => {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1 });
  const { functions, problem } = instantiate(bytesOf(), { memory }, ['optimized'], fakeHost());
  expect(functions.run0!()).toBe(0);
  expect(new Uint32Array(memory.buffer)[2]).toBe(1);
  expect(problem()).toBeNull();
});
