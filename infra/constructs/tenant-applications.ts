import { Asset } from 'aws-cdk-lib/aws-s3-assets';
import { Duration } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { IDependable } from 'constructs';
import { applicationName } from '../platform.ts';
import type { Platform } from '../platform.ts';
import { ApplicationRole } from './application-role.ts';
import { DeploymentStep } from './deployment-step.ts';
import { TenantFunction } from './tenant-function.ts';

/** Properties of `TenantApplications`. */
export interface TenantApplicationsProps {
  readonly platform: Platform;
  /** The file that holds the template of dedicated tenants' stacks. */
  readonly applicationTemplate: string;
  /**
   * Domain of the tenants' hosts.
   * @default - the tenants' APIs have no host of their own
   */
  readonly domain?: string;
}

/**
 * The stacks of dedicated tenants: the template that they are made from, published with the deployment, the role that CloudFormation takes on
 * to work on them, and a step of the deployment that brings all of them to its build. Who may have a stack made may have this template made,
 * by this role, and nothing else.
 */
export class TenantApplications extends Construct {
  /** Where functions that work on the stacks find template and role. */
  readonly environment: {
    readonly applicationTemplateUrl: string;
    readonly applicationRoleArn: string;
  };
  private readonly platform: Platform;
  private readonly template: Asset;
  private readonly role: ApplicationRole;

  constructor(scope: Construct, id: string, props: TenantApplicationsProps) {
    super(scope, id);
    const { platform, applicationTemplate: path, domain } = props;
    const { stage } = platform;
    this.platform = platform;
    this.template = new Asset(this, 'template', { path });
    this.role = new ApplicationRole(this, 'role', {
      stage,
      assets: this.template.bucket,
      ...(domain !== undefined && { domain }),
    });
    this.environment = {
      applicationTemplateUrl: this.template.httpUrl,
      applicationRoleArn: this.role.roleArn,
    };
  }

  /** Lets a function have stacks of tenants made and removed. */
  allowLaunch(caller: TenantFunction): void {
    this.allowWork(caller, 'CreateStack');
    const removing = ['DeleteStack', 'UpdateTerminationProtection'];
    caller.allow(removing.map(toAction), this.stackArns(caller));
  }

  /** Has all stacks brought to the deployment's template, once the deployment is this far. */
  updateAfter(before: IDependable): void {
    const onEvent = this.addUpdateFunction('applications', 'onEvent');
    const isComplete = this.addUpdateFunction('applications-complete', 'isComplete');
    const update = new DeploymentStep(this, 'UpdateApplications', {
      resourceType: 'Custom::UpdateApplications',
      onEvent,
      isComplete,
      properties: { templateUrl: this.environment.applicationTemplateUrl },
    });
    update.node.addDependency(before, this.role);
  }

  private addUpdateFunction(name: string, exportName: string): TenantFunction {
    const update = new TenantFunction(this, name, {
      platform: this.platform,
      name,
      entry: 'fleet/applications',
      exportName,
      timeout: Duration.minutes(5),
      logsInAs: ['catalog_writer'],
      environment: this.environment,
    });
    this.allowWork(update, 'UpdateStack');
    return update;
  }

  private allowWork(caller: TenantFunction, work: 'CreateStack' | 'UpdateStack'): void {
    const { applicationTemplateUrl, applicationRoleArn } = this.environment;
    const stacks = this.stackArns(caller);
    caller.allowIf(
      {
        StringEquals: { 'cloudformation:TemplateUrl': applicationTemplateUrl },
        ArnEquals: { 'cloudformation:RoleArn': applicationRoleArn },
      },
      [toAction(work)],
      stacks,
    );
    const watching = ['DescribeStacks', 'DescribeStackEvents', 'TagResource'];
    caller.allow(watching.map(toAction), stacks);
    caller.allowIf(
      { StringEquals: { 'iam:PassedToService': 'cloudformation.amazonaws.com' } },
      ['iam:PassRole'],
      applicationRoleArn,
    );
    // CloudFormation reads the template with the rights of its caller.
    const { bucket, s3ObjectKey } = this.template;
    caller.allow(['s3:GetObject'], bucket.arnForObjects(s3ObjectKey));
  }

  private stackArns(caller: TenantFunction): string {
    return caller.patternArn({
      service: 'cloudformation',
      resource: `stack/${applicationName(this.platform.stage, '*')}/*`,
      reason: 'Dedicated tenants come and go between deployments; their stacks have this prefix.',
    });
  }
}

function toAction(name: string): string {
  return `cloudformation:${name}`;
}
