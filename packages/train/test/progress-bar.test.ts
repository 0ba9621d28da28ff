import { describe, expect, test } from '@jest/globals';
import { fit, progressBar } from '@tikhonov/train';
import { network, plan } from './helpers.ts';

async function written(output: { isTTY?: boolean; columns?: number }, every?: number) {
  const texts: string[] = [];
  const write = (text: string) => texts.push(text);
  const options = { output: { ...output, write }, ...(every === undefined ? {} : { every }) };
  const model = network();
  await fit(model, plan(model, { callbacks: [progressBar(options)] }));
  return texts;
}

describe('progressBar', () => {
  test('writes one line at the end of a short training when lines cannot be redrawn', async () => {
    const lines = await written({});
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^completed after 3 epochs {2}loss \d\.\d{4} {2}validation\.loss /);
  });

  test('writes a line per interval', async () => {
    const lines = await written({}, 0);
    expect(lines.map((line) => line.slice(0, 9))).toEqual(['epoch 1/3', 'epoch 2/3', 'completed']);
  });

  test('redraws one line on a terminal, and leaves a line at the end', async () => {
    const texts = await written({ isTTY: true, columns: 40 });
    const bars = texts.filter((text) => text.includes('% of 3 epochs'));
    expect(bars.length).toBeGreaterThanOrEqual(1);
    expect(bars[0]).toContain('0 % of 3 epochs');
    expect(texts.filter((text) => text.endsWith('\n'))).toHaveLength(1);
    expect(texts.at(-1)).toMatch(/completed after 3 epochs/);
  });
});
