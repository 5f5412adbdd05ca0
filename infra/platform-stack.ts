import { RemovalPolicy, Stack } from 'aws-cdk-lib/core';
import type { StackProps } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { roleSecretKeys } from '../functions/environment.ts';
import { addOutputs } from './add-outputs.ts';
import { ControlApi } from './constructs/control-api.ts';
import { FurtherClusters } from './constructs/further-clusters.ts';
import type { CustomHost } from './constructs/host-api.ts';
import { SiteApi } from './constructs/site-api.ts';
import type { PlatformRole } from './constructs/platform-secrets.ts';
import { TenantApplications } from './constructs/tenant-applications.ts';
import { TenantAudit } from './constructs/tenant-audit.ts';
import { TenantApi } from './constructs/tenant-api.ts';
import { TenantCaches } from './constructs/tenant-caches.ts';
import { TenantDatabase } from './constructs/tenant-database.ts';
import { TenantFleet } from './constructs/tenant-fleet.ts';
import type { MigrationHashes } from './constructs/tenant-fleet.ts';
import { TenantLifecycle } from './constructs/tenant-lifecycle.ts';
import type { FunctionCode } from './function-code.ts';
import { baseDomainOf, homeClusterName, resourceName } from './platform.ts';
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
  /** The file that holds the template of dedicated tenants' stacks. */
  readonly applicationTemplate: string;
}

/**
 * The whole platform: requests come in at the APIs, operators at the control plane; the control plane starts the workflows, and the
 * deployment itself migrates the fleet before the APIs' new versions go live. Everything meets in the database.
 */
export class PlatformStack extends Stack {
  constructor(scope: Construct, id: string, props: PlatformStackProps) {
    super(scope, id, props);
    const { stage, code } = props;
    const database = addDatabase(this, props);
    const platform: Platform = {
      stage,
      code,
      database,
      clusters: new FurtherClusters(this, 'clusters', { stage, clusters: props.clusters ?? [] }),
      baseDomain: baseDomainOf(props.domain),
    };

    const applications = new TenantApplications(this, 'applications', { platform, ...props });
    const lifecycle = new TenantLifecycle(this, 'lifecycle', { platform, applications });
    const fleet = new TenantFleet(this, 'fleet', { platform, ...props });
    // A tenant that is being created while the fleet is migrated must get the new migrations from its own workflow.
    fleet.migration.node.addDependency(lifecycle);
    applications.updateAfter(fleet.migration);
    const control = new ControlApi(this, 'control', {
      platform,
      lifecycle,
      migrateFleet: fleet.migrateFleet,
    });

    const audit = new TenantAudit(this, 'audit', {
      platform,
      runsAfter: fleet.migration,
      ...props,
    });

    const liveAfter = fleet.migration;
    const tenants = new TenantApi(this, 'tenants', { platform, liveAfter, ...hostOf(props, '*.') });
    const usedBy = [tenants.handler, lifecycle.tenantWorker, audit.isolationCheck];
    const caches = new TenantCaches(this, 'caches', {
      tableName: resourceName(stage, 'cache'),
      removalPolicy: RemovalPolicy.RETAIN,
      usedBy,
    });
    const site = new SiteApi(this, 'site', { platform, liveAfter, ...hostOf(props, '') });

    addOutputs(this, {
      ClusterArn: database.clusterArn,
      CacheTable: caches.tableName,
      ControlFunction: control.functionName,
      MigrationsFunction: control.migrationsFunctionName,
      CreateTenantMachineArn: lifecycle.createTenant.stateMachineArn,
      CreateTenantsMachineArn: lifecycle.createTenants.stateMachineArn,
      SuspendTenantMachineArn: lifecycle.suspendTenant.stateMachineArn,
      ResumeTenantMachineArn: lifecycle.resumeTenant.stateMachineArn,
      DeleteTenantMachineArn: lifecycle.deleteTenant.stateMachineArn,
      MigrateFleetMachineArn: fleet.migrateFleet.stateMachineArn,
      TenantApiEndpoint: tenants.api.endpoint,
      TenantApiDnsTarget: tenants.api.dnsTarget,
      SiteApiEndpoint: site.api.endpoint,
      SiteApiDnsTarget: site.api.dnsTarget,
    });
  }
}

function addDatabase(stack: Stack, { stage, maxCapacity }: PlatformSettings): TenantDatabase {
  return new TenantDatabase(stack, 'database', {
    name: homeClusterName(stage),
    maxCapacity,
    secrets: {
      prefix: `tenantry/${stage}/platform`,
      roles: Object.keys(roleSecretKeys) as PlatformRole[],
    },
    removalPolicy: RemovalPolicy.RETAIN,
  });
}

function hostOf(settings: PlatformSettings, prefix: string): { readonly host?: CustomHost } {
  const { domain, certificateArn } = settings;
  if (domain === undefined || certificateArn === undefined) return {};
  return { host: { name: `${prefix}${domain}`, certificateArn } };
}
