export * from '@tikhonov/core/engine';
