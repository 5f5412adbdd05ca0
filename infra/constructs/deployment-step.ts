import type { Function } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { CustomResource, Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib/core';
import type { CfnElement } from 'aws-cdk-lib/core';
import { Provider } from 'aws-cdk-lib/custom-resources';
import { Construct, Dependable } from 'constructs';
import type { TenantFunction } from './tenant-function.ts';

/** Properties of `DeploymentStep`. */
export interface DeploymentStepProps {
  /** Type of the custom resource: `Custom::<Name>`. */
  readonly resourceType: string;
  /** Called when the resource is made, when its properties change and when it is deleted. */
  readonly onEvent: TenantFunction;
  /**
   * Called every ten seconds until it says that the work is done.
   * @default - the work is done when `onEvent` has answered
   */
  readonly isComplete?: TenantFunction;
  readonly properties: Readonly<Record<string, string>>;
}

/** Work that a deployment does and waits for, as a custom resource. */
export class DeploymentStep extends Construct {
  constructor(scope: Construct, id: string, props: DeploymentStepProps) {
    super(scope, id);
    const provider = this.addProvider(props);
    const resource = this.addResource(provider, props);
    // What depends on the step waits for the work alone, not for each part of the machinery.
    Dependable.implement(this, { dependencyRoots: [resource] });
    acknowledgeFindings(provider);
  }

  private addResource({ serviceToken }: Provider, props: DeploymentStepProps): CustomResource {
    const { resourceType, properties } = props;
    return new CustomResource(this, 'resource', { resourceType, serviceToken, properties });
  }

  private addProvider({ onEvent, isComplete }: DeploymentStepProps): Provider {
    return new Provider(this, 'provider', {
      onEventHandler: onEvent.function,
      ...(isComplete && {
        isCompleteHandler: isComplete.function,
        queryInterval: Duration.seconds(10),
        // At its limit CloudFormation fails without a word about the run; `isComplete` has to give up before that, naming it.
        totalTimeout: Duration.minutes(59),
      }),
      logGroup: new LogGroup(this, 'logs', {
        retention: RetentionDays.ONE_MONTH,
        removalPolicy: RemovalPolicy.DESTROY,
      }),
    });
  }
}

function acknowledgeFindings(provider: Provider): void {
  const own = provider.node.children.filter((child) => child.node.id.startsWith('framework-'));
  const called = [provider.onEventHandler, provider.isCompleteHandler, ...own].filter(
    (it) => it !== undefined,
  );
  const reason =
    "This is CDK's own provider framework; it calls our functions and its own, each in any version.";
  Validations.of(provider).acknowledge(
    {
      id: 'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole]',
      reason:
        "CDK's own provider framework writes its log with the policy that AWS keeps for this.",
    },
    {
      id: 'AwsSolutions-SF1',
      reason: 'The waiter only polls; what our functions did is in their logs.',
    },
    {
      id: 'AwsSolutions-SF2',
      reason: 'The waiter only polls; there is no chain of calls to trace.',
    },
    ...called.map((it) => ({
      id: `AwsSolutions-IAM5[Resource::<${logicalIdOf(it as Function)}.Arn>:*]`,
      reason,
    })),
  );
}

function logicalIdOf(called: Function): string {
  return Stack.of(called).getLogicalId(called.node.defaultChild as CfnElement);
}
