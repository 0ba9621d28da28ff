export * from '@tikhonov/nn';
