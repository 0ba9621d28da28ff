import { describe, expect, test } from '@jest/globals';
import * as browser from '../../src/engine/no-v8.ts';
import * as node from '../../src/engine/v8.ts';
import { ModuleWriter } from '../../src/wasm/module.ts';

describe('what bundles for browsers have in place of flags of V8', () => {
  test('is the same under the same names', () => {
    expect(Object.keys(browser).sort()).toEqual(Object.keys(node).sort());
  });

  test('is a host without flags, on which nothing can be tried', () => {
    expect(browser.hostHere().flags).toBeNull();
    for (const attempt of [browser.tryWide, browser.tryEager, browser.tryProduct]) {
      expect(attempt).toThrow('only Node lets flags of V8 be set');
    }
  });

  test('builds modules', () => {
    expect(browser.buildModule(new ModuleWriter(1).encode())).toBeInstanceOf(WebAssembly.Module);
  });
});
