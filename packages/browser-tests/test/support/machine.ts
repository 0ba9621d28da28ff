import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { chromium } from 'playwright-core';

/** What looking for a browser needs of the machine; in tests something else. */
export interface Machine {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly isRoot: boolean;
  /** Where Playwright keeps the browser that it installs. */
  readonly downloaded: string;
  exists(file: string): boolean;
  /** Runs a command to its end; whether it succeeded. */
  run(command: string, args: readonly string[]): Promise<boolean>;
  /** Says something to whoever waits. */
  say(line: string): void;
}

/** Playwright's command line. */
export const playwrightCli: string = join(
  dirname(createRequire(import.meta.url).resolve('playwright-core/package.json')),
  'cli.js',
);

/** A package mirror that does not answer must not hold a test up for ever. */
const patienceMs = 240_000;

/** The one that this runs on. */
export const thisMachine: Machine = {
  env: process.env,
  isRoot: process.getuid?.() === 0,
  downloaded: chromium.executablePath(),
  exists: existsSync,
  run: (command, args) =>
    new Promise((resolve) => {
      const child = spawn(command, args, { stdio: 'ignore', timeout: patienceMs });
      child.on('error', () => resolve(false)).on('close', (code) => resolve(code === 0));
    }),
  say: (line) => void process.stderr.write(`${line}\n`),
};
