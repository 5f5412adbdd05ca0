import type { AuditFinding, TenantsDatabase } from '@tenantry/tenancy';
import { aboutCatalog, type ListedSecret } from './compare-secrets.ts';

/** The customers' databases that the catalog knew before the secrets were listed, and after. */
export interface KnownDatabases {
  readonly before: readonly TenantsDatabase[];
  readonly after: readonly TenantsDatabase[];
}

/** A password is stored some seconds before the tenant whose database it opens is in the catalog, and a creation may be confirmed slowly. */
const youngMs = 60 * 60_000;

/** Logins at customers' servers that belong to no tenant, and tenants without the logins to their server. */
export function compareCustomerSecrets(
  secrets: readonly ListedSecret[],
  { before, after }: KnownDatabases,
): AuditFinding[] {
  const arns = new Set(secrets.map(({ arn }) => arn));
  const used = new Set([...before, ...after].flatMap(arnsOf));
  const youngest = Date.now() - youngMs;
  const orphans = secrets.filter(
    ({ arn, createdAt }) => !used.has(arn) && (createdAt?.getTime() ?? 0) < youngest,
  );
  const steady = after.filter(({ tenantId, isBegun }) =>
    before.some((earlier) => isBegun && earlier.isBegun && earlier.tenantId === tenantId),
  );
  return [
    ...orphans.map(({ name }): AuditFinding => ({
      ...aboutCatalog('ORPHAN_SECRET', /\/migrator\/([a-z0-9]{16,32})$/.exec(name)?.[1] ?? null),
      object: `secret ${name}`,
      what: "no tenant's database at a customer is opened with it",
      repair: onSecret(`delete-secret --secret-id ${name} --recovery-window-in-days 30`),
    })),
    ...steady.flatMap((database) =>
      arnsOf(database)
        .filter((arn) => !arns.has(arn))
        .map((arn): AuditFinding => ({
          ...aboutCatalog('MISSING_SECRET', database.tenantId),
          object: `secret ${arn}`,
          what: 'it does not exist',
          repair: onSecret(`restore-secret --secret-id ${arn}`),
        })),
    ),
  ];
}

function arnsOf({ adminSecretArn, migratorSecretArn }: TenantsDatabase): string[] {
  return migratorSecretArn === null ? [adminSecretArn] : [adminSecretArn, migratorSecretArn];
}

function onSecret(command: string): AuditFinding['repair'] {
  return { commands: [`aws secretsmanager ${command}`], as: 'operator', isAutomatic: false };
}
