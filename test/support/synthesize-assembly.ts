import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const context = {
  stage: 'local',
  domain: 'localhost',
  certificateArn: 'arn:aws:acm:us-east-1:000000000000:certificate/local',
};

/** Runs the project's CDK app as for a laptop, with further context; the assembly is in `outDir` then. */
export async function synthesizeAssembly(
  root: string,
  outDir: string,
  more: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  const env = {
    ...process.env,
    CDK_OUTDIR: outDir,
    CDK_CONTEXT_JSON: JSON.stringify({ ...context, ...more }),
    CDK_VALIDATION: 'false',
    // Compiling the CDK library anew takes a third of a synthesis.
    NODE_COMPILE_CACHE: join(tmpdir(), 'node-compile-cache'),
  };
  const app = spawn(process.execPath, ['infra/app.ts'], {
    cwd: root,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [app.stdout, app.stderr])
    stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const status = await new Promise((resolve) => app.once('close', resolve));
  if (status !== 0) throw new Error(`infra/app.ts ended with ${String(status)}:\n${output}`);
}
