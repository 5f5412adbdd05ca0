import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { Aws, RemovalPolicies, Stack, Validations } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { applicationRights } from '../application-rights.ts';
import type { ApplicationRight } from '../application-rights.ts';

/** Properties of `ApplicationRole`. */
export interface ApplicationRoleProps {
  /** Name of the deployment. */
  readonly stage: string;
  /** Where the deployment's assets are, the application's code among them. */
  readonly assets: IBucket;
  /**
   * Domain of the tenants' hosts.
   * @default - the tenants' APIs have no host of their own
   */
  readonly domain?: string;
}

const reason =
  'CloudFormation makes what the template of dedicated tenants holds, for tenants that come and go; names, where a service has them, begin as theirs do.';

/**
 * The role that CloudFormation takes on to make, change and remove the stacks of dedicated tenants, with the rights that their template
 * takes. It stays when the platform's stack is deleted: theirs stay, too, and could not be removed without it.
 */
export class ApplicationRole extends Construct {
  readonly roleArn: string;
  private readonly role: Role;

  constructor(scope: Construct, id: string, props: ApplicationRoleProps) {
    super(scope, id);
    this.role = new Role(this, 'role', {
      description: 'Makes, changes and removes the stacks of dedicated tenants',
      assumedBy: new ServicePrincipal('cloudformation.amazonaws.com'),
    });
    this.roleArn = this.role.roleArn;
    for (const right of applicationRights(props)) this.allow(right);
    this.allowCode(props.assets);
    RemovalPolicies.of(this).retain();
  }

  private allow({ actions, resources, conditions = {} }: ApplicationRight): void {
    this.role.addToPolicy(
      new PolicyStatement({
        actions: [...actions],
        resources: resources.map(toArn),
        conditions,
      }),
    );
    for (const resource of resources) this.acknowledge(resource);
  }

  // Any build's code: an update that fails goes back to the one before.
  private allowCode(assets: IBucket): void {
    const resources = [assets.arnForObjects('*.zip')];
    this.role.addToPolicy(new PolicyStatement({ actions: ['s3:GetObject'], resources }));
    this.acknowledge(`arn:<AWS::Partition>:s3:::${this.shownName(assets)}/*.zip`);
  }

  // The bucket's name as the policy check prints it: account and Region are only known on AWS.
  private shownName({ bucketName }: IBucket): string {
    const name = Stack.of(this).resolve(bucketName) as string | { readonly 'Fn::Sub': string };
    return (typeof name === 'string' ? name : name['Fn::Sub']).replaceAll(/\$\{([^}]+)\}/g, '<$1>');
  }

  private acknowledge(resource: string): void {
    Validations.of(this).acknowledge({ id: `AwsSolutions-IAM5[Resource::${resource}]`, reason });
  }
}

function toArn(resource: string): string {
  return resource
    .replaceAll('<AWS::Partition>', Aws.PARTITION)
    .replaceAll('<AWS::Region>', Aws.REGION)
    .replaceAll('<AWS::AccountId>', Aws.ACCOUNT_ID);
}
