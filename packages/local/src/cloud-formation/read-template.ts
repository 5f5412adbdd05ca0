import { readFileSync } from 'node:fs';
import { AwsError } from '../aws/aws-error.ts';
import { parseTemplate, type Template } from '../assembly/template.ts';

/** The error for a request that CloudFormation refuses. */
export function validationError(message: string): AwsError {
  return new AwsError('ValidationError', message);
}

/**
 * The template at an address in S3, which must be a file asset of the assembly: `https://s3.<region>.<suffix>/<bucket>/<hash>.json`, or
 * with the bucket in the host. Throws `ValidationError`.
 */
export function readTemplate(url: string, assetFiles: ReadonlyMap<string, string>): Template {
  const file = assetFiles.get(parseKey(url).replace(/\.json$/, ''));
  if (file === undefined) throw validationError('S3 error: The specified key does not exist.');
  try {
    return parseTemplate(JSON.parse(readFileSync(file, 'utf8')), file);
  } catch (error) {
    throw validationError(`Template format error: ${(error as Error).message}`);
  }
}

const pathStyle = /^https:\/\/s3[.-][a-z0-9-]+\.amazonaws\.com\/[^/]+\/([^?#]+)$/;
const hostStyle = /^https:\/\/[^./]+\.s3[.-][a-z0-9-]+\.amazonaws\.com\/([^?#]+)$/;

function parseKey(url: string): string {
  const [, key] = pathStyle.exec(url) ?? hostStyle.exec(url) ?? [];
  if (key !== undefined) return key;
  throw validationError('TemplateURL must be a supported URL.');
}

/** Throws `InsufficientCapabilitiesException` when the template makes roles and the caller has not said that it may. */
export function assertCapable(template: Template, capabilities: ReadonlySet<string>): void {
  const rights = Object.values(template.Resources).filter(({ Type }) =>
    Type.startsWith('AWS::IAM::'),
  );
  const isNamed = rights.some(({ Properties = {} }) =>
    ['RoleName', 'ManagedPolicyName'].some((name) => name in Properties),
  );
  const enough = ['CAPABILITY_NAMED_IAM', ...(isNamed ? [] : ['CAPABILITY_IAM'])];
  if (rights.length === 0 || enough.some((it) => capabilities.has(it))) return;
  throw new AwsError(
    'InsufficientCapabilitiesException',
    `Requires capabilities : [${enough.at(-1)}]`,
  );
}

/** A value for each parameter of the template: a given one or its default. Throws `ValidationError`. */
export function chooseParameters(
  { Parameters = {} }: Template,
  given: Readonly<Record<string, string>>,
): Record<string, string> {
  const unknown = Object.keys(given).filter((name) => !(name in Parameters));
  if (unknown.length > 0)
    throw validationError(`Parameters: [${unknown.join(', ')}] do not exist in the template`);
  const values: Record<string, string> = {};
  const missing: string[] = [];
  for (const [name, { Default, AllowedPattern }] of Object.entries(Parameters)) {
    const value = given[name] ?? Default;
    if (value === undefined) missing.push(name);
    else values[name] = assertFits(name, value, AllowedPattern);
  }
  if (missing.length === 0) return values;
  throw validationError(`Parameters: [${missing.join(', ')}] must have values`);
}

function assertFits(name: string, value: string, pattern: string | undefined): string {
  if (pattern === undefined || new RegExp(`^(?:${pattern})$`).test(value)) return value;
  throw validationError(
    `Parameter ${name} failed to satisfy constraint: must match pattern ${pattern}`,
  );
}
