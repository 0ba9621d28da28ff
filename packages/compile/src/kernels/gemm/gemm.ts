import { Code } from '../../wasm/code.ts';
import type { ModuleWriter } from '../../wasm/module.ts';
import { emitDots } from './dot.ts';
import { Frame, type Index } from './frame.ts';
import { packPanels } from './pack-panels.ts';
import { packRows } from './pack-rows.ts';
import type { Panel } from './panels.ts';
import { type Plan, panelStride, planFor } from './plan.ts';
import { type Product, productOf } from './product.ts';
import { Site } from './site.ts';
import { type GemmSpec, parameter } from './spec.ts';
import { emitSweep } from './sweep.ts';
import { addBias, type Ends, emitTile, pushStart } from './tile.ts';

/** Bytes that an epilogue may add to the tiles of a product; a longer one gets a loop of its own. */
const fusedBytes = 1536;

const addresses = (spec: GemmSpec): 'i32'[] =>
  new Array<'i32'>(parameter.operands + (spec.epilogue?.operands ?? 0)).fill('i32');

/** Whether the epilogue is short enough to stand in every tile. */
const isShort = (spec: GemmSpec, product: Product, plan: Plan): boolean => {
  if (spec.epilogue === undefined) return false;
  const code = new Code(addresses(spec));
  const frame = new Frame(code, product, plan);
  spec.epilogue.emit(code, new Site(frame, { offset: 0 }, { offset: 0 }, product.format.lanes));
  const vectors = plan.panels.reduce(
    (total, { rows, starts }) => total + (rows + (product.m % rows)) * starts.length,
    plan.kind === 'dot' ? 8 : 0,
  );
  return code.length * vectors <= fusedBytes;
};

/**
 * Writes a function that multiplies matrices. It takes the byte addresses of `a`, `b`, `c`, the bias,
 * and scratch memory of {@link packBytes}, then those of the epilogue's operands, all i32.
 *
 * @returns the function's index
 */
export const emitGemm = (writer: ModuleWriter, spec: GemmSpec): number => {
  const product = productOf(spec);
  const plan = planFor(product);
  const one = writer.function(addresses(spec), [], (code) => {
    if (plan.kind !== 'empty')
      emitProduct(new Frame(code, product, plan), isShort(spec, product, plan));
  });
  return spec.batch === undefined ? one : emitBatch(writer, spec, one);
};

/** Bytes of scratch memory that the function for `spec` needs, aligned to 16; 0 if none. */
export const packBytes = (spec: GemmSpec): number => {
  const { bytesA, bytesB } = planFor(productOf(spec));
  return bytesA + bytesB;
};

const emitProduct = (frame: Frame, short: boolean): void => {
  const { code, product, plan } = frame;
  const { bias, accumulate, epilogue } = product;
  const start = accumulate ? 'result' : 'zero';
  const blocked = plan.kc < product.k;
  const fused = short && !blocked;
  if (blocked && start !== 'result') emitSweep(frame, (site) => pushStart(frame, site, start));
  const ends: Ends = {
    start: blocked ? 'result' : start,
    bias: bias && !blocked,
    epilogue: fused,
  };
  if (plan.kind === 'dot') emitDots(frame, ends);
  else emitBlocks(frame, ends);
  const late = bias && blocked;
  if (!late && (epilogue === undefined || fused)) return;
  emitSweep(frame, (site) => {
    site.loadResult();
    if (late) addBias(frame, site);
    if (!fused) epilogue?.emit(code, site);
  });
};

/** Blocks of steps, in them blocks of rows, in them strips of panels. */
const emitBlocks = (frame: Frame, ends: Ends): void => {
  const { code, product, plan } = frame;
  const { m, k } = product;
  frame.blocks('depth', k, plan.kc, (depth, until) => {
    if (frame.steps.local !== undefined) {
      frame.sum(undefined, [until, 1], [depth, -1]);
      code.set(frame.steps.local);
    }
    frame.blocks('block row', m, plan.mc, (from, to) => {
      if (plan.packA) packRows(frame, plan.panels[0]!.rows, from, to);
      for (const panel of plan.panels) emitStrips(frame, panel, from, to, ends);
    });
  });
};

const emitStrips = (frame: Frame, panel: Panel, from: Index, to: Index, ends: Ends): void => {
  const { code, product, plan } = frame;
  const { format, b, right } = product;
  const width = panel.starts.length * format.lanes;
  const pointer = frame.integer('panel');
  if (panel.count === 1) {
    const column = { offset: panel.first };
    if (plan.packB) packPanels(frame, panel, column, column);
    if (plan.packB) frame.sum(parameter.scratch, [{ offset: plan.bytesA }, 1]);
    else frame.sum(right, [frame.depth, b.row * format.size], [column, format.size]);
    code.set(pointer);
    emitRows(frame, panel, column, from, to, ends);
    return;
  }
  const at = frame.integer('column');
  const column = { local: at, offset: 0 };
  const step = plan.packB ? plan.strip : panel.count;
  frame.blocks('strip', panel.count * width, step * width, (first, last) => {
    if (plan.packB) {
      packPanels(frame, panel, first, last);
      frame.sum(parameter.scratch, [{ offset: plan.bytesA }, 1]);
    } else {
      frame.sum(right, [frame.depth, b.row * format.size]);
    }
    code.set(pointer);
    frame.count(at, first, last, width, () => {
      emitRows(frame, panel, column, from, to, ends);
      const next = plan.packB ? panelStride(panel, plan.kc) : width * format.size;
      code.get(pointer).i32(next).op('i32.add').set(pointer);
    });
  });
};

const emitRows = (
  frame: Frame,
  panel: Panel,
  column: Index,
  from: Index,
  to: Index,
  ends: Ends,
): void => {
  const { code, product } = frame;
  const { m } = product;
  const { rows } = panel;
  const left = m % rows;
  if (from.local === undefined && m < 2 * rows) {
    emitTile(frame, panel, rows, { offset: 0 }, column, ends);
    if (left > 0) emitTile(frame, panel, left, { offset: rows }, column, ends);
    return;
  }
  const row = frame.integer('row');
  const here = { local: row, offset: 0 };
  frame.count(row, from, to, rows, () => emitTile(frame, panel, rows, here, column, ends));
  if (left === 0) return;
  const rest = (): void => emitTile(frame, panel, left, here, column, ends);
  if (to.local === undefined) {
    rest();
    return;
  }
  frame.sum(undefined, [to, 1], [here, -1]);
  code.if(rest);
};

const emitBatch = (writer: ModuleWriter, spec: GemmSpec, one: number): number => {
  const { size } = productOf(spec).format;
  const { count, a, b, c, bias = 0, operands = [] } = spec.batch!;
  const parameters = addresses(spec);
  const strides = parameters.map((_, index) => {
    const known = [a, b, c, bias, 0][index] ?? operands[index - parameter.operands] ?? 0;
    return known * size;
  });
  return writer.function(parameters, [], (code) => {
    if (count === 0) return;
    const left = code.local('i32');
    code.i32(count).set(left);
    code.loop((again) => {
      for (const index of strides.keys()) code.get(index);
      code.call(one);
      for (const [index, stride] of strides.entries()) {
        if (stride !== 0) code.get(index).i32(stride).op('i32.add').set(index);
      }
      code.get(left).i32(1).op('i32.sub').tee(left);
      again(true);
    });
  });
};
