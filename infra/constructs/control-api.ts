import { Duration } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { furtherClusterRoles } from '../../functions/environment.ts';
import type { Platform } from '../platform.ts';
import { TenantFunction } from './tenant-function.ts';
import type { TenantLifecycle } from './tenant-lifecycle.ts';
import type { TenantWorkflow } from './tenant-workflow.ts';

/** Properties of `ControlApi`. */
export interface ControlApiProps {
  readonly platform: Platform;
  readonly lifecycle: TenantLifecycle;
  readonly migrateFleet: TenantWorkflow;
}

/**
 * The control plane for command line and console: functions that are called through the Lambda API, so that IAM decides who operates
 * tenants. `control` reads the catalog and starts workflows and logs in to no tenant; `migrations` looks into tenants' schemas; `clusters`
 * prepares further clusters as their master user.
 */
export class ControlApi extends Construct {
  readonly functionName: string;
  readonly migrationsFunctionName: string;

  constructor(scope: Construct, id: string, props: ControlApiProps) {
    super(scope, id);
    const { platform, lifecycle, migrateFleet } = props;
    const { createTenant, createTenants, suspendTenant, resumeTenant, deleteTenant } = lifecycle;
    const control = new TenantFunction(this, 'handler', {
      platform,
      name: 'control',
      entry: 'control/index',
      timeout: Duration.seconds(30),
      logsInAs: ['catalog_writer'],
      environment: {
        baseDomain: platform.baseDomain,
        createTenantMachineArn: createTenant.stateMachineArn,
        createTenantsMachineArn: createTenants.stateMachineArn,
        suspendTenantMachineArn: suspendTenant.stateMachineArn,
        resumeTenantMachineArn: resumeTenant.stateMachineArn,
        deleteTenantMachineArn: deleteTenant.stateMachineArn,
        migrateFleetMachineArn: migrateFleet.stateMachineArn,
      },
    });
    const ofLife = [createTenant, createTenants, suspendTenant, resumeTenant, deleteTenant];
    for (const workflow of [...ofLife, migrateFleet]) {
      workflow.allowStart(control);
      workflow.allowDescribe(control);
    }
    this.functionName = control.function.functionName;
    this.migrationsFunctionName = this.addMigrations(platform).function.functionName;
    this.addClusters(platform);
  }

  private addMigrations(platform: Platform): TenantFunction {
    const migrations = new TenantFunction(this, 'migrations', {
      platform,
      name: 'migrations',
      entry: 'migrations/index',
      timeout: Duration.minutes(1),
      logsInAs: ['platform_migrator', 'catalog_writer'],
      reachesTenants: true,
      reachesDedicated: true,
    });
    migrations.allowOnDatabaseSecrets('migrator', 'secretsmanager:GetSecretValue');
    return migrations;
  }

  private addClusters(platform: Platform): void {
    const { clusterArns, adminSecretArns } = platform.clusters;
    const roles = furtherClusterRoles;
    const clusters = new TenantFunction(this, 'clusters', {
      platform,
      name: 'clusters',
      entry: 'clusters/index',
      timeout: Duration.minutes(2),
      logsInAs: ['catalog_writer'],
    });
    clusters.allowDataApi(...clusterArns);
    const secretArns = [...platform.clusters.secretArnsOf(roles), ...adminSecretArns];
    clusters.allow(['secretsmanager:GetSecretValue'], ...secretArns);
  }
}
