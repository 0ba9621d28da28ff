import { coldStep } from './cold-start.ts';

// One start in a fresh process, as the parent starts it: cold-child.js <peer, or nothing> <workload>.
const [peer, workload] = process.argv.slice(2);
const reading = await coldStep(peer === '' ? null : peer!, workload!);
process.stdout.write(`${JSON.stringify(reading)}\n`);
