export * from '@tikhonov/check';
