import type { Lanes } from './lanes.ts';
import { upper } from './log-pair.ts';

// Reduction of arguments of any size by the bits of 2 / pi that matter (Payne & Hanek, "Radian
// reduction for trigonometric functions", SIGNUM Newsletter 18, 1983): those before them count whole
// turns, those after them vanish.

/** 2 / pi as a binary fraction of 1240 bits, after five bytes of 0. */
const twoOverPi =
  '0000000000' +
  'a2f9836e4e441529fc2757d1f534ddc0db6295993c439041fe5163abdebbc561b7246e3a424dd2e006492eea09d1921c' +
  'fe1deb1cb129a73ee88235f52ebb4484e99c7026b45f7e413991d639835339f49c845f8bbdf9283b1ff897ffde05980f' +
  'ef2f118b5a0a6d1f6d367ecf27cb09b74f463f669e5fea2d7527bac7ebe5f17b3d0739f78a5292ea6bfb5fb11f8d5d08' +
  '56033046fc7b6babf0cfbc';

/** Each takes 24 bits; 192 bits leave 2^-116 of a quarter turn, and no float64 is within 2^-62 of one. */
const steps = 8;

const halfTurn = [1.5707963267948966, 6.123233995736766e-17] as const;

/** The three bytes of 2 / pi at each lane's three indices, as a float64. */
function bitsAt(index: Lanes): Lanes {
  const { into } = index;
  let found: Lanes | undefined;
  for (let k = 0; 16 * k < twoOverPi.length / 2; k++) {
    const table = Array.from({ length: 16 }, (_, b) =>
      Number.parseInt(twoOverPi.slice(32 * k + 2 * b, 32 * k + 2 * b + 2) || '0', 16),
    );
    const shift = into.bytes('f64x2', new Array(16).fill(16 * k));
    // A swizzle gives 0 for indices that are not in its table.
    const here = index.raw('f64x2', (code) => code.op('i8x16.sub'), shift);
    const part = into.bytes('f64x2', table).raw('f64x2', (code) => code.op('i8x16.swizzle'), here);
    found = found === undefined ? part : found.or(part);
  }
  return index
    .number(2 ** 52)
    .or(found!)
    .sub(2 ** 52);
}

/** Float64 lanes of at least 2^20, finite, as n quarter turns and r + low; n in the last bits. */
export function payneHanek(x: Lanes): {
  readonly r: Lanes;
  readonly low: Lanes;
  readonly n: Lanes;
} {
  const { into } = x;
  const { code } = into;
  // x = m 2^(e - 1075). The first byte that counts is that whose last bit times m is below 4, and x
  // moves up by the bytes before it.
  const e = x.shiftRight(52).and(x.bits(0x7ff)).keep();
  const byte = e.minus(x.bits(1037)).shiftRight(3).keep();
  const exponent = e.plus(x.bits(3)).and(x.bits(7)).plus(x.bits(1077)).shiftLeft(52);
  const moved = x
    .and(x.bits(0x800fffffffffffffn))
    .or(exponent)
    .mul(2 ** -24)
    .keep();
  const high = upper(moved).keep();
  const low = moved.sub(high).keep();
  const bytes = byte.or(byte.shiftLeft(8)).or(byte.shiftLeft(16));
  const index = bytes.plus(x.bits(0xffffffffff000102n)).keep();
  // The sum modulo 1 in two parts, and its whole part.
  const sum = x.number(0).keep();
  const rest = x.number(0).keep();
  const whole = x.number(0).keep();
  const counter = code.local('i32');
  code
    .i32(steps)
    .set(counter)
    .loop((again) => {
      const bits = bitsAt(index).keep();
      for (const part of [high, low]) {
        const product = part.mul(bits);
        const term = product.sub(product.mul(0.25).op('nearest').mul(4)).keep();
        const next = sum.add(term).keep();
        const added = next.sub(sum);
        into.assign(rest, rest.add(sum.sub(next.sub(added)).add(term.sub(added))));
        into.assign(sum, next);
      }
      const turns = sum.op('nearest').keep();
      into.assign(whole, whole.add(turns));
      const fraction = sum.sub(turns).keep();
      into.assign(sum, fraction.add(rest));
      into.assign(rest, rest.sub(sum.sub(fraction)));
      into.assign(high, high.mul(2 ** -24));
      into.assign(low, low.mul(2 ** -24));
      into.assign(index, index.plus(x.bits(0x030303)));
      code.get(counter).i32(1).op('i32.sub').tee(counter);
      again(true);
    });
  const n = whole.add(1.5 * 2 ** 52);
  // (sum + rest) pi / 2
  const s = upper(sum).keep();
  const sRest = sum.sub(s).add(rest).keep();
  const h = x.number(halfTurn[0]);
  const hUpper = upper(h).keep();
  const hRest = h.sub(hUpper).add(halfTurn[1]).keep();
  const main = s.mul(hUpper).keep();
  const tail = s
    .mul(hRest)
    .add(sRest.mul(h.add(halfTurn[1])))
    .keep();
  const r = main.add(tail).keep();
  return { r, low: tail.sub(r.sub(main)), n };
}
