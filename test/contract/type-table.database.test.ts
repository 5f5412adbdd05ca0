import { readFile, writeFile } from 'node:fs/promises';
import { createDataApiClient, DataApiDialect, pgDialect } from '@tenantry/database';
import { openTestDataApi } from '@tenantry/local';
import { Kysely } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openTestPostgres } from '../support/open-test-postgres.ts';
import { openKyselyDataApi } from './kysely-data-api/open-kysely-data-api.ts';
import { replaceTable } from './type-report.ts';
import { typeRows, type TypeRow } from './type-rows.ts';
import {
  createTypeTables,
  isEqual,
  isEquivalent,
  measureRow,
  typeColumns,
  type Measurement,
  type TypeTables,
} from './type-table.ts';

const page = new URL('../../docs/data-api.md', import.meta.url);
const place = { resourceArn: 'arn:aws:rds:test', secretArn: 'arn:admin', database: 'tenantry' };
const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
const right = { insert: 'right', select: 'right', update: 'right', coalesce: 'right' };

const cleanUps: (() => Promise<void>)[] = [];
let dataApi: Measurement;
let pg: Measurement;
let other: Measurement;

beforeAll(async () => {
  const { postgres, close } = await openTestPostgres();
  const { user, password } = postgres.admin;
  const admin = new Kysely<TypeTables>({
    dialect: pgDialect({ ...postgres, database: place.database, user, password }),
  });
  const endpoint = await openTestDataApi({
    postgres,
    readSecret: () => ({ username: user, password }),
  });
  cleanUps.push(
    () => admin.destroy(),
    () => endpoint.close(),
    () => close(),
  );
  await createTypeTables(admin);
  const client = createDataApiClient({ endpoint: endpoint.url, region: 'us-east-1', credentials });
  const driver = { client, ...place };
  const dialect = new DataApiDialect({ mode: 'postgres', driver, columnTypes: typeColumns });
  const old = openKyselyDataApi<TypeTables>({ endpoint: endpoint.url, ...place });
  dataApi = { db: new Kysely({ dialect }), admin, isSame: isEqual };
  pg = { db: admin, admin, isSame: isEqual };
  other = { db: old as unknown as Kysely<TypeTables>, admin, isSame: isEquivalent };
});

afterAll(async () => {
  for (const cleanUp of cleanUps) await cleanUp();
});

async function inZone<Result>(zone: string, work: () => Promise<Result>): Promise<Result> {
  const before = process.env['TZ'];
  process.env['TZ'] = zone;
  try {
    return await work();
  } finally {
    if (before === undefined) delete process.env['TZ'];
    else process.env['TZ'] = before;
  }
}

const cases = typeRows.map((row): [string, TypeRow] => [`${row.type}: ${row.title}`, row]);

describe.each(['UTC', 'America/New_York'])('with the time zone %s', (zone) => {
  test.each(cases)('the Data API dialect loses nothing of %s', async (_, row) => {
    expect(await inZone(zone, () => measureRow(row, dataApi))).toEqual(right);
  });

  test.each(cases)('the pg dialect loses nothing of %s', async (_, row) => {
    expect(await inZone(zone, () => measureRow(row, pg))).toEqual(right);
  });
});

test('the documentation shows what came out', async () => {
  const rows = [];
  for (const row of typeRows) {
    const outcomes = await inZone('America/New_York', async () => [
      await measureRow(row, dataApi),
      await measureRow(row, pg),
      await measureRow(row, other),
    ]);
    rows.push({ row, outcomes });
  }
  const document = await readFile(page, 'utf8');
  const measured = replaceTable(document, rows);
  if (process.env['UPDATE_DOCS'] === '1') await writeFile(page, measured);
  else expect(document).toBe(measured);
});
