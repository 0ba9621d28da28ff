import { describe, expect, test } from '@jest/globals';
import { buildModule, withSwitches } from '../../src/engine/index.ts';
import { ModuleWriter } from '../../src/wasm/module.ts';
import { fakeHost } from './support.ts';

const emptyModule = (): Uint8Array<ArrayBuffer> => new ModuleWriter(1).encode();

describe('switches', () => {
  test('are on while the body runs, and off afterwards', () => {
    const host = fakeHost();
    const during = withSwitches(host, ['optimized', 'wide'], () => [...host.set]);
    expect(during).toEqual([
      '--no-liftoff',
      '--no-wasm-lazy-compilation',
      '--experimental-wasm-revectorize',
    ]);
    expect(host.set.slice(during.length)).toEqual([
      '--liftoff',
      '--wasm-lazy-compilation',
      '--no-experimental-wasm-revectorize',
    ]);
  });

  test('are off again when the body throws', () => {
    const host = fakeHost();
    const thrown = new Error('no');
    expect(() =>
      withSwitches(host, ['relaxed'], () => {
        throw thrown;
      }),
    ).toThrow(thrown);
    expect(host.set).toEqual([
      '--experimental-wasm-relaxed-simd',
      '--no-experimental-wasm-relaxed-simd',
    ]);
  });

  test('leave the flags alone that the process was started with', () => {
    const host = fakeHost({ started: ['--no-liftoff', '--experimental-wasm-revectorize'] });
    withSwitches(host, ['optimized', 'wide'], () => {});
    expect(host.set).toEqual(['--no-wasm-lazy-compilation', '--wasm-lazy-compilation']);
  });

  test('do nothing where there are no flags', () => {
    const host = fakeHost({ flags: null });
    expect(withSwitches(host, ['wide'], () => 5)).toBe(5);
  });
});

describe('a module', () => {
  test('is built with the switches on, and without any no flag is touched', () => {
    const host = fakeHost();
    expect(buildModule(emptyModule(), [], host)).toBeInstanceOf(WebAssembly.Module);
    expect(host.set).toEqual([]);
    expect(buildModule(emptyModule(), ['optimized'], host)).toBeInstanceOf(WebAssembly.Module);
    expect(host.set).toHaveLength(4);
  });

  test('says in a section how it was built, or V8 would take the code of its twin', () => {
    const module = buildModule(emptyModule(), ['optimized', 'wide'], fakeHost());
    expect(WebAssembly.Module.customSections(module, 'optimized wide')).toHaveLength(1);
  });

  test('that cannot be built leaves no flag on', () => {
    const host = fakeHost();
    expect(() => buildModule(new Uint8Array(8), ['optimized'], host)).toThrow(
      WebAssembly.CompileError,
    );
    expect(host.set.slice(-2)).toEqual(['--liftoff', '--wasm-lazy-compilation']);
  });
});
