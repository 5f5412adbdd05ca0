import { Validations } from 'aws-cdk-lib/core';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import type { roleSecretKeys } from '../../functions/environment.ts';

/** One of the platform's own PostgreSQL roles. */
export type PlatformRole = keyof typeof roleSecretKeys;

/** Properties of `PlatformSecrets`. */
export interface PlatformSecretsProps {
  /** What the secrets' names begin with: `<prefix>/<role>`. */
  readonly prefix: string;
  readonly roles: readonly PlatformRole[];
}

/** One secret with user name and generated password for each of some of the platform's own roles. */
export class PlatformSecrets extends Construct {
  private readonly secrets = new Map<PlatformRole, Secret>();

  constructor(scope: Construct, id: string, props: PlatformSecretsProps) {
    super(scope, id);
    for (const role of props.roles)
      this.secrets.set(role, this.addSecret(role, `${props.prefix}/${role}`));
  }

  /** The ARN of a role's secret. */
  arnOf(role: PlatformRole): string {
    const secret = this.secrets.get(role);
    if (secret === undefined) throw new Error(`no secret for role "${role}"`);
    return secret.secretArn;
  }

  private addSecret(role: PlatformRole, secretName: string): Secret {
    const secret = new Secret(this, role, {
      secretName,
      description: `PostgreSQL role ${role}`,
      generateSecretString: {
        secretStringTemplate: JSON.stringify({ username: role }),
        generateStringKey: 'password',
        passwordLength: 32,
        excludePunctuation: true,
      },
    });
    Validations.of(secret).acknowledge({
      id: 'AwsSolutions-SMG4',
      reason:
        'The password is set in PostgreSQL by the deployment; rotating the secret alone would lock the role out. A new value takes effect with the next deployment.',
    });
    return secret;
  }
}
