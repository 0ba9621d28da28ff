import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { type Bits, type Mode, steps, type Trained, train } from './page/training.ts';
import { bundlePage } from './support/bundle.ts';
import { openSite, type Site } from './support/site.ts';
import { launch, type Place, visit } from './support/visit.ts';

// The benchmark W3, trained by a page, by its worker and by Node.

const policy =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'";
const places: readonly (readonly [string, Place])[] = [
  ['main thread', 'main'],
  ['module worker', 'worker'],
];

let scripts: ReadonlyMap<string, string>;
let browser: Browser;
let strict: Site;
let withoutWasm: Site;
// A browser may have to be installed.
beforeAll(async () => {
  scripts = await bundlePage();
  browser = await launch();
  strict = await openSite(scripts, policy);
  withoutWasm = await openSite(scripts, policy.replace(" 'wasm-unsafe-eval'", ''));
}, 900_000);
afterAll(async () => {
  await browser?.close();
  await strict?.close();
  await withoutWasm?.close();
});

const inNode = new Map<Mode, Trained>();
function trainedInNode(mode: Mode): Trained {
  const trained = inNode.get(mode) ?? train(mode);
  inNode.set(mode, trained);
  return trained;
}

const numbers = (bits: Bits): Float32Array => new Float32Array(Uint32Array.from(bits).buffer);

/**
 * How far two trainings may be apart, relative to `1 + |x|`, if one of them contracts products and sums
 * (FMA) or has other last bits of `exp` and `log`: the forward pass adds up 64 and 128 products, which
 * gives an error of at most 192 roundings, and the steps' errors add up.
 */
const bound = steps * (64 + 128) * 2 ** -24;

/** The largest distance of two results, relative to `1 + |x|`. */
function distance(a: Bits, b: Bits): number {
  const [x, y] = [numbers(a), numbers(b)];
  expect(x.length).toBe(y.length);
  return x.reduce((most, v, i) => Math.max(most, Math.abs(v - y[i]!) / (1 + Math.abs(v))), 0);
}

function expectNear(got: Trained | null, wanted: Trained): void {
  expect(Object.keys(got!.weights)).toEqual(Object.keys(wanted.weights));
  expect(distance(wanted.losses, got!.losses)).toBeLessThanOrEqual(bound);
  for (const [name, bits] of Object.entries(wanted.weights)) {
    expect(distance(bits, got!.weights[name]!)).toBeLessThanOrEqual(bound);
  }
}

describe.each(places)('under the policy, %s', (_name, place) => {
  test('eager training gives what it gives in Node, up to rounding, and breaks no rule', async () => {
    const seen = await visit(browser, strict, place, 'eager');
    expect(seen).toMatchObject({ error: null, violations: [], consoleErrors: [] });
    expectNear(seen.trained, trainedInNode('eager'));
  });

  test('deterministic training gives every loss and weight of Node bit for bit, and breaks no rule', async () => {
    const seen = await visit(browser, strict, place, 'deterministic');
    expect(seen).toMatchObject({ error: null, violations: [], consoleErrors: [] });
    expect(seen.trained).toEqual(trainedInNode('deterministic'));
  });

  test('compiled training is near Node, whatever the kernels, and breaks no rule', async () => {
    const seen = await visit(browser, strict, place, 'compiled');
    expect(seen).toMatchObject({ error: null, violations: [], consoleErrors: [] });
    expectNear(seen.trained, trainedInNode('compiled'));
    expectNear(seen.trained, trainedInNode('eager'));
  });
});

describe.each(places)("without 'wasm-unsafe-eval', %s", (_name, place) => {
  test('eager training works all the same', async () => {
    const seen = await visit(browser, withoutWasm, place, 'eager');
    expect(seen).toMatchObject({ error: null, violations: [], consoleErrors: [] });
    expectNear(seen.trained, trainedInNode('eager'));
  });

  test('compiling is refused with an error that names the missing rule', async () => {
    const seen = await visit(browser, withoutWasm, place, 'compiled');
    expect(seen.trained).toBeNull();
    expect(seen.error?.name).toBe('CompileError');
    expect(seen.error?.message).toContain("'wasm-unsafe-eval'");
    // The same listener that hears nothing above.
    expect(seen.violations).toEqual([expect.stringMatching(/^script-src: wasm-eval/)]);
  });
});

test('a refusal is heard as an event and on the console', async () => {
  const withoutWorker = await openSite(
    scripts,
    policy.replace("worker-src 'self'", "worker-src 'none'"),
  );
  try {
    const seen = await visit(browser, withoutWorker, 'worker', 'eager');
    expect(seen.trained).toBeNull();
    expect(seen.violations).toEqual([expect.stringContaining('worker-src: ')]);
    expect(seen.consoleErrors.join()).toContain("worker-src 'none'");
  } finally {
    await withoutWorker.close();
  }
});

test('the bound tells one step from the next', () => {
  const { losses } = trainedInNode('eager');
  expect(distance(losses.slice(1), losses.slice(0, -1))).toBeGreaterThan(10 * bound);
});
