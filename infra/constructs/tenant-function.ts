import { Effect, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Conditions } from 'aws-cdk-lib/aws-iam';
import { Architecture, Function, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { ArnFormat, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib/core';
import type { Duration } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import {
  furtherClusterRoles,
  roleSecretKeys,
  toEnvironmentVariables,
} from '../../functions/environment.ts';
import type { EnvironmentValues } from '../../functions/environment.ts';
import type { FunctionEntry } from '../function-code.ts';
import {
  applicationName,
  clusterSecretPrefix,
  dedicatedSecretPrefix,
  resourceName,
  tenantSecretPrefix,
} from '../platform.ts';
import type { Platform } from '../platform.ts';
import type { PlatformRole } from './platform-secrets.ts';

const dataApiActions = [
  'rds-data:ExecuteStatement',
  'rds-data:BeginTransaction',
  'rds-data:CommitTransaction',
  'rds-data:RollbackTransaction',
];

/** Properties of `TenantFunction`. */
export interface TenantFunctionProps {
  readonly platform: Platform;
  /** Last part of the function's name. */
  readonly name: string;
  /**
   * Name of the function's role.
   * @default - one that CloudFormation makes up
   */
  readonly roleName?: string;
  /** The file the function starts in. */
  readonly entry: FunctionEntry;
  /**
   * The name under which the entry exports its handler.
   * @default 'handler'
   */
  readonly exportName?: string;
  readonly timeout: Duration;
  /**
   * Memory in MiB; processor time grows with it.
   * @default 512
   */
  readonly memorySize?: number;
  /** The platform's roles it logs in as: it may read their secrets and finds the ARNs in its environment. */
  readonly logsInAs: readonly PlatformRole[];
  /**
   * Whether it works on tenants wherever they are: the Data API of further clusters too, and there the secrets of the same roles.
   * @default false
   */
  readonly reachesTenants?: boolean;
  /**
   * Whether it works on dedicated tenants, too: the Data API of the clusters of their own, and there the secrets of the same roles.
   * @default false
   */
  readonly reachesDedicated?: boolean;
  /**
   * Environment besides stage, cluster, database and the secrets of `logsInAs`.
   * @default - nothing more
   */
  readonly environment?: EnvironmentValues;
}

/** Which resources a right is given on, when they are not known by name. */
interface PatternArnOptions {
  readonly service: string;
  /** Type of the resources and what their names are like, with `*` and `?`: `secret:tenantry/*`. */
  readonly resource: string;
  /** Why the right is given on a pattern. */
  readonly reason: string;
}

/** A function of the platform with rights of its own: its log, the Data API of the home cluster (of all, when it works on tenants), and the secrets it is given. */
export class TenantFunction extends Construct {
  readonly function: Function;
  private readonly stage: string;

  constructor(scope: Construct, id: string, props: TenantFunctionProps) {
    super(scope, id);
    const { stage, database, code } = props.platform;
    this.stage = stage;
    const functionName = resourceName(stage, props.name);
    const logGroup = new LogGroup(this, 'logs', {
      logGroupName: `/aws/lambda/${functionName}`,
      retention: RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const role = new Role(this, 'role', {
      ...(props.roleName !== undefined && { roleName: props.roleName }),
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
    });
    logGroup.grantWrite(role);
    this.function = new Function(this, 'function', {
      functionName,
      role,
      logGroup,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      code: code(props.entry),
      handler: `index.${props.exportName ?? 'handler'}`,
      timeout: props.timeout,
      memorySize: props.memorySize ?? 512,
      environment: toEnvironmentVariables(environmentOf(props)),
    });
    this.allowDataApi(database.clusterArn);
    this.allow(
      ['secretsmanager:GetSecretValue'],
      ...props.logsInAs.map((name) => database.secrets.arnOf(name)),
    );
    if (props.reachesTenants === true) this.reachTenants(props);
    if (props.reachesDedicated === true) this.reachDedicated(props.logsInAs);
  }

  private reachTenants({ platform: { clusters }, logsInAs }: TenantFunctionProps): void {
    this.allowDataApi(...clusters.clusterArns);
    this.allow(['secretsmanager:GetSecretValue'], ...clusters.secretArnsOf(logsInAs));
  }

  /** Lets the function log in as these of the platform's roles to dedicated tenants' clusters, as far as the roles are there. */
  reachDedicated(roles: readonly PlatformRole[]): void {
    this.allowDataApi(this.dedicatedClusterArns());
    for (const role of roles.filter(isFurtherClusterRole)) {
      const name = `${clusterSecretPrefix(this.stage, '*')}/${role}-??????`;
      this.allowOnSecrets(name, ['secretsmanager:GetSecretValue']);
    }
  }

  /** Lets the function log in as the master users of dedicated tenants' clusters, whose secrets RDS keeps under names of its own. */
  allowDedicatedMasters(): void {
    const ofCluster = 'secretsmanager:ResourceTag/aws:rds:primaryDBClusterArn';
    this.allowIf(
      { StringLike: { [ofCluster]: this.dedicatedClusterArns() } },
      ['secretsmanager:GetSecretValue'],
      this.patternArn({
        service: 'secretsmanager',
        resource: 'secret:rds!cluster-*',
        reason:
          "RDS makes the name; the condition admits the secrets of dedicated tenants' clusters alone.",
      }),
    );
  }

  private dedicatedClusterArns(): string {
    return this.patternArn({
      service: 'rds',
      resource: `cluster:${applicationName(this.stage, '*')}`,
      reason:
        'Dedicated tenants come and go between deployments; their clusters, and no others, have this prefix.',
    });
  }

  /** Lets the function use the Data API of exactly these clusters. */
  allowDataApi(...clusterArns: readonly string[]): void {
    this.allow(dataApiActions, ...clusterArns);
  }

  /** Gives the function a right on exactly these resources. */
  allow(actions: readonly string[], ...resources: readonly string[]): void {
    this.allowIf({}, actions, ...resources);
  }

  /** Gives the function a right on these resources where the conditions hold. */
  allowIf(
    conditions: Conditions,
    actions: readonly string[],
    ...resources: readonly string[]
  ): void {
    if (resources.length === 0) return;
    this.function.addToRolePolicy(
      new PolicyStatement({
        effect: Effect.ALLOW,
        actions: [...actions],
        resources: [...resources],
        conditions,
      }),
    );
  }

  /** Gives the function a right on the secrets of all tenants but dedicated ones, which share one prefix, and on no other secret. */
  allowOnTenantSecrets(...actions: readonly string[]): void {
    this.allowOnSecrets(`${tenantSecretPrefix(this.stage)}*`, actions);
  }

  /** The same on the secrets of dedicated tenants. */
  allowOnDedicatedSecrets(...actions: readonly string[]): void {
    this.allowOnSecrets(`${dedicatedSecretPrefix(this.stage)}*`, actions);
  }

  /**
   * Gives the function a right on the logins at customers' servers: those that the customers gave (`admin`), or those that change tenants'
   * tables there (`migrator`).
   */
  allowOnDatabaseSecrets(login: 'admin' | 'migrator', ...actions: readonly string[]): void {
    this.allowOnSecrets(`tenantry/${this.stage}/database/${login}/*`, actions);
  }

  private allowOnSecrets(name: string, actions: readonly string[]): void {
    const reason =
      'Tenants come and go between deployments; their secrets, and no others, have this prefix.';
    const resource = `secret:${name}`;
    this.allow(actions, this.patternArn({ service: 'secretsmanager', resource, reason }));
  }

  /** The ARN of all resources whose names fit a pattern. */
  patternArn({ service, resource, reason }: PatternArnOptions): string {
    this.acknowledgeWildcard(
      `arn:<AWS::Partition>:${service}:<AWS::Region>:<AWS::AccountId>:${resource}`,
      reason,
    );
    return Stack.of(this).formatArn({ service, resource, arnFormat: ArnFormat.NO_RESOURCE_NAME });
  }

  /** Records why a policy of this function names resources with a wildcard; `resource` as the check prints it. */
  acknowledgeWildcard(resource: string, reason: string): void {
    Validations.of(this).acknowledge({ id: `AwsSolutions-IAM5[Resource::${resource}]`, reason });
  }
}

function environmentOf(props: TenantFunctionProps): EnvironmentValues {
  const { stage, database } = props.platform;
  const secrets = props.logsInAs.map((role) => [
    roleSecretKeys[role],
    database.secrets.arnOf(role),
  ]);
  return {
    stage,
    clusterArn: database.clusterArn,
    database: database.databaseName,
    ...(Object.fromEntries(secrets) as EnvironmentValues),
    ...props.environment,
  };
}

function isFurtherClusterRole(role: PlatformRole): boolean {
  return (furtherClusterRoles as readonly string[]).includes(role);
}
