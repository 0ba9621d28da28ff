import type { Module } from '@tikhonov/nn';

/** A class of layers: what `new` makes layers with. */
export type LayerClass<Layer extends Module = Module> = abstract new (...args: never) => Layer;
