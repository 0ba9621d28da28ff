export * from '@tikhonov/data';
