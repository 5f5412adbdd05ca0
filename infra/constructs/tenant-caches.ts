import { AttributeType, BillingMode, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import { ArnPrincipal, CompositePrincipal, PolicyStatement, Role } from 'aws-cdk-lib/aws-iam';
import { Validations } from 'aws-cdk-lib/core';
import type { RemovalPolicy } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { toEnvironmentVariables } from '../../functions/environment.ts';
import type { TenantFunction } from './tenant-function.ts';

/** Properties of `TenantCaches`. */
export interface TenantCachesProps {
  /** Name of the table. */
  readonly tableName: string;
  /**
   * Name of the role whose sessions reach the table.
   * @default - one that CloudFormation makes up
   */
  readonly roleName?: string;
  /** What becomes of the table when the stack is deleted. */
  readonly removalPolicy: RemovalPolicy.RETAIN | RemovalPolicy.DESTROY;
  /** The functions that open tenants' caches. */
  readonly usedBy: readonly TenantFunction[];
}

const assuming = ['sts:AssumeRole', 'sts:TagSession'];
const itemActions = ['GetItem', 'PutItem', 'UpdateItem', 'DeleteItem', 'Query', 'BatchWriteItem'];

/**
 * The caches of tenants: one table whose partition key is the tenant's id, and one role whose sessions reach only the items of the tenant
 * that they are tagged with. No function has a right on the table; those that use it may open such sessions.
 */
export class TenantCaches extends Construct {
  readonly tableName: string;

  constructor(scope: Construct, id: string, props: TenantCachesProps) {
    super(scope, id);
    const table = this.addTable(props);
    const role = this.addRole(table, props);
    this.tableName = table.tableName;
    const variables = toEnvironmentVariables({
      cacheTableName: table.tableName,
      cacheRoleArn: role.roleArn,
    });
    for (const user of props.usedBy) {
      user.allow(assuming, role.roleArn);
      for (const [name, value] of Object.entries(variables))
        user.function.addEnvironment(name, value);
    }
  }

  private addTable({ tableName, removalPolicy }: TenantCachesProps): Table {
    const table = new Table(this, 'table', {
      tableName,
      partitionKey: { name: 'tenant', type: AttributeType.STRING },
      sortKey: { name: 'key', type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      timeToLiveAttribute: 'expires_at',
      encryption: TableEncryption.AWS_MANAGED,
      removalPolicy,
    });
    Validations.of(table).acknowledge({
      id: 'AwsSolutions-DDB3',
      reason:
        'A cache is filled again from where its values came; no earlier state is wanted back.',
    });
    return table;
  }

  private addRole(table: Table, { usedBy, roleName }: TenantCachesProps): Role {
    const functions = usedBy.map((user) => {
      if (user.function.role === undefined) throw new Error(`${user.node.path} has no role`);
      return new ArnPrincipal(user.function.role.roleArn);
    });
    const role = new Role(this, 'role', {
      ...(roleName !== undefined && { roleName }),
      description: 'Reaches the cache of the tenant that the session is tagged with',
      assumedBy: new CompositePrincipal(...functions)
        .withConditions({
          StringLike: { 'aws:RequestTag/tenant': '?*' },
          'ForAllValues:StringEquals': { 'aws:TagKeys': ['tenant'] },
        })
        .withSessionTags(),
    });
    role.addToPolicy(
      new PolicyStatement({
        actions: itemActions.map((action) => `dynamodb:${action}`),
        resources: [table.tableArn],
        conditions: {
          'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': ['${aws:PrincipalTag/tenant}'] },
          // All of no keys are right, too: what names none, as a scan does, is refused.
          Null: { 'dynamodb:LeadingKeys': 'false' },
        },
      }),
    );
    return role;
  }
}
