import { TenancyError } from './errors.ts';

/** CloudFormation is still making a dedicated tenant's stack; `waitsFor` says since when and for which parts. */
export class ApplicationLaunchingError extends TenancyError {
  override readonly name = 'ApplicationLaunchingError';
  readonly code = 'APPLICATION_LAUNCHING';
  readonly stackName: string;
  readonly waitsFor: string;

  constructor(stackName: string, waitsFor: string) {
    super(`Stack ${stackName} is being made ${waitsFor}.`, {
      next: `aws cloudformation describe-stack-events --stack-name ${stackName}`,
    });
    this.stackName = stackName;
    this.waitsFor = waitsFor;
  }
}

/** CloudFormation is still at work on a dedicated tenant's stack that has to go; `waitsFor` says since when and for which parts. */
export class ApplicationRemovingError extends TenancyError {
  override readonly name = 'ApplicationRemovingError';
  readonly code = 'APPLICATION_REMOVING';
  readonly stackName: string;
  readonly waitsFor: string;

  constructor(stackName: string, waitsFor: string) {
    super(`Stack ${stackName} is being removed ${waitsFor}.`, {
      next: `aws cloudformation describe-stack-events --stack-name ${stackName}`,
    });
    this.stackName = stackName;
    this.waitsFor = waitsFor;
  }
}

/** CloudFormation could not make or remove a dedicated tenant's stack; `reason` is what it says about the first part that failed. */
export class ApplicationFailedError extends TenancyError {
  override readonly name = 'ApplicationFailedError';
  readonly code = 'APPLICATION_FAILED';
  readonly stackName: string;
  readonly status: string;
  readonly reason: string;

  constructor(stackName: string, status: string, reason: string) {
    super(`Stack ${stackName} is ${status}: ${reason}`, {
      next: `aws cloudformation describe-stack-events --stack-name ${stackName}`,
    });
    this.stackName = stackName;
    this.status = status;
    this.reason = reason;
  }
}
