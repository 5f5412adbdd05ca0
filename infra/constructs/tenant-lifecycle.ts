import {
  createTenantSteps,
  deleteTenantSteps,
  markFailedStep,
  resumeTenantSteps,
  suspendTenantSteps,
} from '@tenantry/tenancy';
import type { LifecycleStep, LifecycleWorker } from '@tenantry/tenancy';
import { Duration } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { furtherClusterRoles } from '../../functions/environment.ts';
import type { FunctionEntry } from '../function-code.ts';
import { dedicatedSecretPrefix, tenantSecretPrefix } from '../platform.ts';
import type { Platform } from '../platform.ts';
import { drawBulkCreation } from '../workflows/bulk-creation.ts';
import { drawLifecycle } from '../workflows/lifecycle.ts';
import type { DrawLifecycleOptions } from '../workflows/lifecycle.ts';
import type { TenantApplications } from './tenant-applications.ts';
import { TenantFunction } from './tenant-function.ts';
import type { TenantFunctionProps } from './tenant-function.ts';
import { TenantWorkflow, toWorker } from './tenant-workflow.ts';

/** Properties of `TenantLifecycle`. */
export interface TenantLifecycleProps {
  readonly platform: Platform;
  /** The stacks of dedicated tenants. */
  readonly applications: TenantApplications;
}

type Workers = Readonly<Record<LifecycleWorker, TenantFunction>>;

type WorkerProps = Pick<
  TenantFunctionProps,
  'logsInAs' | 'reachesTenants' | 'reachesDedicated' | 'environment'
> & { readonly timeout?: Duration };

/** What a workflow is drawn from. */
type WorkflowDrawing = Pick<DrawLifecycleOptions, 'steps' | 'isolation'> & {
  readonly workers: Workers;
};

/**
 * The workflows `create-tenant`, `suspend-tenant`, `resume-tenant` and `delete-tenant`, and one worker function for each set of rights their
 * steps need. `create-tenants` makes many: its worker does all steps in one process and so has the rights of all workers together, and no more.
 */
export class TenantLifecycle extends Construct {
  readonly createTenant: TenantWorkflow;
  readonly createTenants: TenantWorkflow;
  readonly suspendTenant: TenantWorkflow;
  readonly resumeTenant: TenantWorkflow;
  readonly deleteTenant: TenantWorkflow;
  /** Logs in as the tenants themselves, and clears their caches. */
  readonly tenantWorker: TenantFunction;
  private readonly platform: Platform;
  private readonly applications: TenantApplications;

  constructor(scope: Construct, id: string, props: TenantLifecycleProps) {
    super(scope, id);
    this.platform = props.platform;
    this.applications = props.applications;
    const workers = this.addWorkers();
    this.tenantWorker = workers.tenant;
    this.createTenant = this.addWorkflow('create-tenant', {
      steps: createTenantSteps,
      isolation: '$.request.isolation',
      workers,
    });
    this.createTenants = this.addBulkWorkflow(workers.registry);
    this.suspendTenant = this.addWorkflow('suspend-tenant', {
      steps: suspendTenantSteps,
      isolation: '$.isolation',
      workers,
    });
    this.resumeTenant = this.addWorkflow('resume-tenant', {
      steps: resumeTenantSteps,
      isolation: '$.isolation',
      workers,
    });
    this.deleteTenant = this.addWorkflow('delete-tenant', {
      steps: deleteTenantSteps,
      isolation: '$.isolation',
      workers,
    });
  }

  private addWorkers(): Workers {
    const { stage } = this.platform;
    const environment = { tenantSecretPrefix: tenantSecretPrefix(stage) };
    const reachesAll = { reachesTenants: true, reachesDedicated: true };
    const workers = {
      registry: this.addWorker('registry', { logsInAs: ['catalog_writer'] }),
      secrets: this.addWorker('secrets', {
        logsInAs: [],
        environment: { ...environment, dedicatedSecretPrefix: dedicatedSecretPrefix(stage) },
      }),
      launcher: this.addLauncher(),
      provisioner: this.addWorker('provisioner', {
        logsInAs: ['platform_provisioner', 'catalog_writer'],
        ...reachesAll,
        // A tenant that shares tables is deleted row by row.
        timeout: Duration.minutes(15),
        environment,
      }),
      migrator: this.addWorker('migrator', {
        logsInAs: ['platform_migrator'],
        ...reachesAll,
        timeout: Duration.minutes(5),
      }),
      tenant: this.addWorker('tenant', { logsInAs: [], ...reachesAll, environment }),
    };
    allowSecretKeeping(workers.secrets);
    workers.secrets.allowOnDedicatedSecrets(...secretKeeping);
    for (const reader of [workers.provisioner, workers.tenant]) {
      reader.allowOnTenantSecrets('secretsmanager:GetSecretValue');
      reader.allowOnDedicatedSecrets('secretsmanager:GetSecretValue');
    }
    allowCustomerServers(workers);
    return workers;
  }

