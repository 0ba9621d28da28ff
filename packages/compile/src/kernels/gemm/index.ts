export { emitGemm, packBytes } from './gemm.ts';
export { type EngineHints, type Probe, type Profile, probeEngine, profileFor } from './profile.ts';
export type { Batch, Epilogue, GemmSpec, Place, Strides } from './spec.ts';
