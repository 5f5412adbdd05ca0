import { CfnOutput, Stack } from 'aws-cdk-lib/core';
import type { StackProps } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { ControlApi } from './constructs/control-api.ts';
import { FurtherClusters } from './constructs/further-clusters.ts';
import type { CustomHost } from './constructs/host-api.ts';
import { SiteApi } from './constructs/site-api.ts';
import { TenantAudit } from './constructs/tenant-audit.ts';
import { TenantApi } from './constructs/tenant-api.ts';
import { TenantCaches } from './constructs/tenant-caches.ts';
import { TenantDatabase } from './constructs/tenant-database.ts';
import { TenantFleet } from './constructs/tenant-fleet.ts';
import type { MigrationHashes } from './constructs/tenant-fleet.ts';
import { TenantLifecycle } from './constructs/tenant-lifecycle.ts';
import type { FunctionCode } from './function-code.ts';
import type { Platform } from './platform.ts';
import type { PlatformSettings } from './settings.ts';

/** Properties of `PlatformStack`. */
export interface PlatformStackProps extends StackProps, PlatformSettings {
  /** Where the functions' code comes from. */
  readonly code: FunctionCode;
  /** The migrations of this deployment. */
  readonly migrations: MigrationHashes;
  /** Changes with what `prepare-cluster` does, so that a deployment runs it again. */
  readonly installationHash: string;
}

/**
 * The whole platform: requests come in at the APIs, operators at the control plane; the control plane starts the workflows, and the
 * deployment itself migrates the fleet before the APIs' new versions go live. Everything meets in the database.
 */
export class PlatformStack extends Stack {
  constructor(scope: Construct, id: string, props: PlatformStackProps) {
    super(scope, id, props);
    const { stage, code } = props;
    const database = new TenantDatabase(this, 'database', props);
    const platform: Platform = {
      stage,
      code,
      database,
      clusters: new FurtherClusters(this, 'clusters', { stage, clusters: props.clusters ?? [] }),
      baseDomain: props.domain ?? 'tenantry.invalid',
    };

    const lifecycle = new TenantLifecycle(this, 'lifecycle', { platform });
    const fleet = new TenantFleet(this, 'fleet', { platform, ...props });
    // A tenant that is being created while the fleet is migrated must get the new migrations from its own workflow.
    fleet.migration.node.addDependency(lifecycle);
    const control = new ControlApi(this, 'control', {
      platform,
      createTenant: lifecycle.createTenant,
      createTenants: lifecycle.createTenants,
      deleteTenant: lifecycle.deleteTenant,
      migrateFleet: fleet.migrateFleet,
    });

    const audit = new TenantAudit(this, 'audit', { platform });
    audit.node.addDependency(fleet.migration);

    const liveAfter = fleet.migration;
    const tenants = new TenantApi(this, 'tenants', { platform, liveAfter, ...hostOf(props, '*.') });
    const usedBy = [tenants.handler, lifecycle.tenantWorker];
    const caches = new TenantCaches(this, 'caches', { stage, usedBy });
    const site = new SiteApi(this, 'site', { platform, liveAfter, ...hostOf(props, '') });

    addOutputs(this, {
      ClusterArn: database.clusterArn,
      CacheTable: caches.tableName,
      ControlFunction: control.functionName,
      MigrationsFunction: control.migrationsFunctionName,
      CreateTenantMachineArn: lifecycle.createTenant.stateMachineArn,
      CreateTenantsMachineArn: lifecycle.createTenants.stateMachineArn,
      DeleteTenantMachineArn: lifecycle.deleteTenant.stateMachineArn,
      MigrateFleetMachineArn: fleet.migrateFleet.stateMachineArn,
      TenantApiEndpoint: tenants.api.endpoint,
      TenantApiDnsTarget: tenants.api.dnsTarget,
      SiteApiEndpoint: site.api.endpoint,
      SiteApiDnsTarget: site.api.dnsTarget,
    });
  }
}

function addOutputs(
  stack: Stack,
  outputs: Readonly<Record<string, string | undefined>>,
): CfnOutput[] {
  return Object.entries(outputs).flatMap(([name, value]) =>
    value === undefined ? [] : [new CfnOutput(stack, name, { value })],
  );
}

function hostOf(settings: PlatformSettings, prefix: string): { readonly host?: CustomHost } {
  const { domain, certificateArn } = settings;
  if (domain === undefined || certificateArn === undefined) return {};
  return { host: { name: `${prefix}${domain}`, certificateArn } };
}
