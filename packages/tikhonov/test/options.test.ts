import { expect, test } from '@jest/globals';
import { data, nn, optim, parameter, reg, tensor, train } from '../src/index.ts';

// What a person writing JavaScript may misspell: TypeScript would refuse these calls.
const js = <T>(options: object): T => options as T;
const w = parameter(tensor([1]));
const logits = tensor([[0, 1]]);
const labels = tensor([1], { dtype: 'int32' });
const small = data.loadDigits().subset(20);

test.each<[string, () => unknown]>([
  ['adam: unknown option "learning_rate"', () => optim.adam({ w }, js({ learning_rate: 0.1 }))],
  ['adamw: unknown option "weight_decay"', () => optim.adamw({ w }, js({ weight_decay: 0.1 }))],
  ['sgd: unknown option "nestrov"', () => optim.sgd({ w }, js({ lr: 0.1, nestrov: true }))],
  ['mlp: unknown option "activations"', () => nn.mlp([2, 1], js({ seed: 0, activations: 'relu' }))],
  ['Linear: unknown option "useBias"', () => new nn.Linear(1, 1, js({ seed: 0, useBias: false }))],
  ['dropout: unknown option "rate"', () => nn.dropout(w.read(), js({ rate: 0.5 }))],
  [
    'crossEntropy: unknown option "label_smoothing"',
    () => nn.crossEntropy(logits, labels, js({ label_smoothing: 0.1 })),
  ],
  ['l1: unknown option "only"', () => reg.l1(w, js({ lambda: 1, only: 'w' }))],
  ['l2: unknown option "halve"', () => reg.l2(w, js({ lambda: 1, halve: true }))],
  [
    'spectralNorm: unknown option "iterations"',
    () => reg.spectralNorm(parameter(tensor([[1]])), js({ lambda: 1, iterations: 3 })),
  ],
  ['batches: unknown option "batch_size"', () => data.batches(small, js({ batch_size: 2 }))],
  ['split: unknown option "ratio"', () => data.split(small, js<never>({ ratio: 0.5 }))],
  ['withLabelNoise: unknown option "p"', () => data.withLabelNoise(small, js({ p: 0.5 }))],
  ['digits: unknown option "size"', () => data.digits(js({ size: 100 }))],
  [
    'evaluate: unknown option "metric"',
    () =>
      train.evaluate(nn.mlp([64, 10], { seed: 0 }), small, js<never>({ loss: nn.mse, metric: {} })),
  ],
  ['earlyStopping: unknown option "patient"', () => train.earlyStopping(js({ patient: 3 }))],
])('%s', (message, call) => {
  expect(call).toThrow(message);
  expect(call).toThrow('It takes ');
});

test('fit: unknown option "batch_size"', async () => {
  const model = nn.mlp([1, 1], { seed: 0 });
  await expect(train.fit(model, js({ batch_size: 8 }))).rejects.toThrow(
    'fit: unknown option "batch_size"',
  );
});
