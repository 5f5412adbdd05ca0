import { RDSDataClient, type RDSDataClientConfig } from '@aws-sdk/client-rds-data';
import {
  SecretsManagerClient,
  type SecretsManagerClientConfig,
} from '@aws-sdk/client-secrets-manager';

/** Where AWS' services are and how to sign in to them. @default - the process's environment says */
export type AwsPlace = Pick<RDSDataClientConfig, 'endpoint' | 'region' | 'credentials'>;

/**
 * A client for the Data API that sends each call once: the SDK's own retry would also repeat a write whose answer was lost. The dialect
 * repeats what is safe to repeat.
 */
export function createDataApiClient(place: AwsPlace = {}): RDSDataClient {
  return new RDSDataClient({ ...place, maxAttempts: 1 });
}

/** How patient a client for Secrets Manager is. @default - the SDK's: three attempts */
export type SecretsPatience = Pick<SecretsManagerClientConfig, 'maxAttempts' | 'retryMode'>;

/** A client for Secrets Manager. */
export function createSecretsClient(
  options: AwsPlace & SecretsPatience = {},
): SecretsManagerClient {
  return new SecretsManagerClient({ ...options });
}
