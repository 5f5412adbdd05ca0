import { randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { AwsError } from '../aws/aws-error.ts';
import type { PolicyStatement } from './policy-statement.ts';

/** A role of the stack, with what its policies say about the services whose rights are checked here. */
export interface LocalRole {
  readonly name: string;
  readonly arn: string;
  /** Who may assume it. */
  readonly trust: readonly PolicyStatement[];
  readonly statements: readonly PolicyStatement[];
}

/** Who sent a request: a role at work, with the tags of its session. */
export interface Principal {
  readonly role: LocalRole;
  /** ARN of the session: `arn:aws:sts::…:assumed-role/<role>/<session>`. */
  readonly arn: string;
  readonly tags: Readonly<Record<string, string>>;
}

/** Credentials as STS gives them out. */
export interface SessionCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

/** Which access key is whose. */
export interface AccessKeys {
  /** The sender of a request. Throws `AwsError` for unknown, forged and expired credentials. */
  getPrincipal(headers: IncomingHttpHeaders): Principal;
  /** New credentials of a session. */
  issue(session: Principal, durationSeconds: number): SessionCredentials;
}

/** What `createAccessKeys` works with. */
export interface AccessKeysOptions {
  readonly accountId: string;
  /** The role of a function by the function's name, which is its access key; asked at each request. */
  readonly findFunctionRole: (functionName: string) => LocalRole | undefined;
}

interface Session extends SessionCredentials {
  readonly principal: Principal;
}

/** Access keys of functions, whose names they are, and of the sessions that are made. */
export function createAccessKeys({ accountId, findFunctionRole }: AccessKeysOptions): AccessKeys {
  const sessions = new Map<string, Session>();
  return {
    getPrincipal: (headers) => {
      const accessKeyId = readAccessKeyId(headers);
      const role = findFunctionRole(accessKeyId);
      if (role !== undefined)
        return { role, arn: sessionArn({ accountId, role, name: accessKeyId }), tags: {} };
      const session = sessions.get(accessKeyId);
      if (session === undefined || headers['x-amz-security-token'] !== session.sessionToken)
        throw unknownToken();
      if (session.expiresAt <= Date.now()) throw expiredToken();
      return session.principal;
    },
    issue: (principal, durationSeconds) => {
      for (const [key, { expiresAt }] of sessions)
        if (expiresAt <= Date.now()) sessions.delete(key);
      const credentials = {
        accessKeyId: `ASIA${randomBytes(8).toString('hex').toUpperCase()}`,
        secretAccessKey: randomBytes(30).toString('base64url'),
        sessionToken: randomBytes(60).toString('base64url'),
        expiresAt: Date.now() + durationSeconds * 1000,
      };
      sessions.set(credentials.accessKeyId, { ...credentials, principal });
      return credentials;
    },
  };
}

/** The ARN of a role's session. */
export function sessionArn(session: {
  readonly accountId: string;
  readonly role: LocalRole;
  readonly name: string;
}): string {
  const { accountId, role, name } = session;
  return `arn:aws:sts::${accountId}:assumed-role/${role.name}/${name}`;
}

/** The access key that a request was signed with; empty when it was not. */
export function readAccessKeyId({ authorization = '' }: IncomingHttpHeaders): string {
  return /Credential=([^/,\s]+)\//.exec(authorization)?.[1] ?? '';
}

function unknownToken(): AwsError {
  return new AwsError(
    'UnrecognizedClientException',
    'The security token included in the request is invalid.',
  );
}

function expiredToken(): AwsError {
  return new AwsError(
    'ExpiredTokenException',
    'The security token included in the request is expired',
  );
}
