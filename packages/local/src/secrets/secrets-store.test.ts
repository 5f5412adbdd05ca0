import { statSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetRandomPasswordCommand,
  GetSecretValueCommand,
  ListSecretsCommand,
  PutSecretValueCommand,
  RestoreSecretCommand,
  SecretsManagerClient,
  TagResourceCommand,
  UpdateSecretCommand,
} from '@aws-sdk/client-secrets-manager';
import * as fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startTestEndpoint } from '../aws/test-endpoint.ts';
import type { TestEndpoint } from '../aws/test-endpoint.ts';
import { createRandomPassword } from './random-password.ts';
import { openSecretsStore } from './secrets-store.ts';

let endpoint: TestEndpoint;
let client: SecretsManagerClient;

beforeEach(async () => {
  endpoint = await startTestEndpoint();
  client = new SecretsManagerClient(endpoint.clientOptions);
});

afterEach(async () => {
  client.destroy();
  await endpoint.close();
});

const token = 'a'.repeat(32);

test('a secret is found by its name, its ARN and its ARN without the suffix', async () => {
  const Name = 'tenantry/dev/tenant/abc';
  const { ARN = '' } = await client.send(new CreateSecretCommand({ Name, SecretString: 'one' }));
  expect(ARN).toMatch(
    /^arn:aws:secretsmanager:us-east-1:000000000000:secret:tenantry\/dev\/tenant\/abc-[A-Za-z0-9]{6}$/,
  );
  for (const SecretId of [Name, ARN, ARN.slice(0, -7)]) {
    const { SecretString, CreatedDate } = await client.send(
      new GetSecretValueCommand({ SecretId }),
    );
    expect(SecretString).toBe('one');
    expect(CreatedDate).toBeInstanceOf(Date);
  }
  await expect(
    client.send(new GetSecretValueCommand({ SecretId: `${ARN.slice(0, -6)}zzzzzz` })),
  ).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
});

test('bytes come back as they were stored', async () => {
  const SecretBinary = new Uint8Array([0, 1, 254, 255]);
  await client.send(new CreateSecretCommand({ Name: 'bytes', SecretBinary }));
  const answer = await client.send(new GetSecretValueCommand({ SecretId: 'bytes' }));
  expect([...(answer.SecretBinary ?? [])]).toEqual([0, 1, 254, 255]);
});

test('a repeated create with the same token and value gets the first answer', async () => {
  const create = new CreateSecretCommand({
    Name: 'x',
    SecretString: '1',
    ClientRequestToken: token,
  });
  const first = await client.send(create);
  const second = await client.send(create);
  expect(second.ARN).toBe(first.ARN);
  expect(second.VersionId).toBe(token);
});

test('a create of a taken name, or of a taken token with another value, is refused', async () => {
  await client.send(
    new CreateSecretCommand({ Name: 'x', SecretString: '1', ClientRequestToken: token }),
  );
  const taken = { name: 'ResourceExistsException' };
  await expect(
    client.send(new CreateSecretCommand({ Name: 'x', SecretString: '1' })),
  ).rejects.toMatchObject(taken);
  await expect(
    client.send(
      new CreateSecretCommand({ Name: 'x', SecretString: '2', ClientRequestToken: token }),
    ),
  ).rejects.toMatchObject(taken);
});

test('a name scheduled for deletion cannot be read or made again until it is restored', async () => {
  await client.send(new CreateSecretCommand({ Name: 'x', SecretString: '1' }));
  const { DeletionDate } = await client.send(
    new DeleteSecretCommand({ SecretId: 'x', RecoveryWindowInDays: 7 }),
  );
  expect(DeletionDate?.getTime()).toBeGreaterThan(Date.now() + 6 * 24 * 3600 * 1000);
  const refused = { name: 'InvalidRequestException' };
  await expect(client.send(new GetSecretValueCommand({ SecretId: 'x' }))).rejects.toMatchObject(
    refused,
  );
  await expect(
    client.send(new PutSecretValueCommand({ SecretId: 'x', SecretString: '2' })),
  ).rejects.toMatchObject(refused);
  await expect(
    client.send(new CreateSecretCommand({ Name: 'x', SecretString: '2' })),
  ).rejects.toMatchObject(refused);
  await expect(client.send(new DeleteSecretCommand({ SecretId: 'x' }))).rejects.toMatchObject(
    refused,
  );
  expect(endpoint.secrets.read('x')).toBeUndefined();
  expect(
    (await client.send(new DescribeSecretCommand({ SecretId: 'x' }))).DeletedDate,
  ).toBeInstanceOf(Date);
  await client.send(new RestoreSecretCommand({ SecretId: 'x' }));
  expect((await client.send(new GetSecretValueCommand({ SecretId: 'x' }))).SecretString).toBe('1');
});

