import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { LocalError } from '../errors.ts';
import { writeFileAtomicallySync } from '../secrets/write-file-atomically.ts';
import type { LocalMachine } from './machine-definition.ts';

const validation = fileURLToPath(new URL('./asl-validation.mjs', import.meta.url));

/**
 * Makes sure that all definitions are valid Amazon States Language. What was found valid is noted in `noteFile` and not looked at again:
 * one definition takes a third of a second. Throws `LocalError` that names the machines and their errors.
 */
export function validateMachines(machines: readonly LocalMachine[], noteFile: string): void {
  const noted = readNotes(noteFile);
  const unknown = machines.filter((machine) => !noted.has(digest(machine)));
  if (unknown.length === 0) return;
  const errors = runValidation(unknown.map((machine) => machine.definition));
  const invalid = unknown.flatMap(({ name }, index) =>
    errors[index] === '' ? [] : [`state machine ${name} is not valid: ${errors[index]}`],
  );
  if (invalid.length > 0) {
    throw new LocalError('LOCAL_MACHINE_UNSUPPORTED', invalid.join('\n'), {
      next: 'correct the definition in infra/, then synthesize again: npx cdk synth',
    });
  }
  writeFileAtomicallySync(noteFile, machines.map(digest).join('\n'));
}

function runValidation(definitions: readonly object[]): readonly string[] {
  const { status, stdout, stderr, error } = spawnSync(process.execPath, [validation], {
    input: JSON.stringify(definitions),
    encoding: 'utf8',
    maxBuffer: 16_000_000,
  });
  if (error !== undefined || status !== 0) {
    throw new LocalError(
      'LOCAL_MACHINE_UNSUPPORTED',
      `The validator of state machines failed: ${stderr}`,
      {
        next: 'npm ci',
        cause: error,
      },
    );
  }
  return JSON.parse(stdout) as readonly string[];
}

function readNotes(noteFile: string): ReadonlySet<string> {
  return new Set(existsSync(noteFile) ? readFileSync(noteFile, 'utf8').split('\n') : []);
}

function digest({ definition }: LocalMachine): string {
  return createHash('sha256').update(JSON.stringify(definition)).digest('hex');
}
