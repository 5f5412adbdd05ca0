import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Template } from 'aws-cdk-lib/assertions';
import { synthesizeApplication } from '../../infra/synthesize-application.ts';
import type { TenantApplicationProps } from '../../infra/tenant-application.ts';
import { PlatformTemplate } from './platform-template.ts';
import { standInCode, withoutTemplateCheck } from './synthesize-platform.ts';

/** The template of dedicated tenants' stacks as text, with a stand-in for the function's code; it has passed the policy checks. */
export function synthesizeApplicationText(props: Partial<TenantApplicationProps> = {}): string {
  const outDir = mkdtempSync(join(tmpdir(), 'tenantry-application-'));
  const options = { stage: 'dev', maxCapacity: 8, code: standInCode, ...props, outDir };
  try {
    return withoutTemplateCheck(() => readFileSync(synthesizeApplication(options), 'utf8'));
  } finally {
    rmSync(outDir, { recursive: true, force: true });
  }
}

/** The same with the questions that our tests ask of it. */
export function synthesizeApplicationTemplate(
  props: Partial<TenantApplicationProps> = {},
): PlatformTemplate {
  return new PlatformTemplate(Template.fromString(synthesizeApplicationText(props)));
}
