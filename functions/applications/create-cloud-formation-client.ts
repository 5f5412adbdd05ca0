import { CloudFormationClient } from '@aws-sdk/client-cloudformation';

/** A client of CloudFormation, patient with its low limits for calls. */
export function createCloudFormationClient(): CloudFormationClient {
  return new CloudFormationClient({ retryMode: 'adaptive', maxAttempts: 5 });
}
