#!/usr/bin/env node
// JavaScript, because loading Node's TypeScript support costs as much as all the rest of a start: with the compile cache on, the
// files imported from here come out of it stripped and compiled.
// As a namespace: an old Node refuses a named import of what it does not have before it can say so in words.
import * as nodeModule from 'node:module';
import { join } from 'node:path';

if (!process.features.typescript) {
  process.stderr.write(
    `✕ NODE_TOO_OLD  tenantry needs Node 22.18 or newer; this is ${process.version}.\n` +
      '  do       install Node 24, or run it with npx inside of the project, which brings its own\n',
  );
  process.exit(1);
}
nodeModule.enableCompileCache(join(import.meta.dirname, '../node_modules/.cache/compile'));
await import('../src/main.ts');
