import type { Module } from '@tikhonov/nn';
import { missingFormOf } from '@tikhonov/nn/engine';
import { OnnxExportError } from './error.ts';
import type { Exporters } from './registry.ts';

/** A part of the model, for messages. */
export const place = (path: string, title: string): string =>
  path === '' ? `the model (${title})` : `"${path}" (${title})`;

/** Throws for a layer that nothing is known of. */
export function refuse(path: string, layer: Module, exporters: Exporters): never {
  const { name } = layer.constructor;
  const isReplaced = Object.hasOwn(layer, 'forward');
  if (isReplaced && layer.modules().some((part) => Object.hasOwn(part, 'parametrizations'))) {
    throw new OnnxExportError(
      `exportOnnx: ${place(path, name)}: weights in it are computed from others, such as by weightNorm.\n  Store what they are now: nn.removeParametrizations(model), then export it.`,
    );
  }
  const missing = isReplaced ? null : missingFormOf(layer);
  if (missing !== null) {
    throw new OnnxExportError(
      `exportOnnx: ${place(path, name)}: ${missing.why}\n  ${missing.instead}`,
    );
  }
  let parent: unknown = Object.getPrototypeOf(layer.constructor);
  while (typeof parent === 'function' && !exporters.has(parent)) {
    parent = Object.getPrototypeOf(parent);
  }
  const known = typeof parent === 'function' ? parent.name : null;
  const what = isReplaced
    ? 'its forward was replaced'
    : known === null
      ? 'there is no exporter for this class'
      : `there is no exporter for this class; it extends ${known}, but may compute something else`;
  const how =
    known === null
      ? '(layer, x, scope) => scope.trace((t) => layer.forward(t), x)'
      : `(layer, x, scope) => scope.as(${known}, layer, x)`;
  throw new OnnxExportError(
    `exportOnnx: ${place(path, name)}: ${what}.\n  Pass one: { exporters: [onnxLayer(${name}, ${how})] }, or write it with scope.op.`,
  );
}
