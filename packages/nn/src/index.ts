export { type ForwardContext, Module } from './module.ts';
