import type { LocalTable } from '../dynamo-db/table-store.ts';
import type { LocalRole } from '../iam/access-keys.ts';
import type { LocalFunction } from '../lambda/local-function.ts';
import type { LocalMachine } from '../step-functions/machine-definition.ts';

/** How a secret's value comes to be: the rules of CloudFormation's `GenerateSecretString`. */
export interface SecretGeneration {
  /** JSON object that the generated value is added to. */
  readonly template: string;
  /** Key of the generated value in `template`. */
  readonly key: string;
  readonly passwordLength: number;
  readonly excludeCharacters: string;
  readonly excludeLowercase: boolean;
  readonly excludeUppercase: boolean;
  readonly excludeNumbers: boolean;
  readonly excludePunctuation: boolean;
  readonly includeSpace: boolean;
  readonly requireEachIncludedType: boolean;
}

/** A secret that the template asks for. */
export interface StackSecret {
  readonly name: string;
  /** The resource that it belongs to: the secret itself, or the cluster whose master user's secret RDS manages. */
  readonly logicalId: string;
  /** Logical id of the cluster whose master user this is the secret of. */
  readonly masterOf?: string;
  /** Undefined for a secret without `GenerateSecretString`, and for one that RDS manages. */
  readonly generation?: SecretGeneration;
}

/** A database cluster of the stack. */
export interface StackCluster {
  readonly logicalId: string;
  readonly arn: string;
  readonly database: string | undefined;
  readonly masterSecretArn: string | undefined;
}

/** A route of an HTTP API, in API Gateway's own notation: `$default`, `GET /polls/{id}`, `ANY /{proxy+}`. */
export interface LocalRoute {
  readonly routeKey: string;
  readonly functionArn: string;
}

/** An HTTP API, and the host names that lead to it. */
export interface LocalApi {
  readonly id: string;
  readonly name: string;
  readonly routes: readonly LocalRoute[];
  /** Exact names, or `*.example.com` for one label below. */
  readonly domains: readonly string[];
  /** Host of the endpoint that every API has on AWS. */
  readonly defaultHost: string;
  readonly isDefaultHostDisabled: boolean;
}

/** A custom resource, and the functions that CloudFormation's provider would call for it. */
export interface LocalCustomResource {
  readonly logicalId: string;
  readonly type: string;
  readonly onEventArn: string;
  /** Undefined when the resource is ready as soon as `onEvent` answers. */
  readonly isCompleteArn: string | undefined;
  /** As CloudFormation hands them over: every scalar is a string. */
  readonly properties: Readonly<Record<string, unknown>>;
}

/** A stack with every reference resolved: what the laptop runs. */
export interface LocalStack {
  readonly name: string;
  readonly region: string;
  readonly accountId: string;
  readonly functions: readonly LocalFunction[];
  readonly machines: readonly LocalMachine[];
  readonly clusters: readonly StackCluster[];
  readonly apis: readonly LocalApi[];
  readonly tables: readonly LocalTable[];
  /** Roles with their rights on the services that check rights here: CloudFormation, DynamoDB and STS. */
  readonly roles: readonly LocalRole[];
  /** In the order of their dependencies. */
  readonly customResources: readonly LocalCustomResource[];
  readonly outputs: Readonly<Record<string, string>>;
}
