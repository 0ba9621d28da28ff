import { type CommandDef, runCommand } from 'citty';
import { UsageError } from './usage-error.ts';
import { version } from './version.ts';

// Loaded when asked for: `laws` needs no charts, `compare` no property tests.
const commands = {
  compare: (): Promise<LoadedCommand> =>
    import('./compare/command.ts').then(({ compareCommand, compareHelp }) => ({
      command: compareCommand,
      help: compareHelp,
    })),
  laws: (): Promise<LoadedCommand> =>
    import('./laws/command.ts').then(({ lawsCommand, lawsHelp }) => ({
      command: lawsCommand,
      help: lawsHelp,
    })),
  reproduce: (): Promise<LoadedCommand> =>
    import('./reproduce/command.ts').then(({ reproduceCommand, reproduceHelp }) => ({
      command: reproduceCommand,
      help: reproduceHelp,
    })),
};

interface LoadedCommand {
  readonly command: CommandDef;
  readonly help: () => string;
}

const help = `tikhonov ${version}: regularization made executable

Usage: tikhonov <command> [options]

Commands:
  compare    train one network under several regularizers, report which helped
  laws       try to falsify every law of the catalogue and the engine
  reproduce  repeat a published result, with its figure and a verdict

tikhonov <command> --help lists the options of a command; --version prints the
version. Exit status: 0 done, 1 a law fell or a run crashed, 2 a mistake on the
command line, 130 interrupted.
`;

/** Runs the command line; exit status 2 and one line for what the person can mend. */
async function run(words: readonly string[]): Promise<void> {
  const [name, ...rest] = words;
  if (name === '--version' || name === '-v') {
    process.stdout.write(`${version}\n`);
    return;
  }
  if (name === undefined || name === '--help' || name === '-h') {
    process.stdout.write(help);
    return;
  }
  const load = Object.hasOwn(commands, name) ? commands[name as keyof typeof commands] : null;
  if (load === null) {
    throw new UsageError(
      `unknown command "${name}"; there are: ${Object.keys(commands).join(', ')}`,
    );
  }
  const { command, help: commandHelp } = await load();
  if (rest.includes('--help') || rest.includes('-h')) {
    process.stdout.write(`${commandHelp()}\n`);
    return;
  }
  await runCommand(command, { rawArgs: rest });
}

// A reader that has seen enough (`| head`) ends the printing, not the work or its files.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

try {
  await run(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`tikhonov: ${error.message}\n`);
  process.exitCode = 2;
}
