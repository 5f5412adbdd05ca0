import { parseCustomerDatabase } from './customer-database.ts';
import { parseClusterName } from './cluster-name.ts';
import { TenantInputError } from './errors.ts';
import { parseHost } from './host.ts';
import { parseIsolation, type Isolation } from './isolation.ts';
import type { CreateTenantRequest } from './lifecycle.ts';
import { defaultPool, parsePoolName } from './pool.ts';
import { printable } from './printable.ts';
import type { TenantFields } from './tenant.ts';
import { parseTenantSlug } from './tenant-slug.ts';

const maxNameLength = 200;
const maxFieldsBytes = 16 * 1024;

/** What may be left out of a request, and what stands in for it. */
export interface CreateTenantDefaults {
  /** The tenant's first host is `<slug>.<baseDomain>` when none is asked for. */
  readonly baseDomain: string;
}

/**
 * A complete, valid request out of what somebody sent. Throws `TenantInputError` or `IsolationUnknownError` for the first value that
 * does not fit.
 */
export function parseCreateTenantRequest(
  input: Readonly<Record<string, unknown>>,
  defaults: CreateTenantDefaults,
): CreateTenantRequest {
  const slug = parseTenantSlug(input['slug']);
  const isolation = parseIsolation(input['isolation'] ?? 'schema');
  return {
    slug,
    name: parseName(input['name'] ?? slug),
    isolation,
    ...parsePool(isolation, input['pool']),
    ...parseDatabase(isolation, input),
    domain: parseDomain(isolation, input['domain'] ?? `${slug}.${defaults.baseDomain}`, defaults),
    fields: parseFields(input['fields'] ?? {}),
    ...parseCluster(isolation, input['cluster']),
    migrate: parseMigrate(input['migrate'] ?? true),
    actor: parseActor(input['actor']),
  };
}

function parseName(value: unknown): string {
  const isText = typeof value === 'string' && value.trim() !== '' && value.length <= maxNameLength;
  if (!isText || /\p{Cc}/u.test(value)) {
    throw new TenantInputError(
      'name',
      `must be text of 1 to ${maxNameLength} characters without control characters`,
    );
  }
  return value.trim();
}

function parsePool(isolation: Isolation, value: unknown): Pick<CreateTenantRequest, 'pool'> {
  if (isolation === 'table') return { pool: parsePoolName(value ?? defaultPool) };
  if (value === undefined) return {};
  throw new TenantInputError(
    'pool',
    `only tenants of isolation table share a pool; this one has isolation ${isolation}`,
    'tenantry tenant create SLUG --isolation table --pool POOL',
  );
}

function parseDatabase(
  isolation: Isolation,
  input: Readonly<Record<string, unknown>>,
): Pick<CreateTenantRequest, 'database'> {
  const { database, cluster } = input;
  if (database === undefined) return {};
  if (cluster !== undefined) {
    throw new TenantInputError('cluster', "a customer's database is on the customer's own server");
  }
  if (isolation === 'database') return { database: parseCustomerDatabase(database) };
  throw new TenantInputError(
    'database',
    `only tenants of isolation database have one; this one has isolation ${isolation}`,
    'tenantry tenant create SLUG --isolation database --db-host HOST',
  );
}

function parseCluster(isolation: Isolation, value: unknown): Pick<CreateTenantRequest, 'cluster'> {
  if (value === undefined) return {};
  if (isolation === 'cache') {
    throw new TenantInputError(
      'cluster',
      'a tenant of isolation cache has no tables on any cluster',
    );
  }
  if (isolation !== 'dedicated') return { cluster: parseClusterName(value) };
  throw new TenantInputError(
    'cluster',
    'a tenant of isolation dedicated gets a cluster of its own',
    'tenantry tenant create SLUG --isolation dedicated',
  );
}

// A dedicated tenant's host is served by name, with the platform's certificate.
function parseDomain(
  isolation: Isolation,
  value: unknown,
  { baseDomain }: CreateTenantDefaults,
): string {
  const host = parseHost(value);
  if (isolation !== 'dedicated' || host.replace(/^[^.]+\./, '') === baseDomain) return host;
  throw new TenantInputError(
    'domain',
    `a dedicated tenant's host is one label below ${baseDomain}, for which there is a certificate`,
    `tenantry tenant create SLUG --isolation dedicated --domain LABEL.${baseDomain}`,
  );
}

function parseFields(value: unknown): TenantFields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new TenantInputError('fields', 'must be an object of text, numbers and booleans');
  }
  for (const [key, field] of Object.entries(value)) {
    if (!/^[a-z][A-Za-z0-9_]{0,62}$/.test(key)) {
      throw new TenantInputError(
        `fields.${printable(key)}`,
        'a field name is a letter a-z, then letters, digits or _',
      );
    }
    if (!['string', 'number', 'boolean'].includes(typeof field)) {
      throw new TenantInputError(`fields.${key}`, 'must be text, a number or a boolean');
    }
    if (typeof field === 'string' && field.includes('\0')) {
      throw new TenantInputError(`fields.${key}`, 'must not hold the character NUL');
    }
  }
  if (JSON.stringify(value).length > maxFieldsBytes) {
    throw new TenantInputError('fields', `must not be larger than ${maxFieldsBytes} bytes as JSON`);
  }
  return value as TenantFields;
}

function parseMigrate(value: unknown): boolean {
  if (typeof value !== 'boolean') throw new TenantInputError('migrate', 'must be true or false');
  return value;
}

function parseActor(value: unknown): string {
  const isText = typeof value === 'string' && value !== '' && value.length <= 200;
  if (!isText || /\p{Cc}/u.test(value)) {
    throw new TenantInputError('actor', 'must name who asks, in 1 to 200 characters');
  }
  return value;
}
