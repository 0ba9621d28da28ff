import { writeFile } from 'node:fs/promises';
import { runScript } from '../script.ts';
import { operationsTable } from './table.ts';

const file = 'docs/operations.md';
const usage = `Writes the table of operations, ${file}. It takes no options.

  npm run docs:operations`;

await runScript('docs:operations', usage, {}, async () => {
  await writeFile(file, operationsTable());
  process.stdout.write(`${file} is up to date\n`);
});
