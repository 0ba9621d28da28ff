import { describe, expect, test } from '@jest/globals';
import {
  type DType,
  grad,
  mul,
  type Parameter,
  parameter,
  sum,
  type Tensor,
  tensor,
  valueAndGrad,
} from '@tikhonov/core';
import { expectedCount } from '@tikhonov/golden';
import { dropout, spectralNorm } from '../src/index.ts';
import { Golden, goldenCases } from './golden-file.ts';

// Pure methods are run against both files by the golden package; these have state or masks.

/** Value and pulled-back cotangent of a function of `inputs[name]`. */
function elementwise(g: Golden, name: string, f: (x: Tensor) => Tensor): void {
  const x = g.input(name);
  g.expected('y', f(x));
  const cotangent = g.load(g.case.grad_output!);
  g.gradient(name, grad((v: Tensor) => sum(mul(f(v), cotangent)))(x));
}

/** The stateful form goes on from its cells as the pure one does. */
function powerIteration(g: Golden): void {
  const lambda = g.number('lambda');
  const weight = parameter(g.input('W'));
  const stateful = spectralNorm(weight, { lambda, nPowerIterations: g.number('nPowerIterations') });
  stateful.state['']!.u.write(g.input('u0'));
  const [loss, slope] = valueAndGrad((_w: Parameter) => stateful())(weight);
  g.expected('loss', loss);
  g.gradient('W', slope);
  g.expected('u', stateful.state['']!.u.read());
}

function dropoutCase(g: Golden): void {
  const p = g.number('p');
  const mode = g.case.variant.startsWith('classic') ? 'classic' : 'inverted';
  if (g.case.variant === 'moments_exact') {
    const x = g.input('x');
    for (const each of ['inverted', 'classic'] as const) {
      let [first, second] = [mul(x, 0), mul(x, 0)];
      for (let code = 0; code < 2 ** x.size; code++) {
        const bits = Array.from({ length: x.size }, (_, i) => (code >> i) & 1);
        const kept = bits.reduce((a, b) => a + b, 0);
        const weight = (1 - p) ** kept * p ** (x.size - kept);
        const y = dropout(x, { p, mask: tensor(bits), mode: each, training: true });
        first = first.add(y.mul(weight));
        second = second.add(y.mul(y).mul(weight));
      }
      g.expected(`mean_${each}`, first);
      g.expected(`var_${each}`, second.sub(first.mul(first)));
    }
    return;
  }
  const { mask } = g.case.noise;
  const noiseShape = g.case.params.noiseShape as readonly number[] | undefined;
  elementwise(g, 'x', (x) =>
    dropout(x, {
      p,
      mode,
      training: mask !== undefined,
      ...(mask === undefined ? {} : { mask: g.load(mask) }),
      ...(noiseShape === undefined ? {} : { noiseShape }),
    }),
  );
}

/** What is run for each method of the files, and how many cases there are at least. */
const methods: Readonly<Record<string, readonly [count: number, run: (g: Golden) => void]>> = {
  spectral_norm_reg: [6, powerIteration],
  dropout: [10, dropoutCase],
};

const run = goldenCases().filter(
  ({ method, variant }) => Object.hasOwn(methods, method) && variant !== 'exact',
);

describe.each<[DType, number]>([
  ['float64', 1e-9],
  ['float32', 1e-4],
])('reference values in %s', (dtype, tolerance) => {
  const cases = run.filter((item) => dtype === 'float64' || item.float32 !== false);
  test.each(cases.map((item) => [item.id, item.variant, item] as const))(
    '%s %s',
    (_id, _variant, item) => {
      methods[item.method]![1](new Golden(item, dtype, tolerance));
    },
  );
});

test('none of the cases is missing', () => {
  for (const [name, [count]] of Object.entries(methods)) {
    const found = run.filter(({ method }) => method === name).length;
    expect(found).toBeGreaterThanOrEqual(expectedCount(count));
  }
});
