import { measureOne } from './measure-one.ts';

// One measurement in a fresh process, as the parent starts it: child.js <peer> <workload> <budget>.
const [peer, workload, budget] = process.argv.slice(2);
const measurement = await measureOne(peer!, workload!, JSON.parse(budget!));
process.stdout.write(`${JSON.stringify(measurement)}\n`);
