export * from '@tikhonov/onnx';
