import { RDSData } from '@aws-sdk/client-rds-data';
import { Kysely } from 'kysely';
import { DataApiDialect } from 'kysely-data-api';

/** Where `kysely-data-api` sends its statements. */
export interface KyselyDataApiTarget {
  readonly endpoint: string;
  readonly resourceArn: string;
  readonly secretArn: string;
  readonly database: string;
}

/** Opens `kysely-data-api` with the Kysely that it accepts. */
export function openKyselyDataApi<Tables>({
  endpoint,
  ...where
}: KyselyDataApiTarget): Kysely<Tables> {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const client = new RDSData({ endpoint, region: 'us-east-1', credentials, maxAttempts: 1 });
  return new Kysely<Tables>({
    dialect: new DataApiDialect({ mode: 'postgres', driver: { client, ...where } }),
  });
}
