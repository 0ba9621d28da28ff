import { main } from './main.ts';
import { UsageError } from './settings.ts';

// The first Ctrl-C ends the training after the present step, and everything ends in order; a second one
// ends the program.
const controller = new AbortController();
process.once('SIGINT', () => controller.abort());

/** The progress bar is redrawn on the line where the cursor is: a line of ours must not begin there. */
const say = (line: string): void => {
  if (process.stderr.isTTY && process.stdout.isTTY) process.stderr.write('\r\x1b[K');
  console.log(line);
};

try {
  await main(process.argv.slice(2), say, controller.signal);
  if (controller.signal.aborted) process.exitCode = 130;
} catch (error) {
  const isUsage = error instanceof UsageError;
  process.stderr.write(`example:mnist: ${error instanceof Error ? error.message : error}\n`);
  if (isUsage) process.stderr.write('  --help lists the options.\n');
  process.exitCode = isUsage ? 2 : 1;
}
