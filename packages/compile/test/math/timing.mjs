// Prints nanoseconds per element of the vector functions: node timing.mjs [name ...]
import { build } from 'esbuild';

const source = new URL('../../src/', import.meta.url).pathname;
const { outputFiles } = await build({
  stdin: {
    contents: `export { functions } from './math/index.ts';
      export { ModuleWriter } from './wasm/module.ts';`,
    resolveDir: source,
  },
  bundle: true,
  format: 'esm',
  write: false,
});
const text = Buffer.from(outputFiles[0].contents).toString('base64');
const { functions, ModuleWriter } = await import(`data:text/javascript;base64,${text}`);

const size = 16384; // bytes of each operand: all of it fits into the first cache
const wanted = process.argv.slice(2);

/** The median and the lowest time of a call, in nanoseconds. */
function timed(run) {
  for (let k = 0; k < 4000; k++) run();
  const times = Array.from({ length: 25 }, () => {
    const start = process.hrtime.bigint();
    for (let k = 0; k < 30; k++) run();
    return Number(process.hrtime.bigint() - start) / 30;
  }).sort((a, b) => a - b);
  return [times[12], times[0]];
}

for (const [name, { emit }] of Object.entries(functions)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const row = [name.padEnd(12)];
  for (const type of ['f32x4', 'f64x2']) {
    const operands = name === 'pow' || name === 'atan2' ? 2 : 1;
    const writer = new ModuleWriter(1);
    writer.function(
      [],
      [],
      (code) => {
        const at = code.local('i32');
        code.loop((again) => {
          code.get(at);
          for (let k = 0; k < operands; k++) code.get(at).memory('v128.load', k * size);
          emit(code, type);
          code.memory('v128.store', operands * size);
          code.get(at).i32(16).op('i32.add').tee(at).i32(size).op('i32.lt_u');
          again(true);
        });
      },
      'run',
    );
    const memory = new WebAssembly.Memory({ initial: 1 });
    const bytes = writer.encode();
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), {
      env: { memory },
    });
    const Floats = type === 'f32x4' ? Float32Array : Float64Array;
    // From 0.01 to 0.99, where every function is defined; acosh at 1 and more.
    const x = new Floats(memory.buffer, 0, (size * operands) / Floats.BYTES_PER_ELEMENT);
    for (let k = 0; k < x.length; k++) {
      x[k] = 0.01 + (0.98 * ((k * 7919) % x.length)) / x.length + (name === 'acosh' ? 1 : 0);
    }
    const n = size / Floats.BYTES_PER_ELEMENT;
    const [median, lowest] = timed(exports.run);
    row.push(`${type} ${(median / n).toFixed(2)} (${(lowest / n).toFixed(2)})`.padEnd(22));
    row.push(`${bytes.length} bytes`.padEnd(12));
  }
  console.log(row.join(' '));
}
