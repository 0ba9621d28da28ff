import { readMemory } from './memory.ts';

// Readings in a fresh process, as the parent starts it: memory-child.js <peer> <workload> <steps> <every>.
const [peer, workload, steps, every] = process.argv.slice(2);
const readings = await readMemory(peer!, workload!, Number(steps), Number(every));
process.stdout.write(`${JSON.stringify(readings)}\n`);
