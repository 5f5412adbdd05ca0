import { createSecretsClient } from '@tenantry/database';
import { readEnvironment } from '../environment.ts';
import { stepHandler } from './run-step.ts';
import { secretsSteps } from './secrets-steps.ts';

const environment = readEnvironment('stage', 'tenantSecretPrefix', 'dedicatedSecretPrefix');

export const handler = stepHandler(
  secretsSteps({
    client: createSecretsClient(),
    place: {
      prefix: environment.tenantSecretPrefix,
      dedicatedPrefix: environment.dedicatedSecretPrefix,
      stage: environment.stage,
    },
  }),
);
