import type { CompiledMigrations } from '@tenantry/migrations';
import { Duration } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { Platform } from '../platform.ts';
import { drawFleet } from '../workflows/fleet.ts';
import { DeploymentStep } from './deployment-step.ts';
import { TenantFunction } from './tenant-function.ts';
import { TenantWorkflow, toWorker } from './tenant-workflow.ts';

/** The names by which a deployment's migrations are recognised. */
export type MigrationHashes = Pick<CompiledMigrations, 'hash'> & {
  readonly scopes: { readonly catalog: { readonly hash: string } };
};

/** Properties of `TenantFleet`. */
export interface TenantFleetProps {
  readonly platform: Platform;
  /** The migrations of this deployment. */
  readonly migrations: MigrationHashes;
  /** Changes with what `prepare-cluster` does, so that a deployment runs it again. */
  readonly installationHash: string;
}

/**
 * The workflow `migrate-fleet` and the two steps of a deployment: the cluster is prepared (roles, schemas, catalog), then a run brings
 * all tenants to the deployment's migrations. Whatever must not go live before that depends on `migration`.
 */
export class TenantFleet extends Construct {
  readonly migrateFleet: TenantWorkflow;
  /** Complete when all tenants have the deployment's migrations. */
  readonly migration: DeploymentStep;
  private readonly platform: Platform;

  constructor(scope: Construct, id: string, props: TenantFleetProps) {
    super(scope, id);
    this.platform = props.platform;
    this.migrateFleet = this.addWorkflow();
    const preparation = this.prepareCluster(
      `${props.installationHash}-${props.migrations.scopes.catalog.hash}`,
    );
    this.migration = this.migrateOnDeploy(props.migrations.hash);
    this.migration.node.addDependency(preparation, this.migrateFleet);
  }

  private addWorkflow(): TenantWorkflow {
    const { platform } = this;
    const migrator = new TenantFunction(this, 'migrator', {
      platform,
      name: 'fleet-migrator',
      entry: 'fleet/migrator',
      timeout: Duration.minutes(15),
      logsInAs: ['platform_migrator', 'platform_indexer', 'catalog_writer'],
      reachesTenants: true,
      reachesDedicated: true,
    });
    migrator.allowOnDatabaseSecrets('migrator', 'secretsmanager:GetSecretValue');
    const coordinator = new TenantFunction(this, 'coordinator', {
      platform,
      name: 'fleet-coordinator',
      entry: 'fleet/coordinator',
      timeout: Duration.minutes(1),
      logsInAs: ['catalog_writer'],
    });
    const workflow = new TenantWorkflow(this, 'migrate-fleet', {
      stage: platform.stage,
      name: 'migrate-fleet',
      workers: [migrator, coordinator],
      definition: drawFleet({ migrator: toWorker(migrator), coordinator: toWorker(coordinator) }),
    });
    workflow.allowChildExecutions();
    return workflow;
  }

  private prepareCluster(hash: string): DeploymentStep {
    const { platform } = this;
    const { database } = platform;
    const prepare = new TenantFunction(this, 'prepare-cluster', {
      platform,
      name: 'prepare-cluster',
      entry: 'fleet/prepare-cluster',
      exportName: 'onEvent',
      timeout: Duration.minutes(10),
      logsInAs: [
        'platform_provisioner',
        'platform_migrator',
        'platform_indexer',
        'platform_auditor',
        'catalog_writer',
        'catalog_reader',
        'site',
      ],
      reachesTenants: true,
      reachesDedicated: true,
      environment: { adminSecretArn: database.adminSecretArn },
    });
    prepare.allowDedicatedMasters();
    const adminSecretArns = [database.adminSecretArn, ...platform.clusters.adminSecretArns];
    prepare.allow(['secretsmanager:GetSecretValue'], ...adminSecretArns);
    const preparation = new DeploymentStep(this, 'PrepareCluster', {
      resourceType: 'Custom::PrepareCluster',
      onEvent: prepare,
      properties: {
        hash,
        clusterArn: database.clusterArn,
      },
    });
    preparation.node.addDependency(database);
    return preparation;
  }

  private migrateOnDeploy(hash: string): DeploymentStep {
    const onEvent = this.addDeployFunction('on-deploy', 'onEvent');
    const isComplete = this.addDeployFunction('on-deploy-complete', 'isComplete');
    this.migrateFleet.allowStart(onEvent);
    this.migrateFleet.allowDescribe(isComplete);
    return new DeploymentStep(this, 'MigrateFleet', {
      resourceType: 'Custom::MigrateFleet',
      onEvent,
      isComplete,
      properties: { hash },
    });
  }

  private addDeployFunction(name: string, exportName: string): TenantFunction {
    return new TenantFunction(this, name, {
      platform: this.platform,
      name,
      entry: 'fleet/on-deploy',
      exportName,
      timeout: Duration.minutes(1),
      logsInAs: ['catalog_writer'],
      environment: { migrateFleetMachineArn: this.migrateFleet.stateMachineArn },
    });
  }
}
