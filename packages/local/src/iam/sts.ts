import { AwsError } from '../aws/aws-error.ts';
import type { AwsAnswer, AwsRequest } from '../aws/aws-request.ts';
import { readMembers, toErrorAnswer, toResultAnswer } from '../aws/query-protocol.ts';
import {
  sessionArn,
  type AccessKeys,
  type LocalRole,
  type Principal,
  type SessionCredentials,
} from './access-keys.ts';
import { isAllowed } from './policy-statement.ts';

/** What STS works with. */
export interface StsOptions {
  readonly accountId: string;
  /** The role with this ARN; asked at each request. */
  readonly findRole: (arn: string) => LocalRole | undefined;
  readonly keys: AccessKeys;
}

/** The Security Token Service, as far as it is needed: `AssumeRole` with session tags. */
export interface Sts {
  /** Answers in XML, errors too. */
  handle(request: Pick<AwsRequest, 'headers' | 'text'>): AwsAnswer;
}

const namespace = 'https://sts.amazonaws.com/doc/2011-06-15/';

/** STS for the roles of a stack. It asks the role's trust policy and the caller's own policy, and both must allow. */
export function createSts(options: StsOptions): Sts {
  return {
    handle: ({ headers, text }) => {
      try {
        const form = new URLSearchParams(text);
        const action = form.get('Action') ?? '';
        if (action !== 'AssumeRole')
          throw new AwsError('InvalidAction', `There is no local service for STS ${action}.`);
        const principal = options.keys.getPrincipal(headers);
        return toResultAnswer(
          namespace,
          action,
          assumeRole(options, principal, parseAssumeRole(form)),
        );
      } catch (error) {
        if (!(error instanceof AwsError)) throw error;
        const code = error.name.replace(/^UnrecognizedClientException$/, 'InvalidClientTokenId');
        const status = error.status === 400 ? 403 : error.status;
        return toErrorAnswer(namespace, new AwsError(code, error.message, status));
      }
    },
  };
}

interface AssumeRole {
  readonly roleArn: string;
  readonly sessionName: string;
  readonly durationSeconds: number;
  readonly tags: Readonly<Record<string, string>>;
}

function parseAssumeRole(form: URLSearchParams): AssumeRole {
  const sessionName = form.get('RoleSessionName') ?? '';
  if (!/^[\w+=,.@-]{2,64}$/.test(sessionName))
    throw new AwsError(
      'ValidationError',
      "Value at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]*",
    );
  const durationSeconds = Number(form.get('DurationSeconds') ?? 3600);
  // A role assumed with a role's credentials has an hour at most.
  if (!Number.isInteger(durationSeconds) || durationSeconds < 900 || durationSeconds > 3600)
    throw new AwsError(
      'ValidationError',
      'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining',
    );
  return {
    roleArn: form.get('RoleArn') ?? '',
    sessionName,
    durationSeconds,
    tags: readTags(form),
  };
}

function readTags(form: URLSearchParams): Record<string, string> {
  const tags = readMembers(form, 'Tags').map(({ Key = '', Value = '' }) => [Key, Value]);
  return Object.fromEntries(tags) as Record<string, string>;
}

function assumeRole(
  { accountId, findRole, keys }: StsOptions,
  caller: Principal,
  { roleArn, sessionName, durationSeconds, tags }: AssumeRole,
): object {
  const role = findRole(roleArn);
  const actions = ['sts:AssumeRole', ...(Object.keys(tags).length > 0 ? ['sts:TagSession'] : [])];
  const context = contextOf(tags);
  for (const action of actions) {
    const isTrusted =
      role !== undefined &&
      isAllowed(role.trust, { action, principal: caller.role.arn, context }) &&
      isAllowed(caller.role.statements, { action, resource: roleArn, context });
    if (!isTrusted) throw notAuthorized(caller, action, roleArn);
  }
  if (role === undefined) throw notAuthorized(caller, 'sts:AssumeRole', roleArn);
  const arn = sessionArn({ accountId, role, name: sessionName });
  return toSession(arn, keys.issue({ role, arn, tags }, durationSeconds));
}

function contextOf(tags: Readonly<Record<string, string>>): Record<string, readonly string[]> {
  const requested = Object.entries(tags).map(([key, value]) => [`aws:RequestTag/${key}`, [value]]);
  return {
    'aws:TagKeys': Object.keys(tags),
    ...(Object.fromEntries(requested) as Record<string, readonly string[]>),
  };
}

function notAuthorized({ arn }: Principal, action: string, roleArn: string): AwsError {
  return new AwsError(
    'AccessDenied',
    `User: ${arn} is not authorized to perform: ${action} on resource: ${roleArn}`,
    403,
  );
}

function toSession(arn: string, credentials: SessionCredentials): object {
  const { accessKeyId, secretAccessKey, sessionToken, expiresAt } = credentials;
  return {
    AssumedRoleUser: { Arn: arn, AssumedRoleId: accessKeyId },
    Credentials: {
      AccessKeyId: accessKeyId,
      SecretAccessKey: secretAccessKey,
      SessionToken: sessionToken,
      Expiration: new Date(expiresAt),
    },
  };
}
