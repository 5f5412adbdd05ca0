import type { StackSecret } from '../assembly/local-stack.ts';
import type { RunningPostgres } from '../postgres/start-postgres.ts';
import { ResourceFailure } from './resource-failure.ts';
import type { StackGround } from './stack-ground.ts';
import type { StackRecord } from './stack-record.ts';

/** The secrets of a stack, in one pass over its resources. */
export interface StackSecrets {
  /** Names of those that were made or found. */
  readonly used: ReadonlySet<string>;
  /** An ARN as the secret will have it. Throws `ResourceFailure` when the name is another one's. */
  check(secret: StackSecret): string;
  /** The secret's ARN; made when it does not exist. A master user's holds the login that its server has. */
  ensure(secret: StackSecret, servers: ReadonlyMap<string, RunningPostgres>): string;
}

/** The secrets of this stack. Each name is written down before its secret is made, so that after a kill it is known whose it is. */
export function createStackSecrets(
  record: StackRecord,
  { place, store, secrets }: Pick<StackGround, 'place' | 'store' | 'secrets'>,
): StackSecrets {
  const used = new Set<string>();
  const check = ({ name, logicalId }: StackSecret): string => {
    if (!record.secrets.includes(name) && secrets.has(name))
      throw new ResourceFailure(logicalId, `secret ${name} already exists`);
    return `arn:aws:secretsmanager:${place.region}:${place.accountId}:secret:${name}-000000`;
  };
  const claim = (secret: StackSecret) => {
    check(secret);
    used.add(secret.name);
    if (record.secrets.includes(secret.name)) return;
    record.secrets = [...record.secrets, secret.name];
    store.save(record);
  };
  return {
    used,
    check,
    ensure: (secret, servers) => {
      claim(secret);
      const { name, masterOf, generation } = secret;
      const admin = masterOf === undefined ? undefined : servers.get(masterOf)?.admin;
      if (admin === undefined)
        return secrets.ensureSecret({ name, ...(generation && { generate: generation }) });
      const value = JSON.stringify({ username: admin.user, password: admin.password });
      return secrets.ensureSecret({ name, value });
    },
  };
}
