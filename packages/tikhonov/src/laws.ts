export * from '@tikhonov/regularizers/laws';
