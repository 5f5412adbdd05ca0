import { Rule, RuleTargetInput, Schedule } from 'aws-cdk-lib/aws-events';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Duration } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { tenantSecretPrefix } from '../platform.ts';
import type { Platform } from '../platform.ts';
import { TenantFunction } from './tenant-function.ts';

/** Properties of `TenantAudit`. */
export interface TenantAuditProps {
  readonly platform: Platform;
}

/**
 * The nightly look at all walls, and what sets right what it finds. `audit` may look at everything and change nothing but the catalog's
 * list of findings. `repair` has the provisioner's rights: by night it only takes back what tenants changed of their own settings, all else when
 * an operator asks, as `isolation-check` does, which attacks one synthetic tenant with the login of another.
 */
export class TenantAudit extends Construct {
  constructor(scope: Construct, id: string, { platform }: TenantAuditProps) {
    super(scope, id);
    const input = { actor: 'schedule' };
    this.runNightly(this.addAudit(platform), {
      minute: '30',
      event: { action: 'run-audit', input },
    });
    // What a tenant can change by itself is set back when the audit has reported it; all else waits for an operator.
    const repair = { action: 'repair-findings', input: { ...input, codes: ['ROLE_SETTING'] } };
    this.runNightly(this.addRepair(platform), { minute: '50', event: repair });
    this.addIsolationCheck(platform);
  }

  private addAudit(platform: Platform): TenantFunction {
    const audit = new TenantFunction(this, 'audit', {
      platform,
      name: 'audit',
      entry: 'audit/index',
      timeout: Duration.minutes(15),
      logsInAs: ['platform_auditor', 'catalog_writer'],
      reachesTenants: true,
      environment: { tenantSecretPrefix: tenantSecretPrefix(platform.stage) },
    });
    audit.allow(['secretsmanager:ListSecrets'], '*');
    audit.acknowledgeWildcard('*', 'ListSecrets tells names, never values, and has no resource.');
    return audit;
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
    target.addPermission('nightly', {
      principal: new ServicePrincipal('events.amazonaws.com'),
      sourceArn: rule.ruleArn,
    });
  }

  private addRepair(platform: Platform): TenantFunction {
    return new TenantFunction(this, 'repair', {
      platform,
      name: 'repair',
      entry: 'repair/index',
      timeout: Duration.minutes(15),
      logsInAs: ['platform_provisioner', 'catalog_writer'],
      reachesTenants: true,
    });
  }

  private addIsolationCheck(platform: Platform): TenantFunction {
    const check = new TenantFunction(this, 'isolation-check', {
      platform,
      name: 'isolation-check',
      entry: 'isolation-check/index',
      timeout: Duration.minutes(5),
      logsInAs: ['catalog_reader'],
      reachesTenants: true,
    });
    check.allowOnTenantSecrets('secretsmanager:GetSecretValue');
    return check;
  }
}
