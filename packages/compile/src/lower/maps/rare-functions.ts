import { acosh, asinh, atanh, cosh, sinh } from '../../math/hyperbolic.ts';
import { acos, asin, atan, atan2 } from '../../math/inverse-trig.ts';
import { log2, log10 } from '../../math/log-bases.ts';
import { portableExp, portableLog } from '../../math/portable.ts';
import { cos, sin } from '../../math/sin-cos.ts';
import { binary, dear, type MapEntry } from './entry.ts';
import { erfinv } from './erfinv.ts';

/** The other functions of floating numbers, within the ulps that they state. */
export const rareFunctions: readonly MapEntry[] = [
  dear('acos', acos),
  dear('acosh', acosh),
  dear('asin', asin),
  dear('asinh', asinh),
  dear('atan', atan),
  binary('atan2', 'dear', atan2),
  dear('atanh', atanh),
  dear('cos', (x) => cos(x.keep())),
  dear('cosh', cosh),
  dear('erfinv', erfinv),
  dear('log10', log10),
  dear('log2', log2),
  dear('portableExp', portableExp),
  dear('portableLog', portableLog),
  dear('sin', (x) => sin(x.keep())),
  dear('sinh', sinh),
];
