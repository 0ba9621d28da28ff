/** @jest-config-loader esbuild-register */
import { existsSync, readdirSync } from 'node:fs';
import type { Config } from 'jest';

const packages = readdirSync('packages').filter((name) => existsSync(`packages/${name}/test`));

const cacheDirectory = '<rootDir>/.cache/jest';

const config: Config = {
  maxWorkers: 2,
  // Node keeps the ES modules of finished tests. Without a limit, workers end with more than a gigabyte,
  // and the system takes longer to free it than jest waits for them to exit.
  workerIdleMemoryLimit: '512MB',
  cacheDirectory,
  passWithNoTests: true,
  testTimeout: 30_000,
  coverageProvider: 'v8',
  coverageDirectory: '.cache/coverage',
  collectCoverageFrom: ['packages/*/src/**/*.ts'],
  projects: packages.map((name) => ({
    displayName: name,
    cacheDirectory,
    roots: [`<rootDir>/packages/${name}`],
    testMatch: [`<rootDir>/packages/${name}/test/**/*.test.ts`],
    modulePathIgnorePatterns: ['<rootDir>/packages/[^/]+/dist/'],
    extensionsToTreatAsEsm: ['.ts'],
    transform: { '\\.ts$': '<rootDir>/.config/jest-transform.mjs' },
    testEnvironmentOptions: {
      customExportConditions: ['@tikhonov/source', 'node', 'node-addons'],
    },
  })),
};

export default config;
