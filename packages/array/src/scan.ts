import { isFloating } from './dtype.ts';
import { permuteView } from './movement.ts';
import { eachRow, emptyView, type View } from './view.ts';

/**
 * Running sums along `axis`, from its end if `reverse`. Each line is summed in float64 and every
 * partial sum rounded once; integers wrap.
 */
export function cumsumKernel(x: View, axis: number, reverse: boolean): View {
  const out = emptyView(x.shape, x.dtype);
  const length = x.shape[axis]!;
  const rest = x.shape.map((_, k) => k).filter((k) => k !== axis);
  const last = reverse ? length - 1 : 0;
  const [step, to] = [x.stride[axis]!, out.stride[axis]!];
  const [by, onto] = reverse ? [-step, -to] : [step, to];
  const [source, target] = [x.data, out.data];
  if (length === 0) return out;
  const whole = !isFloating(x.dtype);
  const lines = permuteView(x, rest);
  eachRow(lines.shape, [lines, permuteView(out, rest)], ([start, first], [sx, so], n) => {
    for (let i = 0; i < n; i++) {
      let from = start! + i * sx! + last * step;
      let at = first! + i * so! + last * to;
      let sum = 0;
      for (let k = 0; k < length; k++) {
        sum += source[from]!;
        if (whole) sum |= 0;
        target[at] = sum;
        from += by;
        at += onto;
      }
    }
  });
  return out;
}
