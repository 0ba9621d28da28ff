import { expect, test } from '@jest/globals';
import { type Tensor, tensor } from '@tikhonov/core';
import { CompileError, canCompile, compile } from '../../src/index.ts';
import { thrownBy } from './support.ts';

const { Module } = WebAssembly;

test('where a policy forbids modules canCompile says no, asks once, and the first call says why', () => {
  let asked = 0;
  class Forbidden {
    constructor() {
      asked += 1;
      throw new EvalError("Refused to compile WebAssembly: 'wasm-unsafe-eval' is not allowed");
    }
  }
  WebAssembly.Module = Forbidden as never;
  try {
    expect([canCompile(), canCompile(), asked]).toEqual([false, false, 1]);
    const g = compile((a: Tensor) => a.mul(2));
    const error = thrownBy(() => g(tensor(1)));
    expect(error).toBeInstanceOf(CompileError);
    expect(error.message).toBe(
      "compile: the page's content security policy forbids WebAssembly.\n" +
        "  Add 'wasm-unsafe-eval' to its script-src, or call the function without compile.",
    );
  } finally {
    WebAssembly.Module = Module;
  }
});
