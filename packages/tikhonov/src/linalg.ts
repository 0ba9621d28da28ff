export * from '@tikhonov/core/linalg';
