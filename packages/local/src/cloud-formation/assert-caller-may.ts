import type { IncomingHttpHeaders } from 'node:http';
import { AwsError } from '../aws/aws-error.ts';
import { readAccessKeyId, type AccessKeys, type Principal } from '../iam/access-keys.ts';
import { isAllowed, type AccessRequest } from '../iam/policy-statement.ts';

/** Who may call CloudFormation. */
export interface StackRights {
  readonly keys: Pick<AccessKeys, 'getPrincipal'>;
  /** The access key of the operator, who may do everything with stacks. */
  readonly operatorKeyId: string;
}

/** A request, and the stack that it is about. */
export interface StackAccess {
  readonly headers: IncomingHttpHeaders;
  readonly action: string;
  readonly form: URLSearchParams;
  /** ARN of the stack; `*` for all. */
  readonly resource: string;
}

/** Throws `AccessDenied` unless the template lets the caller do this with the stack, and hand over the role that it names. */
export function assertCallerMay(access: StackAccess, { keys, operatorKeyId }: StackRights): void {
  const { headers, action, form, resource } = access;
  if (readAccessKeyId(headers) === operatorKeyId) return;
  const principal = getPrincipal(headers, keys);
  const roleArn = form.get('RoleARN');
  const context = {
    'cloudformation:TemplateUrl': form.getAll('TemplateURL'),
    'cloudformation:RoleArn': form.getAll('RoleARN'),
  };
  assertAllowed(principal, { action: `cloudformation:${action}`, resource, context });
  if (roleArn === null) return;
  const passing = { 'iam:PassedToService': ['cloudformation.amazonaws.com'] };
  assertAllowed(principal, { action: 'iam:PassRole', resource: roleArn, context: passing });
}

function getPrincipal(headers: IncomingHttpHeaders, keys: StackRights['keys']): Principal {
  try {
    return keys.getPrincipal(headers);
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    const code = error.name.replace(/^UnrecognizedClientException$/, 'InvalidClientTokenId');
    throw new AwsError(code, error.message, 403);
  }
}

function assertAllowed({ role, arn }: Principal, request: AccessRequest): void {
  if (isAllowed(role.statements, request)) return;
  const { action, resource } = request;
  throw new AwsError(
    'AccessDenied',
    `User: ${arn} is not authorized to perform: ${action} on resource: ${resource} because no identity-based policy allows the ${action} action`,
    403,
  );
}
