import type { AuditAnswer, CustomerTrace } from '@tenantry/database';
import { findingCodes, type AuditFinding, type FindingCode } from '@tenantry/tenancy';
import * as z from 'zod';

const codes = Object.keys(findingCodes) as [FindingCode, ...FindingCode[]];
const id = z.string().regex(/^[a-z0-9]{16,32}$/);
/** More than one check answers of all tenants of a cluster. */
const mostFindings = 5000;

const finding = z.object({
  code: z.enum(codes),
  object: z.string(),
  what: z.string(),
  repair: z
    .object({
      commands: z.array(z.string()),
      as: z.enum(['customer_login', 'administrator']),
      isAutomatic: z.boolean(),
    })
    .nullable(),
});

const traces = z.array(
  z.object({
    id,
    roles: z.array(z.string().regex(/^[tom]_[a-z0-9]{16,32}$/)),
    hasSchema: z.boolean(),
    databases: z.array(z.string()),
    canLogIn: z.boolean(),
    mayUseSchema: z.boolean(),
    canMigrate: z.boolean(),
  }),
);

/**
 * What somebody else's server answered to an audit, as far as it can be an answer: what steers a terminal is shown as `?`, and is in no
 * command. Throws `ZodError` for anything else.
 */
export function parseFindings({ findings, more }: AuditAnswer): AuditAnswer {
  z.array(finding).max(mostFindings).parse(findings);
  return { findings: findings.map(toPrintable), more: z.number().parse(more) };
}

/** The traces of tenants on somebody else's server; throws `ZodError` where they cannot be any. */
export function parseTraces(answered: readonly CustomerTrace[]): readonly CustomerTrace[] {
  return traces.parse(answered);
}

const unprintable = /\p{C}/u;
const unprintables = /\p{C}/gu;

/** A finding whose text can be shown as it is. */
export function toPrintable(found: AuditFinding): AuditFinding {
  const { object, what, repair } = found;
  const isPlain = repair?.commands.every((command) => !unprintable.test(command)) ?? true;
  return {
    ...found,
    object: object.replaceAll(unprintables, '?'),
    what: what.replaceAll(unprintables, '?'),
    repair: isPlain ? repair : null,
  };
}
