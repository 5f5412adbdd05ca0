import { scramVerifier } from '@tenantry/database';
import type { CompiledMigration } from '@tenantry/migrations';
import type { Workload } from './workload.ts';

/** What a tenant is made of besides its tables: nothing but a schema, or the roles and grants that Tenantry gives it. */
export type Walls = 'none' | 'roles';

/** The bare SQL of the workload, a message for each tenant: what a fan-out costs at least. */
export interface PlainSql {
  readonly createTenant: (schema: string) => readonly string[];
  readonly applyOneMore: (schema: string) => readonly string[];
  /** Statements that a session begins with. */
  readonly prelude: readonly string[];
}

/** Writes the workload's SQL by hand, with or without roles. */
export async function writePlainSql({ ten, oneMore }: Workload, walls: Walls): Promise<PlainSql> {
  const verifier = await scramVerifier('a password that nobody uses');
  const create = walls === 'roles' ? createWithRoles(verifier) : createSchema;
  const enter = (schema: string) => [
    ...(walls === 'roles' ? [`set local role "o${schema.slice(1)}"`] : []),
    `set local search_path = "${schema}"`,
  ];
  return {
    prelude: walls === 'roles' ? [`set createrole_self_grant = 'set, inherit'`] : [],
    createTenant: (schema) => [
      'begin',
      ...create(schema),
      ...enter(schema),
      ledger,
      ...ten.flatMap(statementsOf),
      'commit',
    ],
    applyOneMore: (schema) => ['begin', ...enter(schema), ...statementsOf(oneMore), 'commit'],
  };
}

const ledger =
  'create table ledger (id text primary key, checksum text not null, applied_at timestamptz not null default now())';

function statementsOf({ id, checksum, up }: CompiledMigration): string[] {
  return [
    ...up.map(({ sql }) => sql),
    'set constraints all immediate',
    `insert into ledger (id, checksum) values ('${id}', '${checksum}')`,
  ];
}

const createSchema = (schema: string) => [`create schema "${schema}"`];

function createWithRoles(verifier: string) {
  return (schema: string): string[] => {
    const owner = `o${schema.slice(1)}`;
    const inSchema = `alter default privileges for role "${owner}" in schema "${schema}"`;
    return [
      `create role "${owner}" nologin`,
      `create role "${schema}" login connection limit 10 password '${verifier}'`,
      `grant app_tenants to "${schema}"`,
      `grant "${owner}" to platform_migrator with inherit false, set true`,
      `create schema "${schema}" authorization "${owner}"`,
      `revoke all on schema "${schema}" from public`,
      `grant usage on schema "${schema}" to "${schema}"`,
      `${inSchema} grant select, insert, update, delete on tables to "${schema}"`,
      `${inSchema} grant usage on sequences to "${schema}"`,
      `alter default privileges for role "${owner}" revoke execute on functions from public`,
      `${inSchema} grant execute on functions to "${schema}"`,
      `alter role "${schema}" set search_path = "${schema}", shared`,
      `alter role "${schema}" set statement_timeout = '30s'`,
      `alter role "${schema}" set idle_in_transaction_session_timeout = '60s'`,
    ];
  };
}
