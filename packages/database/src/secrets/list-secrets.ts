import { ListSecretsCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { ListedSecret } from '../audit/compare-secrets.ts';

/** All secrets whose names begin with `prefix`, but those that wait for their deletion. Their values are not read. */
export async function listSecrets(
  client: SecretsManagerClient,
  prefix: string,
): Promise<ListedSecret[]> {
  const secrets: ListedSecret[] = [];
  let token: string | undefined;
  do {
    const { SecretList = [], NextToken } = await client.send(
      new ListSecretsCommand({
        Filters: [{ Key: 'name', Values: [prefix] }],
        MaxResults: 100,
        ...(token === undefined ? {} : { NextToken: token }),
      }),
    );
    for (const { Name: name = '', ARN: arn = '', CreatedDate: createdAt } of SecretList) {
      // The filter also finds words in the middle of a name.
      if (name.startsWith(prefix)) secrets.push({ name, arn, createdAt });
    }
    token = NextToken;
  } while (token !== undefined);
  return secrets;
}
