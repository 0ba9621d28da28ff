import { describe, expect, test } from '@jest/globals';
import { parameter, tensor } from '@tikhonov/core';
import {
  adam,
  adamw,
  biasesAndNorms,
  decayOf,
  grouped,
  lookahead,
  muon,
  type Optimizer,
  proximal,
  proxL1,
  rmsprop,
  type Scalar,
  sgd,
  sgdTransform,
  stepDecay,
  weightsOnly,
} from '../src/index.ts';

const parameters = () => ({ w: parameter(tensor([[3, -2]])), b: parameter(tensor([5])) });
type Parameters = ReturnType<typeof parameters>;

const decayed = (make: (p: Parameters) => Optimizer): string[] => {
  const all = parameters();
  const rule = decayOf(make(all));
  return Object.keys(all).filter((name) => rule(name));
};

describe('decayOf', () => {
  test.each<[string, (p: Parameters) => Optimizer, string[]]>([
    ['no decay', (p) => adam(p), []],
    ['coupled decay', (p) => sgd(p, { lr: 0.1, momentum: 0.9, weightDecay: 0.1 }), ['w', 'b']],
    ['a rule', (p) => adamw(p, { weightDecay: 0.1, decay: weightsOnly }), ['w']],
    ['another rule', (p) => rmsprop(p, { weightDecay: 0.1, decay: (name) => name === 'b' }), ['b']],
    ['a decay of 0', (p) => adamw(p, { weightDecay: 0 }), []],
    ['the two parts of Muon', (p) => muon(p, { decay: weightsOnly }), ['w']],
    [
      'a proximal step',
      (p) => sgd(p, { lr: 0.1, updates: (lr: Scalar) => [proximal(proxL1(0.1), lr)] }),
      ['w'],
    ],
    ['Lookahead, which only follows', (p) => sgd(p, { lr: 0.1, updates: () => [lookahead()] }), []],
    [
      'groups',
      (p) =>
        grouped(p, sgdTransform, { lr: 0.1, weightDecay: 1 }, [
          { match: biasesAndNorms, weightDecay: 0 },
        ]),
      ['w'],
    ],
  ])('sees %s', (_name, make, expected) => {
    expect(decayed(make)).toEqual(expected);
  });

  test('leaves parameters, state and rate as they are, in mid-training and under a schedule', () => {
    const all = parameters();
    const optimizer = adamw(all, { lr: stepDecay(0.1, { stepSize: 1 }), weightDecay: 0.1 });
    optimizer.apply({ w: tensor([[1, 2]]), b: tensor([3]) });
    const state = (): string => JSON.stringify([all.w, all.b, optimizer.stateDict()]);
    const before = state();
    expect(decayOf(optimizer)('w')).toBe(true);
    expect(state()).toBe(before);
  });

  test('says what it needs, and which names there are', () => {
    expect(() => decayOf({} as never)).toThrow(/^decayOf: needs an optimizer, got object\./);
    expect(() => decayOf(adam(parameters()))('v')).toThrow(
      /"v" names no parameter\.\n {2}Known are w, b\./,
    );
  });
});
