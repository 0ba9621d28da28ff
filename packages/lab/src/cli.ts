import { type CommandDef, defineCommand, renderUsage, runCommand } from 'citty';
import { UsageError } from './usage-error.ts';
import { version } from './version.ts';

// Loaded when asked for: `laws` needs no charts, `compare` no property tests.
const commands = {
  compare: (): Promise<CommandDef> =>
    import('./compare/command.ts').then(({ compareCommand }) => compareCommand),
  laws: (): Promise<CommandDef> =>
    import('./laws/command.ts').then(({ lawsCommand }) => lawsCommand),
};

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
  const load = Object.hasOwn(commands, name) ? commands[name as keyof typeof commands] : null;
  if (load === null) {
    throw new UsageError(
      `unknown command "${name}"; there are: ${Object.keys(commands).join(', ')}`,
    );
  }
  const command = await load();
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
