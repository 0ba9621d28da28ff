export * from '@tikhonov/core/random';
