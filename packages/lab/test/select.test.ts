import { describe, expect, test } from '@jest/globals';
import { selectLaws } from '../src/laws/select.ts';

const laws = ['primitive/exp/vjp', 'primitive/exp/jvp', 'primitive/expm1/vjp', 'l1/scale'].map(
  (id) => ({ id }),
);
const idsOf = (only: string): string[] => selectLaws(laws, only).map(({ id }) => id);

describe('--only', () => {
  test('looks for text anywhere in an id', () => {
    expect(idsOf('')).toHaveLength(4);
    expect(idsOf('exp')).toEqual(['primitive/exp/vjp', 'primitive/exp/jvp', 'primitive/expm1/vjp']);
  });

  test('takes a whole name after =, of a law or an operation', () => {
    expect(idsOf('=primitive/exp')).toEqual(['primitive/exp/vjp', 'primitive/exp/jvp']);
    expect(idsOf('=primitive/exp/')).toEqual(['primitive/exp/vjp', 'primitive/exp/jvp']);
    expect(idsOf('=primitive/exp/vjp')).toEqual(['primitive/exp/vjp']);
  });

  test('says when there is none', () => {
    expect(() => idsOf('sinh')).toThrow('--only: no law\'s id contains "sinh"; --list lists them');
    expect(() => idsOf('=exp')).toThrow(
      '--only: no law or operation is named "exp"; --list lists them',
    );
  });
});
