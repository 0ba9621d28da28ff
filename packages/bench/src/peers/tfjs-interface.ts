/** What the benchmarks use of a TensorFlow.js tensor. */
export interface TfTensor {
  readonly rank: number;
  readonly shape: number[];
  dataSync(): Float32Array;
  dispose(): void;
}

/** A tensor that training rebinds. */
export interface TfVariable extends TfTensor {
  readonly name: string;
  assign(value: TfTensor): void;
}

/** Tensors by name. */
export type TfNamed = Record<string, TfTensor>;

/** Its optimizers. */
export interface TfOptimizer {
  minimize(loss: () => TfTensor, returnCost: true): TfTensor;
  applyGradients(grads: TfNamed): void;
}

type Unary = (x: TfTensor) => TfTensor;
type Binary = (a: TfTensor | number, b: TfTensor | number) => TfTensor;
type Pull = (dy: TfTensor, saved: TfTensor[]) => TfTensor[];
type Custom = (...args: [...TfTensor[], (saved: TfTensor[]) => void]) => {
  value: TfTensor;
  gradFunc: Pull;
};

/** What the benchmarks use of TensorFlow.js, typed here because it is installed at first use only. */
export interface TensorFlow {
  readonly version_core: string;
  readonly tanh: Unary;
  readonly relu: Unary;
  readonly exp: Unary;
  readonly neg: Unary;
  readonly square: Unary;
  readonly sqrt: Unary;
  readonly sum: Unary;
  readonly add: Binary;
  readonly sub: Binary;
  readonly mul: Binary;
  readonly div: Binary;
  readonly minimum: Binary;
  readonly maximum: Binary;
  readonly train: {
    adam(lr: number, beta1: number, beta2: number, eps: number): TfOptimizer;
    sgd(lr: number): TfOptimizer;
  };
  readonly losses: {
    meanSquaredError(labels: TfTensor, out: TfTensor): TfTensor;
    softmaxCrossEntropy(labels: TfTensor, logits: TfTensor): TfTensor;
  };
  tensor(data: Float32Array, shape?: readonly number[]): TfTensor;
  variable(value: TfTensor): TfVariable;
  matMul(a: TfTensor, b: TfTensor, transposeA?: boolean, transposeB?: boolean): TfTensor;
  reshape(x: TfTensor, shape: number[]): TfTensor;
  transpose(x: TfTensor, axes?: number[]): TfTensor;
  addN(xs: TfTensor[]): TfTensor;
  dropout(x: TfTensor, rate: number): TfTensor;
  conv2d(x: TfTensor, filter: TfTensor, strides: number, pad: 'valid'): TfTensor;
  conv2dTranspose(
    x: TfTensor,
    filter: TfTensor,
    shape: number[],
    strides: number,
    pad: 'valid',
  ): TfTensor;
  maxPool(x: TfTensor, size: number, strides: number, pad: 'valid'): TfTensor;
  tidy<T>(f: () => T): T;
  dispose(tensors: TfTensor[] | TfNamed): void;
  customGrad(f: Custom): (...args: TfTensor[]) => TfTensor;
  valueAndGrad(f: Unary): (x: TfTensor) => { value: TfTensor; grad: TfTensor };
  valueAndGrads(
    f: (...xs: TfTensor[]) => TfTensor,
  ): (xs: TfTensor[]) => { value: TfTensor; grads: TfTensor[] };
  variableGrads(f: () => TfTensor, variables: TfVariable[]): { value: TfTensor; grads: TfNamed };
  enableProdMode(): void;
  setBackend(name: string): Promise<boolean>;
  ready(): Promise<void>;
}
