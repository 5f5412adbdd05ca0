import {
  Alarm,
  ComparisonOperator,
  Metric,
  TreatMissingData,
  type IMetric,
} from 'aws-cdk-lib/aws-cloudwatch';
import { Rule, RuleTargetInput, Schedule } from 'aws-cdk-lib/aws-events';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Duration } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { IDependable } from 'constructs';
import { dedicatedSecretPrefix, resourceName, tenantSecretPrefix } from '../platform.ts';
import type { Platform } from '../platform.ts';
import { TenantFunction } from './tenant-function.ts';

/** Properties of `TenantAudit`. */
export interface TenantAuditProps {
  readonly platform: Platform;
  /** Nothing runs by night before the deployment is this far. */
  readonly runsAfter: IDependable;
  /**
   * ARN of an SNS topic that is told when an alarm goes off.
   * @default - nobody is told
   */
  readonly alarmTopicArn?: string;
}

/**
 * The nightly look at all walls, and what sets right what it finds. `audit` may look at everything and change nothing but the catalog's
 * list of findings; on a customer's server it looks with the tenant's migrator, for want of a role that only looks. `repair` has the
 * provisioner's rights, and there the login that the customer gave: by night it only takes back what tenants changed of their own settings,
 * all else when an operator asks, as `isolation-check` does, which attacks one synthetic tenant with the login of another.
 */
export class TenantAudit extends Construct {
  /** Attacks caches as well. */
  readonly isolationCheck: TenantFunction;
  private readonly props: TenantAuditProps;

  constructor(scope: Construct, id: string, props: TenantAuditProps) {
    super(scope, id);
    this.props = props;
    const { platform } = props;
    const input = { actor: 'schedule' };
    const audit = this.addAudit(platform);
    this.runNightly(audit, { minute: '30', event: { action: 'run-audit', input } });
    this.addAlarms(platform, audit);
    // What a tenant can change by itself is set back when the audit has reported it; all else waits for an operator.
    const repair = { action: 'repair-findings', input: { ...input, codes: ['ROLE_SETTING'] } };
    this.runNightly(this.addRepair(platform), { minute: '50', event: repair });
    this.isolationCheck = this.addIsolationCheck(platform);
  }

  private addAudit(platform: Platform): TenantFunction {
    const audit = new TenantFunction(this, 'audit', {
      platform,
      name: 'audit',
      entry: 'audit/index',
      timeout: Duration.minutes(15),
      logsInAs: ['platform_auditor', 'catalog_writer'],
      reachesTenants: true,
      reachesDedicated: true,
      environment: {
        tenantSecretPrefix: tenantSecretPrefix(platform.stage),
        dedicatedSecretPrefix: dedicatedSecretPrefix(platform.stage),
      },
    });
    audit.allow(['secretsmanager:ListSecrets', 'cloudformation:DescribeStacks'], '*');
    audit.allowOnDatabaseSecrets('migrator', 'secretsmanager:GetSecretValue');
    audit.acknowledgeWildcard(
      '*',
      'Who looks for what nobody knows of has to ask for all; of secrets it is told names, never values.',
    );
    return audit;
  }

  /** What an operator is told: something was found, or nobody could look. */
  private addAlarms({ stage }: Platform, audit: TenantFunction): void {
    const period = Duration.days(1);
    const statistic = 'Maximum';
    const dimensionsMap = { service: 'audit', stage };
    const found = { namespace: 'Tenantry', metricName: 'Findings', dimensionsMap };
    this.addAlarm(resourceName(stage, 'audit-findings'), {
      metric: new Metric({ ...found, statistic, period }),
      description: 'The audit of the walls between tenants found something: tenantry doctor',
    });
    this.addAlarm(resourceName(stage, 'audit-failed'), {
      metric: audit.function.metricErrors({ period }),
      description: 'The audit of the walls between tenants did not end: tenantry doctor --now',
    });
  }

  private addAlarm(
    alarmName: string,
    { metric, description }: { readonly metric: IMetric; readonly description: string },
  ): void {
    const alarm = new Alarm(this, alarmName, {
      alarmName,
      alarmDescription: description,
      metric,
      threshold: 1,
      evaluationPeriods: 1,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    const { alarmTopicArn: alarmActionArn } = this.props;
    if (alarmActionArn !== undefined) alarm.addAlarmAction({ bind: () => ({ alarmActionArn }) });
  }

  private runNightly(
    { node, function: target }: TenantFunction,
    { minute, event }: { readonly minute: string; readonly event: object },
  ): void {
    const input = RuleTargetInput.fromObject(event);
    const rule = new Rule(this, `nightly-${node.id}`, {
      schedule: Schedule.cron({ hour: '2', minute }),
      targets: [{ bind: () => ({ arn: target.functionArn, input }) }],
    });
    rule.node.addDependency(this.props.runsAfter);
    target.addPermission('nightly', {
      principal: new ServicePrincipal('events.amazonaws.com'),
      sourceArn: rule.ruleArn,
    });
  }

  private addRepair(platform: Platform): TenantFunction {
    const repair = new TenantFunction(this, 'repair', {
      platform,
      name: 'repair',
      entry: 'repair/index',
      timeout: Duration.minutes(15),
      logsInAs: ['platform_provisioner', 'catalog_writer'],
      reachesTenants: true,
      reachesDedicated: true,
    });
    for (const login of ['admin', 'migrator'] as const)
      repair.allowOnDatabaseSecrets(login, 'secretsmanager:GetSecretValue');
    return repair;
  }

  private addIsolationCheck(platform: Platform): TenantFunction {
    const check = new TenantFunction(this, 'isolation-check', {
      platform,
      name: 'isolation-check',
      entry: 'isolation-check/index',
      timeout: Duration.minutes(5),
      logsInAs: ['catalog_reader'],
      reachesTenants: true,
      reachesDedicated: true,
    });
    check.allowOnTenantSecrets('secretsmanager:GetSecretValue');
    check.allowOnDedicatedSecrets('secretsmanager:GetSecretValue');
    return check;
  }
}
