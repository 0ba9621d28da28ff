// Runs ONNX files with onnxruntime-web under plain Node: jest's module loader and the runtime's own do not
// go together. Standard input names the models and their inputs; standard output gets the results.
import { readFile } from 'node:fs/promises';
import { env, InferenceSession, Tensor } from 'onnxruntime-web';

env.wasm.numThreads = 1;
env.logLevel = 'error';

const arrays = { float32: Float32Array, float64: Float64Array, int32: Int32Array };

const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);
const cases = JSON.parse(Buffer.concat(chunks).toString());

const results = [];
for (const { file, dtype, inputs } of cases) {
  try {
    const session = await InferenceSession.create(await readFile(file), { logSeverityLevel: 3 });
    const outputs = [];
    for (const { dims, data } of inputs) {
      const x = new Tensor(dtype, arrays[dtype].from(data), dims);
      const given = await session.run({ [session.inputNames[0]]: x });
      const y = given[session.outputNames[0]];
      outputs.push({ dims: [...y.dims], dtype: y.type, data: [...y.data] });
    }
    await session.release();
    results.push({ names: [session.inputNames, session.outputNames], outputs });
  } catch (error) {
    results.push({ error: String(error) });
  }
}
// Not JSON's null for NaN and infinities.
const exact = (_key, value) =>
  typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
process.stdout.write(JSON.stringify(results, exact));
