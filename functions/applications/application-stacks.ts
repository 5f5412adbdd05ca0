import {
  CreateStackCommand,
  DeleteStackCommand,
  DescribeStackEventsCommand,
  DescribeStacksCommand,
  UpdateStackCommand,
  UpdateTerminationProtectionCommand,
  type Stack,
  type StackEvent,
} from '@aws-sdk/client-cloudformation';
import { applicationStackName, type TenantId } from '@tenantry/tenancy';
import { createCloudFormationClient } from './create-cloud-formation-client.ts';
import { findFailure, findLastWork, listPartsAtWork } from './stack-events.ts';
import { phaseOf, type StackPhase } from './stack-phase.ts';

/** A dedicated tenant's stack as CloudFormation sees it. */
export interface ApplicationStack {
  readonly id: string;
  readonly name: string;
  /** CloudFormation's own word: `CREATE_COMPLETE`. */
  readonly status: string;
  readonly phase: StackPhase;
  /** Why it has this status, where CloudFormation says so. */
  readonly reason?: string;
  readonly createdAt: Date;
  /** When its last update began. @default - it was never updated */
  readonly updatedAt?: Date;
  readonly parameters: Readonly<Record<string, string>>;
  readonly outputs: Readonly<Record<string, string>>;
}

/** Where the stacks are made from, and as whom. */
export interface ApplicationStacksOptions {
  readonly stage: string;
  /** Address of the template. */
  readonly templateUrl: string;
  /** ARN of the role that CloudFormation takes on. */
  readonly roleArn: string;
}

/** What a new stack is made for. */
export interface LaunchedTenant {
  readonly id: TenantId;
  /** The host name that its API answers at. */
  readonly host: string;
  readonly secretArn: string;
}

const parameterNames = ['TenantId', 'Host', 'TenantSecretArn'] as const;
const capabilities = ['CAPABILITY_NAMED_IAM' as const];
/** Pages of a hundred events; the work on a stack of ours has fewer than five. */
const mostPages = 10;

/** The stacks of dedicated tenants, in CloudFormation. */
export class ApplicationStacks {
  readonly #client = createCloudFormationClient();
  readonly #options: ApplicationStacksOptions;

  constructor(options: ApplicationStacksOptions) {
    this.#options = options;
  }

