import type { AuditFinding, FindingCode } from '@tenantry/tenancy';
import { expect } from 'vitest';

/** A wall that somebody tore down. `{name}` in its texts stands for one of the names of the ground it is planted in. */
export interface SeededHole<Place extends string = string> {
  readonly hole: string;
  /** Run as superuser. */
  readonly plant: readonly string[];
  /** Where it is planted. @default - the ground's own choice */
  readonly at?: Place;
  /** The first major version of PostgreSQL that has it. @default - all */
  readonly since?: number;
  readonly code: FindingCode;
  /** What the finding says, object and sentence. */
  readonly says: string;
  /** Takes it back where the finding has no repair that can be run. */
  readonly heal?: readonly string[];
}

/** A server without findings, in which holes are planted. */
export interface HoleGround<Place extends string = string> {
  readonly names: Readonly<Record<string, string>>;
  audit(): Promise<readonly AuditFinding[]>;
  /** Runs the statements in one session as superuser. */
  run(statements: readonly string[], place?: Place): Promise<void>;
  /** Runs what a finding says to run, unless it is for somebody who is not on this ground. */
  repair(finding: AuditFinding): Promise<void>;
}

/** Plants the hole and expects an audit to name it, and to find nothing more once all findings were repaired. */
export async function expectFoundAndHealed<Place extends string>(
  { plant, at, code, says, heal }: SeededHole<Place>,
  ground: HoleGround<Place>,
): Promise<void> {
  const run = async (statements: readonly string[]) => {
    await ground.run(
      statements.map((statement) => fillIn(statement, ground.names)),
      at,
    );
  };
  await run(plant);
  const found = await ground.audit();
  expect(nameFindings(found)).toContain(`${code} ${fillIn(says, ground.names)}`);
  for (const finding of found) await ground.repair(finding);
  if (heal !== undefined) await run(heal);
  expect(nameFindings(await ground.audit())).toEqual([]);
}

/** One line for each finding: code, object, sentence. */
export function nameFindings(findings: readonly AuditFinding[]): string[] {
  return findings.map(({ code, object, what }) => `${code} ${object}: ${what}`);
}

function fillIn(text: string, names: Readonly<Record<string, string>>): string {
  return text.replaceAll(/\{(\w+)\}/g, (all, name: string) => names[name] ?? all);
}
