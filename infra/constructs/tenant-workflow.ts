import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { DefinitionBody, LogLevel, StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { ArnFormat, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { resourceName } from '../platform.ts';
import type { StateMachineDefinition, Worker } from '../workflows/states.ts';
import type { TenantFunction } from './tenant-function.ts';

/** Properties of `TenantWorkflow`. */
export interface TenantWorkflowProps {
  /** Name of the deployment. */
  readonly stage: string;
  /** Last part of the state machine's name. */
  readonly name: string;
  readonly definition: StateMachineDefinition;
  /** The functions the definition calls; the state machine may invoke these. */
  readonly workers: readonly TenantFunction[];
}

/** A state machine that calls our functions and nothing else, with its log and traces. */
export class TenantWorkflow extends Construct {
  readonly stateMachineArn: string;
  /** The ARNs of all its executions, with a wildcard for their names. */
  readonly executionArns: string;
  private readonly name: string;
  private readonly role: Role;

  constructor(scope: Construct, id: string, props: TenantWorkflowProps) {
    super(scope, id);
    this.name = resourceName(props.stage, props.name);
    this.executionArns = this.arnOf('execution', `${this.name}:*`);
    this.role = new Role(this, 'role', { assumedBy: new ServicePrincipal('states.amazonaws.com') });
    this.allow(
      ['lambda:InvokeFunction'],
      props.workers.map((worker) => worker.function.functionArn),
    );
    this.stateMachineArn = this.addStateMachine(props.definition).stateMachineArn;
    this.acknowledgeFindings();
  }

  /** Lets the state machine run children of its own, as a Distributed Map does. */
  allowChildExecutions(): void {
    this.allow(['states:StartExecution'], [this.arnOf('stateMachine', this.name)]);
    this.allow(['states:DescribeExecution', 'states:StopExecution'], [this.executionArns]);
    this.allow(['states:RedriveExecution'], [this.arnOf('execution', `${this.name}/*:*`)]);
    for (const executions of [`${this.name}:*`, `${this.name}/*:*`]) {
      this.acknowledgeWildcard(
        shownArn(executions),
        'A Distributed Map starts children of this one state machine under names that Step Functions makes up.',
      );
    }
  }

  /** Lets a function start executions. */
  allowStart(caller: TenantFunction): void {
    caller.allow(['states:StartExecution'], this.stateMachineArn);
  }

  /** Lets a function ask what became of executions. */
  allowDescribe(caller: TenantFunction): void {
    caller.allow(['states:DescribeExecution'], this.executionArns);
    caller.acknowledgeWildcard(
      shownArn(`${this.name}:*`),
      'The names of executions are not known before they start; the state machine is this one.',
    );
  }

  private addStateMachine(definition: StateMachineDefinition): StateMachine {
    const destination = new LogGroup(this, 'logs', {
      logGroupName: `/aws/vendedlogs/states/${this.name}`,
      retention: RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    return new StateMachine(this, 'machine', {
      stateMachineName: this.name,
      role: this.role,
      definitionBody: DefinitionBody.fromString(Stack.of(this).toJsonString(definition)),
      logs: { destination, level: LogLevel.ERROR, includeExecutionData: false },
      tracingEnabled: true,
    });
  }

  private acknowledgeFindings(): void {
    this.acknowledgeWildcard('*', 'Delivery of logs and traces has no narrower resource.');
    Validations.of(this).acknowledge({
      id: 'AwsSolutions-SF1',
      reason: 'The history of each execution is kept by Step Functions; the log holds what failed.',
    });
  }

  private acknowledgeWildcard(resource: string, reason: string): void {
    Validations.of(this).acknowledge({ id: `AwsSolutions-IAM5[Resource::${resource}]`, reason });
  }

  private allow(actions: string[], resources: string[]): void {
    this.role.addToPolicy(new PolicyStatement({ actions, resources }));
  }

  private arnOf(resource: 'stateMachine' | 'execution', name: string): string {
    return Stack.of(this).formatArn({
      service: 'states',
      resource,
      resourceName: name,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
  }
}

// The ARN of executions as the policy check prints it.
function shownArn(executions: string): string {
  return `arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:execution:${executions}`;
}

/** The worker that a state machine's task calls. */
export function toWorker({ function: { functionArn, timeout } }: TenantFunction): Worker {
  if (timeout === undefined)
    throw new Error('a worker without a time-out was given, one is needed');
  return { arn: functionArn, timeoutSeconds: timeout.toSeconds() };
}