  private addWorker(worker: LifecycleWorker, props: WorkerProps): TenantFunction {
    const entry: FunctionEntry = `lifecycle/${worker}`;
    const name = `lifecycle-${worker}`;
    return new TenantFunction(this, worker, {
      platform: this.platform,
      name,
      entry,
      timeout: Duration.minutes(1),
      ...props,
    });
  }

  private addLauncher(): TenantFunction {
    const launcher = this.addWorker('launcher', {
      logsInAs: ['catalog_writer'],
      timeout: Duration.minutes(5),
      environment: this.applications.environment,
    });
    this.applications.allowLaunch(launcher);
    // It prepares new clusters: makes the platform's roles there with the passwords of their secrets.
    launcher.allowDedicatedMasters();
    launcher.reachDedicated(furtherClusterRoles);
    return launcher;
  }

  private addBulkWorkflow(registry: TenantFunction): TenantWorkflow {
    const bulk = new TenantFunction(this, 'bulk', {
      platform: this.platform,
      name: 'lifecycle-bulk',
      entry: 'lifecycle/bulk',
      timeout: Duration.minutes(15),
      memorySize: 1024,
      logsInAs: ['platform_provisioner', 'platform_migrator', 'catalog_writer'],
      reachesTenants: true,
      environment: { tenantSecretPrefix: tenantSecretPrefix(this.platform.stage) },
    });
    allowSecretKeeping(bulk);
    bulk.allowOnTenantSecrets('secretsmanager:GetSecretValue');
    const workflow = new TenantWorkflow(this, 'create-tenants', {
      stage: this.platform.stage,
      name: 'create-tenants',
      workers: [bulk, registry],
      definition: drawBulkCreation({ bulk: toWorker(bulk), registry: toWorker(registry) }),
    });
    workflow.allowChildExecutions();
    return workflow;
  }

  private addWorkflow(name: string, drawing: WorkflowDrawing): TenantWorkflow {
    const { steps, isolation, workers } = drawing;
    return new TenantWorkflow(this, name, {
      stage: this.platform.stage,
      name,
      workers: workersOf(steps).map((worker) => workers[worker]),
      definition: drawLifecycle({
        comment: `Steps: ${steps.map((step) => step.name).join(', ')}.`,
        steps,
        isolation,
        workers: {
          registry: toWorker(workers.registry),
          secrets: toWorker(workers.secrets),
          launcher: { ...toWorker(workers.launcher), awaitsApplications: true },
          provisioner: toWorker(workers.provisioner),
          migrator: toWorker(workers.migrator),
          tenant: toWorker(workers.tenant),
        },
      }),
    });
  }
}

function workersOf(steps: readonly LifecycleStep[]): LifecycleWorker[] {
  const drawn = [
    ...steps.flatMap(({ worker, undo }) => [worker, undo?.worker]),
    markFailedStep.worker,
  ];
  return [...new Set(drawn.filter((worker) => worker !== undefined))];
}

/** In customers' databases: who makes places there and takes them away, and who changes tables. */
function allowCustomerServers({ secrets, provisioner, migrator }: Workers): void {
  for (const login of ['admin', 'migrator'] as const) {
    provisioner.allowOnDatabaseSecrets(
      login,
      'secretsmanager:GetSecretValue',
      'secretsmanager:DeleteSecret',
    );
  }
  migrator.allowOnDatabaseSecrets('migrator', 'secretsmanager:GetSecretValue');
  secrets.allowOnDatabaseSecrets(
    'migrator',
    'secretsmanager:CreateSecret',
    'secretsmanager:TagResource',
    'secretsmanager:DescribeSecret',
    'secretsmanager:RestoreSecret',
  );
}

const secretKeeping = [
  'secretsmanager:CreateSecret',
  'secretsmanager:TagResource',
  'secretsmanager:DescribeSecret',
  'secretsmanager:RestoreSecret',
  'secretsmanager:DeleteSecret',
];

function allowSecretKeeping(secrets: TenantFunction): void {
  secrets.allow(['secretsmanager:GetRandomPassword'], '*');
  secrets.acknowledgeWildcard('*', 'GetRandomPassword makes a password and has no resource.');
  secrets.allowOnTenantSecrets(...secretKeeping);
}
