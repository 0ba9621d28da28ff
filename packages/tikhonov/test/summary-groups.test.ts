import { expect, test } from '@jest/globals';
import { nn, optim, zeros } from '../src/index.ts';

const network = () =>
  new nn.Sequential(
    new nn.Linear(4, 3, { seed: 0 }),
    new nn.BatchNorm1d(3),
    new nn.Linear(3, 2, { seed: 1 }),
  );

/** The parameters that a step without gradients changes. */
function changed(optimizer: optim.Optimizer): string[] {
  // Not 0 anywhere, or decay would not be seen.
  for (const parameter of Object.values(optimizer.parameters)) {
    parameter.write(zeros(parameter.shape).add(1));
  }
  optimizer.apply(
    Object.fromEntries(
      Object.entries(optimizer.parameters).map(([name, { shape }]) => [name, zeros(shape)]),
    ),
  );
  return Object.entries(optimizer.parameters)
    .filter(([, parameter]) =>
      parameter
        .read()
        .data()
        .some((w) => w !== 1),
    )
    .map(([name]) => name);
}

const decaying = (summary: nn.ModelSummary): string[] =>
  summary.rows.filter(({ decay }) => decay === true).map(({ name }) => name);

test('no decay on biases and norms is one call, and the summary shows what then decays', () => {
  const model = network();
  const optimizer = optim.adamw(model, { weightDecay: 0.1, decay: optim.weightsOnly });
  const summary = nn.summary(model, { groups: optim.weightsOnly });
  expect(decaying(summary)).toEqual(['0.weight', '2.weight']);
  expect(changed(optimizer)).toEqual(['0.weight', '2.weight']);
  expect(String(summary).split('\n')[3]).toBe(
    '0.bias                 Linear       [3]     float32      3  yes        no',
  );
});

test('an optimizer with groups shows them, and what its settings let decay', () => {
  const model = network();
  const optimizer = optim.grouped(model, optim.adamwTransform, { lr: 1e-3 }, [
    { name: 'no decay', match: optim.biasesAndNorms, weightDecay: 0 },
    { name: 'head', match: (name) => name.startsWith('2.'), lrScale: 0.1 },
  ]);
  const summary = nn.summary(model, { groups: optimizer });
  expect(String(summary)).toBe(
    [
      'name                   layer        shape   dtype    count  trainable  group     decay',
      '--------------------------------------------------------------------------------------',
      '0.weight               Linear       [3, 4]  float32     12  yes        default   yes',
      '0.bias                 Linear       [3]     float32      3  yes        no decay  no',
      '1.weight               BatchNorm1d  [3]     float32      3  yes        no decay  no',
      '1.bias                 BatchNorm1d  [3]     float32      3  yes        no decay  no',
      '1.running_mean         BatchNorm1d  [3]     float32      3  no         -         -',
      '1.running_var          BatchNorm1d  [3]     float32      3  no         -         -',
      '1.num_batches_tracked  BatchNorm1d  []      int32        1  no         -         -',
      '2.weight               Linear       [2, 3]  float32      6  yes        head      yes',
      '2.bias                 Linear       [2]     float32      2  yes        no decay  no',
      '--------------------------------------------------------------------------------------',
      'Sequential: 29 trainable parameters, 7 in buffers, 144 B',
    ].join('\n'),
  );
  expect(changed(optimizer)).toEqual(decaying(summary));
});

test('a decay of 0 reaches the parameters that Muon leaves to AdamW', () => {
  const model = network();
  const plain = [{ name: 'no decay', match: optim.biasesAndNorms, weightDecay: 0 }];
  const optimizer = optim.grouped(model, optim.muonTransform, { lr: 1e-3 }, plain);
  const summary = nn.summary(model, { groups: optimizer });
  expect(summary.rows.find(({ name }) => name === '0.bias')).toMatchObject({
    group: 'no decay',
    decay: false,
  });
  expect(changed(optimizer)).toEqual(decaying(summary));
});
