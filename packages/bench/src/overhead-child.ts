import { measureOverhead } from './overhead.ts';

// One method in a fresh process, as the parent starts it: overhead-child.js <method> <budget as JSON>.
const [method, budget] = process.argv.slice(2);
process.stdout.write(`${JSON.stringify(await measureOverhead(method!, JSON.parse(budget!)))}\n`);
