import {
  avgPool1d,
  avgPool2d,
  type ConvOptions,
  conv1d,
  conv2d,
  convTranspose2d,
  type MaxPoolOptions,
  maxPool1d,
  maxPool2d,
  type Tensor,
} from '@tikhonov/core';
import type { Adapter, Attrs } from './adapter.ts';

/** The entries of `values` that are there. */
const given = <T extends object>(values: { [Key in keyof T]: T[Key] | undefined }): T =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as T;

const convOptions = ({ stride, padding, dilation, groups }: Attrs, bias?: Tensor): ConvOptions =>
  given<ConvOptions>({ stride, padding, dilation, groups, bias });

const poolOptions = ({
  kernelSize,
  stride,
  padding,
  dilation,
  ceilMode,
}: Attrs): MaxPoolOptions => {
  if (kernelSize === undefined) throw new TypeError('kernelSize is missing');
  return given<MaxPoolOptions>({ kernelSize, stride, padding, dilation, ceilMode });
};

const avgPool =
  (pool: typeof avgPool2d): Adapter =>
  ([x], attrs) => {
    const { countIncludePad } = attrs;
    return pool(x!, { ...poolOptions(attrs), ...given<object>({ countIncludePad }) });
  };

/** Convolutions and pooling. */
export const convolution: Readonly<Record<string, Adapter>> = {
  conv1d: ([x, w, b], attrs) => conv1d(x!, w!, convOptions(attrs, b)),
  conv2d: ([x, w, b], attrs) => conv2d(x!, w!, convOptions(attrs, b)),
  conv_transpose2d: ([x, w, bias], attrs) => {
    const { stride, padding, outputPadding, dilation, groups } = attrs;
    return convTranspose2d(
      x!,
      w!,
      given({ stride, padding, outputPadding, dilation, groups, bias }),
    );
  },
  max_pool1d: ([x], attrs) => maxPool1d(x!, poolOptions(attrs)),
  max_pool2d: ([x], attrs) => maxPool2d(x!, poolOptions(attrs)),
  avg_pool1d: avgPool(avgPool1d),
  avg_pool2d: avgPool(avgPool2d),
};
