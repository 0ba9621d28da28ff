export * from '@tikhonov/optim';
