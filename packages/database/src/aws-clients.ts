import { RDSDataClient, type RDSDataClientConfig } from '@aws-sdk/client-rds-data';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';

/** Where the Data API is and how to sign in to it. @default - the process's environment says */
export type DataApiPlace = Pick<RDSDataClientConfig, 'endpoint' | 'region' | 'credentials'>;

/**
 * A client for the Data API that sends each call once: the SDK's own retry would also repeat a write whose answer was lost. The dialect
 * repeats what is safe to repeat.
 */
export function createDataApiClient(place: DataApiPlace = {}): RDSDataClient {
  return new RDSDataClient({ ...place, maxAttempts: 1 });
}

/** A client for Secrets Manager. */
export function createSecretsClient(): SecretsManagerClient {
  return new SecretsManagerClient({});
}
