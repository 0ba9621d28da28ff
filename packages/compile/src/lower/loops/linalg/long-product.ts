import {
  type F64,
  type F64Variable,
  type I32Variable,
  type Kernel,
  type Routine,
  routine,
} from '../../../loops/index.ts';

/** A product of many factors that neither over- nor underflows on the way: `mantissa * 2^(256 power)`. */
export interface LongProduct {
  readonly mantissa: F64Variable;
  readonly power: I32Variable;
}

const unit = 2 ** 256;

/** The empty product, times a number. */
export const longProduct = (k: Kernel): LongProduct => ({ mantissa: k.f64(1), power: k.i32(0) });

/** Multiplies a product by a number. */
export function multiplyBy(k: Kernel, { mantissa, power }: LongProduct, factor: F64): void {
  const f = k.f64(factor);
  const raise = (by: number): void => power.set(power.add(by));
  k.if(
    f.abs().lt(Infinity).and(f.ne(0)),
    () => {
      k.while(
        () => f.abs().ge(unit),
        () => {
          f.set(f.div(unit));
          raise(1);
        },
      );
      k.while(
        () => f.abs().lt(1 / unit),
        () => {
          f.set(f.mul(unit));
          raise(-1);
        },
      );
      mantissa.set(mantissa.mul(f));
      k.if(
        mantissa.abs().ge(unit),
        () => {
          mantissa.set(mantissa.div(unit));
          raise(1);
        },
        () => {
          k.if(
            mantissa
              .abs()
              .lt(1 / unit)
              .and(mantissa.ne(0)),
            () => {
              mantissa.set(mantissa.mul(unit));
              raise(-1);
            },
          );
        },
      );
    },
    // 0, an infinity or NaN, which no power changes.
    () => mantissa.set(mantissa.mul(f)),
  );
}

/** A product times a number; infinite or 0 only if that is out of range. */
export const numberOf: Routine<readonly ['f64', 'i32', 'f64'], 'f64'> = /* @__PURE__ */ routine(
  ['f64', 'i32', 'f64'],
  'f64',
  (k, mantissa, power, factor) => {
    const product = { mantissa: k.f64(mantissa), power: k.i32(power) };
    multiplyBy(k, product, factor);
    const { mantissa: value, power: left } = product;
    k.while(
      () => left.gt(0).andThen(value.abs().lt(Infinity)),
      () => {
        value.set(value.mul(unit));
        left.set(left.sub(1));
      },
    );
    k.while(
      () => left.lt(0).andThen(value.ne(0)),
      () => {
        value.set(value.div(unit));
        left.set(left.add(1));
      },
    );
    return value;
  },
);
