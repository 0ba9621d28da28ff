process.stdout.write('tikhonov 0.1.0: no commands yet\n');

export {};
