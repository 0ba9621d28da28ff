import { expect, test } from '@jest/globals';
import { methods } from '../src/index.ts';
import { defaultArguments } from '../src/laws/default-arguments.ts';

test('the defaults of all methods of the objective and the process are written down', () => {
  const ids = methods.filter(({ family }) => family !== 'structure').map(({ id }) => id);
  expect(Object.keys(defaultArguments)).toEqual(ids);
});