test('a forced deletion frees the name at once and bears being repeated', async () => {
  const first = await client.send(new CreateSecretCommand({ Name: 'x', SecretString: '1' }));
  const force = new DeleteSecretCommand({ SecretId: 'x', ForceDeleteWithoutRecovery: true });
  await client.send(force);
  await client.send(force);
  const second = await client.send(new CreateSecretCommand({ Name: 'x', SecretString: '2' }));
  expect(second.ARN).not.toBe(first.ARN);
  await expect(
    client.send(new GetSecretValueCommand({ SecretId: first.ARN })),
  ).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
  });
});

test('a deletion takes a window or force, not both, and a window of 7 to 30 days', async () => {
  await client.send(new CreateSecretCommand({ Name: 'x', SecretString: '1' }));
  const refused = { name: 'InvalidParameterException' };
  for (const input of [
    { RecoveryWindowInDays: 6 },
    { RecoveryWindowInDays: 31 },
    { RecoveryWindowInDays: 7, ForceDeleteWithoutRecovery: true },
  ]) {
    await expect(
      client.send(new DeleteSecretCommand({ SecretId: 'x', ...input })),
    ).rejects.toMatchObject(refused);
  }
});

test('a new value becomes current and the one before previous', async () => {
  const { VersionId: one } = await client.send(
    new CreateSecretCommand({ Name: 'x', SecretString: '1' }),
  );
  const { VersionId: two } = await client.send(
    new PutSecretValueCommand({ SecretId: 'x', SecretString: '2' }),
  );
  const { VersionId: three } = await client.send(
    new UpdateSecretCommand({ SecretId: 'x', SecretString: '3' }),
  );
  const read = async (stage: string): Promise<string | undefined> =>
    (await client.send(new GetSecretValueCommand({ SecretId: 'x', VersionStage: stage })))
      .SecretString;
  expect([await read('AWSCURRENT'), await read('AWSPREVIOUS')]).toEqual(['3', '2']);
  expect(
    (await client.send(new GetSecretValueCommand({ SecretId: 'x', VersionId: two }))).SecretString,
  ).toBe('2');
  const { VersionIdsToStages } = await client.send(new DescribeSecretCommand({ SecretId: 'x' }));
  expect(VersionIdsToStages).toEqual({
    [String(two)]: ['AWSPREVIOUS'],
    [String(three)]: ['AWSCURRENT'],
  });
  expect(VersionIdsToStages).not.toHaveProperty(String(one));
});

test('a list shows what the filters and the page ask for', async () => {
  for (const Name of ['t/b', 't/a', 'p/c', 't/d']) {
    await client.send(new CreateSecretCommand({ Name, SecretString: '1' }));
  }
  await client.send(new DeleteSecretCommand({ SecretId: 't/d' }));
  await client.send(
    new TagResourceCommand({ SecretId: 't/a', Tags: [{ Key: 'tenant', Value: 'a' }] }),
  );
  const list = async (input: object): Promise<(string | undefined)[]> =>
    ((await client.send(new ListSecretsCommand(input))).SecretList ?? []).map(
      (secret) => secret.Name,
    );
  expect(await list({ Filters: [{ Key: 'name', Values: ['t/'] }] })).toEqual(['t/a', 't/b']);
  expect(await list({ Filters: [{ Key: 'tag-key', Values: ['tenant'] }] })).toEqual(['t/a']);
  expect(await list({ IncludePlannedDeletion: true })).toHaveLength(4);
  const { NextToken } = await client.send(new ListSecretsCommand({ MaxResults: 2 }));
  expect(await list({ MaxResults: 2, NextToken })).toEqual(['t/b']);
});

