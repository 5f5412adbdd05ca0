import type { Template } from '../assembly/template.ts';

/** What a stack can be at, in CloudFormation's words. */
export type StackStatus =
  | 'CREATE_IN_PROGRESS'
  | 'CREATE_COMPLETE'
  | 'ROLLBACK_IN_PROGRESS'
  | 'ROLLBACK_COMPLETE'
  | 'ROLLBACK_FAILED'
  | 'UPDATE_IN_PROGRESS'
  | 'UPDATE_COMPLETE'
  | 'UPDATE_ROLLBACK_IN_PROGRESS'
  | 'UPDATE_ROLLBACK_COMPLETE'
  | 'UPDATE_ROLLBACK_FAILED'
  | 'DELETE_IN_PROGRESS'
  | 'DELETE_COMPLETE'
  | 'DELETE_FAILED';

/** What a stack is made from. */
export interface StackDesign {
  readonly template: Template;
  /** A value for each parameter. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
  /** The service role that CloudFormation works as. */
  readonly roleArn?: string | undefined;
}

/** Something that happened to a stack or to one of its resources. */
export interface StackEvent {
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly logicalId: string;
  readonly type: string;
  readonly status: string;
  readonly reason?: string | undefined;
}

/** A stack as it is kept. Times are milliseconds since 1970. */
export interface StackRecord {
  readonly v: 1;
  /** The stack's ARN. */
  readonly id: string;
  readonly name: string;
  status: StackStatus;
  reason?: string | undefined;
  readonly createdAt: number;
  updatedAt?: number;
  deletedAt?: number;
  isProtected: boolean;
  /** The caller's mark of the request that created the stack: the same again is no second stack. */
  readonly token?: string | undefined;
  design: StackDesign;
  /** What an update under way leads to. */
  nextDesign?: StackDesign | undefined;
  /** Names of its secrets, each written down before it is made. */
  secrets: readonly string[];
  outputs: Readonly<Record<string, string>>;
  /** Oldest first. */
  events: readonly StackEvent[];
}

/** The statuses of a stack whose resources are there, so that it is brought back at a start. */
export const standingStatuses: ReadonlySet<StackStatus> = new Set([
  'CREATE_COMPLETE',
  'UPDATE_IN_PROGRESS',
  'UPDATE_COMPLETE',
  'UPDATE_ROLLBACK_IN_PROGRESS',
  'UPDATE_ROLLBACK_COMPLETE',
  'UPDATE_ROLLBACK_FAILED',
  'DELETE_FAILED',
]);
