import { RDSDataClient } from '@aws-sdk/client-rds-data';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';

/**
 * A client for the Data API that sends each call once: the SDK's own retry would also repeat a write whose answer was lost. The dialect
 * repeats what is safe to repeat.
 */
export function createDataApiClient(): RDSDataClient {
  return new RDSDataClient({ maxAttempts: 1 });
}

/** A client for Secrets Manager. */
export function createSecretsClient(): SecretsManagerClient {
  return new SecretsManagerClient({});
}
