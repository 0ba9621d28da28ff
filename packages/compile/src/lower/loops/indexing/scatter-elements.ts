import type { Code } from '../../../wasm/code.ts';
import { loadIndex, pushPlace } from './gather.ts';
import { eachPick, pointersOf, type Scatter } from './scatter.ts';
import { addSums, loadSum, storeSum } from './sums.ts';
import { move, times, walk } from './walk.ts';

/**
 * Adds line by line. A line of float32 has its sums in the scratch bytes: of all places if there are no
 * more of them than indices, else of those that the indices touch.
 */
export function scatterElements(code: Code, scatter: Scatter): void {
  const { dtype, size, step, picks, lines } = scatter;
  const at = code.local('i32');
  const place = code.local('i32');
  /** `place += source`, of a sum's dtype. */
  const add = (source: number, into: typeof dtype): void => {
    code.set(place).get(place);
    loadSum(code, into, place, 0);
    loadSum(code, dtype, source, 0);
    addSums(code, dtype);
    storeSum(code, into, 0);
  };
  const index = (pointer: number): void => loadIndex(code, pointer, 0, at, size);
  const known = (pointer: number): void => {
    code.get(pointer).memory('i32.load', 0).set(at);
  };
  const fetch = (from: () => void): void => {
    from();
    code.set(place);
    loadSum(code, 'float32', place, 0);
  };
  walk(code, lines, pointersOf(scatter), 1, () => {
    if (dtype !== 'float32') {
      eachPick(code, scatter, (pointer, source) => {
        index(pointer);
        pushPlace(code, 3, at, step);
        add(source, dtype);
      });
    } else if (size <= picks) {
      eachPlace(code, scatter, (sum, result) => {
        code.get(sum);
        loadSum(code, 'float32', result, 0);
        code.memory('f64.store', 0);
      });
      eachPick(code, scatter, (pointer, source) => {
        index(pointer);
        pushPlace(code, 4, at, 8);
        add(source, 'float64');
      });
      eachPlace(code, scatter, (sum, result) => {
        code.get(result).get(sum).memory('f64.load', 0);
        storeSum(code, 'float32', 0);
      });
    } else {
      eachPick(code, scatter, (pointer) => {
        index(pointer);
        pushPlace(code, 4, at, 8);
        fetch(() => pushPlace(code, 3, at, step));
        code.memory('f64.store', 0);
      });
      eachPick(code, scatter, (pointer, source) => {
        known(pointer);
        pushPlace(code, 4, at, 8);
        add(source, 'float64');
      });
      eachPick(code, scatter, (pointer) => {
        known(pointer);
        pushPlace(code, 3, at, step);
        pushPlace(code, 4, at, 8);
        code.memory('f64.load', 0);
        storeSum(code, 'float32', 0);
      });
    }
  });
}

/** Repeats `body` for all places of a line, with the addresses of their sums and their results. */
function eachPlace(
  code: Code,
  { size, step }: Scatter,
  body: (sum: number, result: number) => void,
): void {
  const [sum, result] = [code.local('i32'), code.local('i32')];
  code.get(4).set(sum).get(3).set(result);
  times(code, size, () => {
    body(sum, result);
    move(code, sum, 8);
    move(code, result, step);
  });
}
