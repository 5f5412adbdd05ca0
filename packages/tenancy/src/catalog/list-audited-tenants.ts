import type { TenantStatus } from '../tenant.ts';
import type { CatalogDb } from './catalog-schema.ts';

/** What the catalog says of a tenant that an audit can compare with what is there. */
export interface AuditedTenant {
  readonly id: string;
  readonly slug: string;
  readonly status: TenantStatus;
  readonly isolation: string;
  readonly cluster: string;
  readonly pool: string | null;
  readonly secretArn: string | null;
  readonly hasDomain: boolean;
  /** Whether its database is one that its customer brought along, which is on none of our clusters. */
  readonly isCustomers: boolean;
}

const readAtOnce = 2000;

/** All tenants that the catalog knows, deleted ones too, by id. */
export async function listAuditedTenants(db: CatalogDb): Promise<AuditedTenant[]> {
  const tenants: AuditedTenant[] = [];
  for (;;) {
    const rows = await selectPage(db, tenants.at(-1)?.id ?? '').execute();
    tenants.push(
      ...rows.map(({ cluster_id: cluster, secret_arn: secretArn, ...row }) => ({
        ...row,
        cluster,
        secretArn,
      })),
    );
    if (rows.length < readAtOnce) return tenants;
  }
}

function selectPage(db: CatalogDb, after: string) {
  return db
    .selectFrom('tenants as t')
    .select(['t.id', 't.slug', 't.status', 't.isolation', 't.cluster_id', 't.pool', 't.secret_arn'])
    .select((eb) => [
      eb
        .exists(eb.selectFrom('domains as d').select('d.host').whereRef('d.tenant_id', '=', 't.id'))
        .$castTo<boolean>()
        .as('hasDomain'),
      eb
        .exists(
          eb
            .selectFrom('customer_databases as b')
            .select('b.port')
            .whereRef('b.tenant_id', '=', 't.id'),
        )
        .$castTo<boolean>()
        .as('isCustomers'),
    ])
    .where('t.id', '>', after)
    .orderBy('t.id')
    .limit(readAtOnce);
}
