import type { Frame, Index } from './frame.ts';
import { loadLanes } from './lanes.ts';
import type { Panel } from './panels.ts';
import { panelStride } from './plan.ts';
import { shuffles } from './shuffles.ts';
import { parameter } from './spec.ts';

/**
 * Packs the block's part of panels that follow one another, from the column `from` to `to`: step by
 * step along k, each panel's vectors next to each other.
 */
export const packPanels = (frame: Frame, panel: Panel, from: Index, to: Index): void => {
  const { lanes } = frame.product.format;
  const { steps, product } = frame;
  const long = steps.local === undefined ? steps.offset >= lanes : true;
  if (product.b.row === 1 && product.b.column !== 1 && panel.lanes === lanes && long) {
    packTransposed(frame, panel, from, to);
  } else {
    packSteps(frame, panel, from, to);
  }
};

/** Step by step; within a step the panels, so that rows of `b` are read as they lie. */
const packSteps = (frame: Frame, panel: Panel, from: Index, to: Index): void => {
  const { code, product, plan } = frame;
  const { b, format } = product;
  const { starts, lanes } = panel;
  const width = starts.length * format.lanes;
  const [source, target] = [frame.integer('source'), frame.integer('target')];
  const [step, column] = [frame.integer('packed step'), frame.integer('packed column')];
  const vectors = starts.map((_, v) => frame.vector(v));
  // The lowest address of a panel's row, as offsets in instructions cannot be negative.
  const span = starts[starts.length - 1]! + lanes - 1;
  const lowest = Math.min(0, span * b.column * format.size);
  const many = panel.count > 1;
  frame.count(step, { offset: 0 }, frame.steps, 1, () => {
    frame.sum(
      product.right,
      [frame.depth, b.row * format.size],
      [{ local: step, offset: 0 }, b.row * format.size],
      [from, b.column * format.size],
      [{ offset: lowest }, 1],
    );
    code.set(source);
    frame.sum(
      parameter.scratch,
      [{ local: step, offset: 0 }, starts.length * 16],
      [{ offset: plan.bytesA }, 1],
    );
    code.set(target);
    const copy = (): void => {
      for (const [v, start] of starts.entries()) {
        const offset = start * b.column * format.size - lowest;
        loadLanes(frame, { pointer: source, offset, stride: b.column, lanes });
        code.set(vectors[v]!);
      }
      for (const [v, vector] of vectors.entries()) {
        code
          .get(target)
          .get(vector)
          .memory('v128.store', v * 16);
      }
    };
    if (!many) {
      copy();
      return;
    }
    frame.count(column, from, to, width, () => {
      copy();
      code
        .get(source)
        .i32(width * b.column * format.size)
        .op('i32.add')
        .set(source);
      code.get(target).i32(panelStride(panel, plan.kc)).op('i32.add').set(target);
    });
  });
};

/** Squares of as many columns as steps, turned over in registers. */
const packTransposed = (frame: Frame, panel: Panel, from: Index, to: Index): void => {
  const { code, product, plan, steps } = frame;
  const { b, format } = product;
  const { size, lanes } = format;
  const { starts } = panel;
  const width = starts.length * lanes;
  const [base, source, target] = [
    frame.integer('base'),
    frame.integer('source'),
    frame.integer('target'),
  ];
  const [step, column] = [frame.integer('packed step'), frame.integer('packed column')];
  const panelBase = frame.integer('target base');
  const span = starts[starts.length - 1]! + lanes - 1;
  const lowest = Math.min(0, span * b.column * size);
  const square = (): void => {
    const here = { local: step, offset: 0 };
    frame.sum(base, [here, size]);
    code.set(source);
    frame.sum(panelBase, [here, starts.length * 16]);
    code.set(target);
    for (const [v, start] of starts.entries()) {
      for (let lane = 0; lane < lanes; lane++) {
        code.get(source).memory('v128.load', (start + lane) * b.column * size - lowest);
        code.set(frame.vector(lane));
      }
      transpose(frame);
      for (let lane = 0; lane < lanes; lane++) {
        code
          .get(target)
          .get(frame.vector(lane))
          .memory('v128.store', (lane * starts.length + v) * 16);
      }
    }
  };
  frame.sum(product.right, [frame.depth, size], [from, b.column * size], [{ offset: lowest }, 1]);
  code.set(base);
  frame.sum(parameter.scratch, [{ offset: plan.bytesA }, 1]);
  code.set(panelBase);
  const onePanel = (): void => {
    if (steps.local === undefined && steps.offset % lanes === 0) {
      frame.count(step, { offset: 0 }, steps, lanes, square);
      return;
    }
    const last = frame.integer('last square');
    frame.sum(undefined, [steps, 1], [{ offset: lanes }, -1]);
    code.set(last);
    code.i32(0).set(step);
    code.loop((again) => {
      square();
      code.get(step).get(last).op('i32.lt_s');
      // The last square overlaps the one before it.
      code.get(step).i32(lanes).op('i32.add').tee(step).get(last);
      code.get(step).get(last).op('i32.lt_s', 'select').set(step);
      again(true);
    });
  };
  if (panel.count === 1) {
    onePanel();
    return;
  }
  frame.count(column, from, to, width, () => {
    onePanel();
    code
      .get(base)
      .i32(width * b.column * size)
      .op('i32.add')
      .set(base);
    code.get(panelBase).i32(panelStride(panel, plan.kc)).op('i32.add').set(panelBase);
  });
};

/** Turns the square in the first vectors over. */
const transpose = (frame: Frame): void => {
  const { code, product } = frame;
  const { lanes } = product.format;
  const vector = (number: number): number => frame.vector(number);
  const into = (target: number, x: number, y: number, bytes: readonly number[]): void => {
    code.get(vector(x)).get(vector(y)).shuffle(bytes).set(vector(target));
  };
  if (lanes === 2) {
    into(2, 0, 1, shuffles.lowPairs);
    into(1, 0, 1, shuffles.highPairs);
    code.get(vector(2)).set(vector(0));
    return;
  }
  into(4, 0, 1, shuffles.lowLanes);
  into(5, 0, 1, shuffles.highLanes);
  into(6, 2, 3, shuffles.lowLanes);
  into(7, 2, 3, shuffles.highLanes);
  into(0, 4, 6, shuffles.lowPairs);
  into(1, 4, 6, shuffles.highPairs);
  into(2, 5, 7, shuffles.lowPairs);
  into(3, 5, 7, shuffles.highPairs);
};
