export * from '@tikhonov/train';
