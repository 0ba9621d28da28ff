import { expect, test } from '@jest/globals';
import * as engine from '@tikhonov/core/engine';

test('every primitive of the registry is exported by itself', () => {
  const exported = new Set<unknown>(Object.values(engine));
  const missing = engine.primitives.filter(({ primitive }) => !exported.has(primitive));
  expect(missing.map(({ name }) => name)).toEqual([]);
});