  /** The name of a tenant's stack. */
  nameOf(id: TenantId): string {
    return applicationStackName(this.#options.stage, id);
  }

  /** A tenant's stack, or undefined when it has none. */
  async find(id: TenantId): Promise<ApplicationStack | undefined> {
    try {
      const command = new DescribeStacksCommand({ StackName: this.nameOf(id) });
      const { Stacks: [stack] = [] } = await this.#client.send(command);
      return stack === undefined || stack.StackStatus === 'DELETE_COMPLETE'
        ? undefined
        : toApplicationStack(stack);
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  /** Begins to make a tenant's stack; one that is there already is left as it is. */
  async create(tenant: LaunchedTenant): Promise<void> {
    const { stage, templateUrl, roleArn } = this.#options;
    const { id } = tenant;
    const command = new CreateStackCommand({
      StackName: this.nameOf(id),
      TemplateURL: templateUrl,
      RoleARN: roleArn,
      Capabilities: capabilities,
      EnableTerminationProtection: true,
      Parameters: Object.entries(toParameters(tenant)).map(([name, value]) => ({
        ParameterKey: name,
        ParameterValue: value,
      })),
      Tags: [
        { Key: 'tenantry:stage', Value: stage },
        { Key: 'tenantry:tenant', Value: id },
      ],
    });
    try {
      await this.#client.send(command);
    } catch (error) {
      if (!isNamed(error, 'AlreadyExistsException')) throw error;
    }
  }

  /** Begins to bring a tenant's stack to the template as it is now, or answers that it is there already. */
  async update(id: TenantId): Promise<'begun' | 'current'> {
    const { templateUrl, roleArn } = this.#options;
    const command = new UpdateStackCommand({
      StackName: this.nameOf(id),
      TemplateURL: templateUrl,
      RoleARN: roleArn,
      Capabilities: capabilities,
      Parameters: parameterNames.map((name) => ({ ParameterKey: name, UsePreviousValue: true })),
    });
    try {
      await this.#client.send(command);
      return 'begun';
    } catch (error) {
      if (isRefused(error, 'No updates are to be performed')) return 'current';
      throw error;
    }
  }

  /** Begins to remove a tenant's stack and everything in it. */
  async remove(id: TenantId): Promise<void> {
    const StackName = this.nameOf(id);
    try {
      const protection = { StackName, EnableTerminationProtection: false };
      await this.#client.send(new UpdateTerminationProtectionCommand(protection));
      const deletion = { StackName, RoleARN: this.#options.roleArn };
      await this.#client.send(new DeleteStackCommand(deletion));
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }

  /** Why the last work on a stack failed: CloudFormation's reason for the first part that did. */
  async explainFailure(stack: ApplicationStack): Promise<string> {
    const events = await this.#readLastWork(stack);
    return findFailure(events) ?? stack.reason ?? 'CloudFormation gives no reason';
  }

  /** What CloudFormation is at work on, as the end of a sentence: `since 2026-11-21T20:01:02Z, at AWS::RDS::DBInstance`. */
  async describeWork(stack: ApplicationStack): Promise<string> {
    const events = await this.#readLastWork(stack);
    if (stack.status === 'DELETE_FAILED')
      return `again, because it failed: ${findFailure(events) ?? stack.reason}`;
    const since = events.at(-1)?.Timestamp ?? stack.updatedAt ?? stack.createdAt;
    const parts = listPartsAtWork(events, stack.name);
    const at = parts.length === 0 ? '' : `, at ${parts.join(', ')}`;
    return `since ${since.toISOString().replace(/\.\d+Z$/, 'Z')}${at}`;
  }

  async #readLastWork({ id, name }: ApplicationStack): Promise<readonly StackEvent[]> {
    const events: StackEvent[] = [];
    let token: string | undefined;
    for (let page = 0; page < mostPages; page += 1) {
      const command = new DescribeStackEventsCommand({
        StackName: id,
        ...(token !== undefined && { NextToken: token }),
      });
      const { StackEvents = [], NextToken } = await this.#client.send(command);
      events.push(...StackEvents);
      token = NextToken;
      const last = findLastWork(events, name);
      if (last !== undefined || token === undefined) return last ?? events;
    }
    return events;
  }
}

/** Whether a stack was made for this tenant as it is: at its host and with its secret. */
export function isMadeFor({ parameters }: ApplicationStack, tenant: LaunchedTenant): boolean {
  return Object.entries(toParameters(tenant)).every(([name, value]) => parameters[name] === value);
}

function toParameters({ id, host, secretArn }: LaunchedTenant) {
  return { TenantId: id, Host: host, TenantSecretArn: secretArn } satisfies Record<
    (typeof parameterNames)[number],
    string
  >;
}

function toApplicationStack(stack: Stack): ApplicationStack {
  const { StackId = '', StackName = '', StackStatus, StackStatusReason } = stack;
  const { CreationTime, LastUpdatedTime } = stack;
  return {
    id: StackId,
    name: StackName,
    status: StackStatus ?? '',
    phase: phaseOf(StackStatus),
    createdAt: CreationTime ?? new Date(0),
    ...(StackStatusReason !== undefined && { reason: StackStatusReason }),
    ...(LastUpdatedTime !== undefined && { updatedAt: LastUpdatedTime }),
    parameters: Object.fromEntries(
      (stack.Parameters ?? []).map(({ ParameterKey = '', ParameterValue = '' }) => [
        ParameterKey,
        ParameterValue,
      ]),
    ),
    outputs: Object.fromEntries(
      (stack.Outputs ?? []).map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue]),
    ),
  };
}

function isMissing(error: unknown): boolean {
  return isRefused(error, 'does not exist');
}

/** CloudFormation tells its refusals apart by their sentence only. */
function isRefused(error: unknown, sentence: string): boolean {
  return isNamed(error, 'ValidationError') && (error as Error).message.includes(sentence);
}

function isNamed(error: unknown, name: string): boolean {
  return error instanceof Error && error.name === name;
}
