import { defineCommand, renderUsage, runCommand } from 'citty';
import { compareCommand } from './compare/command.ts';
import { lawsCommand } from './laws/command.ts';
import { UsageError } from './usage-error.ts';
import { version } from './version.ts';

const commands = { compare: compareCommand, laws: lawsCommand };

const main = defineCommand({
  meta: {
    name: 'tikhonov',
    version,
    description: 'Regularization made executable: compare methods, falsify laws',
  },
  subCommands: commands,
});

/** Runs the command line; exit status 2 and one line for what the person can mend. */
async function run(words: readonly string[]): Promise<void> {
  const [name, ...rest] = words;
  if (name === '--version' || name === '-v') {
    process.stdout.write(`${version}\n`);
    return;
  }
  if (name === undefined || name === '--help' || name === '-h') {
    process.stdout.write(`${await renderUsage(main)}\n`);
    return;
  }
  const command = Object.hasOwn(commands, name) ? commands[name as keyof typeof commands] : null;
  if (command === null) {
    throw new UsageError(
      `unknown command "${name}"; there are: ${Object.keys(commands).join(', ')}`,
    );
  }
  if (rest.includes('--help') || rest.includes('-h')) {
    process.stdout.write(`${await renderUsage(command, main)}\n`);
    return;
  }
  await runCommand(command, { rawArgs: rest });
}

try {
  await run(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`tikhonov: ${error.message}\n`);
  process.exitCode = 2;
}