test('fifty creates at the same moment are all on disk, in a file only its owner reads', async () => {
  const names = Array.from({ length: 50 }, (_, number) => `t/${number}`);
  await Promise.all(
    names.map((Name) => client.send(new CreateSecretCommand({ Name, SecretString: Name }))),
  );
  const file = join(endpoint.dir, 'secrets.json');
  const reopened = openSecretsStore(file);
  expect(names.map((name) => reopened.read(name)?.secretString)).toEqual(names);
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test('the runtime gets the same secret each time, and a changed value as its new version', () => {
  const { secrets } = endpoint;
  const options = {
    name: 'p/admin',
    generate: { username: 'admin', passwordLength: 20, excludePunctuation: true },
  };
  const arn = secrets.ensureSecret(options);
  const before = secrets.read(arn);
  expect(JSON.parse(before?.secretString ?? '')).toEqual({
    username: 'admin',
    password: expect.stringMatching(/^[A-Za-z0-9]{20}$/),
  });
  expect(secrets.ensureSecret(options)).toBe(arn);
  expect(secrets.read('p/admin')).toEqual(before);
  expect(secrets.ensureSecret({ name: 'p/admin', value: 'new' })).toBe(arn);
  expect(secrets.read(arn)).toMatchObject({ secretString: 'new' });
  expect(secrets.read(arn)?.versionId).not.toBe(before?.versionId);
  expect(openSecretsStore(join(endpoint.dir, 'secrets.json')).read(arn)).toMatchObject({
    secretString: 'new',
  });
});

test('a made-up value has the fields of its template', () => {
  const arn = endpoint.secrets.ensureSecret({
    name: 'm',
    generate: {
      template: '{"username":"master"}',
      key: 'pass',
      passwordLength: 12,
      excludeCharacters: '"@/\\',
    },
  });
  const value = JSON.parse(endpoint.secrets.read(arn)?.secretString ?? '') as Record<
    string,
    string
  >;
  expect(Object.keys(value)).toEqual(['username', 'pass']);
  expect(value['pass']).toHaveLength(12);
});

test('an operation that is not there is named', async () => {
  await expect(endpoint.secrets.handle('RotateSecret', {})).rejects.toMatchObject({
    name: 'UnknownOperationException',
    message: expect.stringContaining('RotateSecret'),
  });
});

test('a damaged store is refused without quoting it', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'tenantry-secrets-'));
  const file = join(dir, 'secrets.json');
  await writeFile(file, '{"v":1,"secrets":[{"name":"x","password":"hunter2"');
  const failure = (() => {
    try {
      return openSecretsStore(file);
    } catch (error) {
      return error;
    }
  })();
  expect(failure).toMatchObject({
    code: 'LOCAL_DATA_UNREADABLE',
    message: expect.stringContaining(file),
  });
  expect(JSON.stringify(failure) + String((failure as Error).cause)).not.toContain('hunter2');
  await rm(dir, { recursive: true });
});

test('random passwords keep to their length, exclusions and kinds', async () => {
  const { RandomPassword = '' } = await client.send(
    new GetRandomPasswordCommand({
      PasswordLength: 40,
      ExcludeCharacters: '"@/\\',
      ExcludePunctuation: true,
    }),
  );
  expect(RandomPassword).toMatch(/^[A-Za-z0-9]{40}$/);
  const kinds = [/[a-z]/, /[A-Z]/, /[0-9]/, /[^A-Za-z0-9 ]/];
  fc.assert(
    fc.property(
      fc.integer({ min: 4, max: 200 }),
      fc.string(),
      (passwordLength, excludeCharacters) => {
        const password = createRandomPassword({ passwordLength, excludeCharacters });
        expect(password).toHaveLength(passwordLength);
        expect(
          Array.from(password).filter((character) => excludeCharacters.includes(character)),
        ).toEqual([]);
        expect(kinds.every((kind) => kind.test(password))).toBe(true);
      },
    ),
    { examples: [[4, '']] },
  );
});

test('a password that cannot be made is refused', async () => {
  for (const input of [
    { PasswordLength: 2 },
    { PasswordLength: 4097 },
    {
      ExcludeLowercase: true,
      ExcludeUppercase: true,
      ExcludeNumbers: true,
      ExcludePunctuation: true,
    },
  ]) {
    await expect(client.send(new GetRandomPasswordCommand(input))).rejects.toMatchObject({
      name: 'InvalidParameterException',
    });
  }
});

test('the file holds the new content or the old, never a draft', async () => {
  await client.send(new CreateSecretCommand({ Name: 'x', SecretString: '1' }));
  await expect(readFile(join(endpoint.dir, 'secrets.json.draft'))).rejects.toMatchObject({
    code: 'ENOENT',
  });
});
