import type { DataApi } from '../data-api/data-api.ts';
import type { ClusterRouter } from '../data-api/route-clusters.ts';
import type { DynamoDb } from '../dynamo-db/dynamo-db.ts';
import type { LambdaHost } from '../lambda/lambda-host.ts';
import type { RunningPostgres } from '../postgres/start-postgres.ts';
import type { RunningStacks } from '../running-stacks.ts';
import type { SecretsStore } from '../secrets/secrets-store.ts';
import type { KeptCode } from './keep-code.ts';
import type { StackServers } from './stack-servers.ts';
import type { StackStore } from './stack-store.ts';

/** Where stacks seem to live. */
export interface StackPlace {
  readonly region: string;
  readonly accountId: string;
}

/** The services in which a stack's resources come to be. */
export interface StackGround {
  readonly place: StackPlace;
  readonly store: StackStore;
  readonly code: KeptCode;
  readonly servers: StackServers;
  readonly stacks: RunningStacks;
  readonly secrets: Pick<SecretsStore, 'handle' | 'has' | 'ensureSecret'>;
  readonly lambda: Pick<LambdaHost, 'deploy' | 'remove'>;
  readonly dynamoDb: Pick<DynamoDb, 'add' | 'remove'>;
  readonly dataApi: Pick<ClusterRouter, 'add' | 'remove'>;
  /** The Data API of a server. */
  readonly openDataApi: (postgres: RunningPostgres) => DataApi;
}
