import { train } from './training.ts';

// The process that is killed: `child.js <path> <eager|compiled>`. It says when training has begun.
const [path, mode] = process.argv.slice(2);
const digest = await train({
  path: path!,
  compiled: mode === 'compiled',
  onStart: () => process.stdout.write('started\n'),
});
process.stdout.write(`${digest}\n`);
