import type { PostgresServer } from '@tenantry/tenancy';
import type { ClientConfig } from 'pg';

/** How `pg` encrypts a connection to a server, and whose certificate it believes. */
export function tlsOptionsOf({ tls, tlsCa }: Pick<PostgresServer, 'tls' | 'tlsCa'>): {
  readonly ssl: NonNullable<ClientConfig['ssl']>;
} {
  if (tls === 'off') return { ssl: false };
  return { ssl: { rejectUnauthorized: true, ...(tlsCa === undefined ? {} : { ca: tlsCa }) } };
}
