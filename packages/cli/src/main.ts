#!/usr/bin/env node
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';

// Half of the start-up time is compiling; the cache lies beside the package, where only its owner can write.
enableCompileCache(join(import.meta.dirname, '../node_modules/.cache/compile'));
const { runCli } = await import('./run-cli.ts');
const { processContext } = await import('./process-context.ts');

process.exitCode = await runCli(process.argv.slice(2), processContext());
