import { type ParseArgsConfig, parseArgs } from 'node:util';
import { UsageError } from './usage-error.ts';

/**
 * Runs a script of this repository: `--help` prints its usage, and a mistake on the command line is one
 * line and exit status 2.
 *
 * @param name  as in `npm run <name>`
 * @param options  as `parseArgs` takes them; `help` is added
 */
export async function runScript<T extends NonNullable<ParseArgsConfig['options']>>(
  name: string,
  usage: string,
  options: T,
  main: (values: ReturnType<typeof parseArgs<{ options: T }>>['values']) => Promise<void>,
): Promise<void> {
  try {
    if (process.argv.slice(2).some((word) => word === '--help' || word === '-h')) {
      process.stdout.write(`${usage}\n`);
      return;
    }
    await main(parseArgs({ options }).values);
  } catch (error) {
    if (!isMistake(error)) throw error;
    process.stderr.write(`${name}: ${error.message}\n`);
    process.exitCode = 2;
  }
}

const isMistake = (error: unknown): error is Error =>
  error instanceof UsageError ||
  (error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS'));
