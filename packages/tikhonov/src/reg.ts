export * from '@tikhonov/regularizers';
