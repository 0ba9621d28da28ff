import { afterEach, expect, test } from '@jest/globals';
import { nodeBinary, nodeFrom, nodeVersions } from '../src/index.ts';

const { BENCH_NODE } = process.env;
afterEach(() => {
  if (BENCH_NODE === undefined) delete process.env.BENCH_NODE;
  else process.env.BENCH_NODE = BENCH_NODE;
});

test('measurements run in this Node, unless another is named', () => {
  delete process.env.BENCH_NODE;
  expect(nodeBinary()).toBe(process.execPath);
  expect(nodeVersions().v8).toBe(process.versions.v8);
  process.env.BENCH_NODE = '/elsewhere/node';
  expect(nodeBinary()).toBe('/elsewhere/node');
});

test('a Node that does not start is refused', () => {
  process.env.BENCH_NODE = '/elsewhere/node';
  expect(() => nodeVersions()).toThrow(
    new RangeError('bench: --node or BENCH_NODE: /elsewhere/node does not start.'),
  );
});

test('a peer that needs a later Node says which one it got', async () => {
  delete process.env.BENCH_NODE;
  expect(await nodeFrom(18).meet()).toBeNull();
  const later = nodeFrom(9999);
  expect(later.isMet()).toBe(false);
  expect(await later.meet()).toBe(
    `${process.execPath} is Node ${process.versions.node}, not 9999 or later (--node or BENCH_NODE names another)`,
  );
});
