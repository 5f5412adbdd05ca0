import {
  ApplicationFailedError,
  ApplicationLaunchingError,
  ApplicationRemovingError,
  forgetOwnCluster,
  giveCluster,
  type CatalogDb,
  type Cluster,
  type CreateTenantState,
  type FurtherCluster,
  type TenantId,
} from '@tenantry/tenancy';
import {
  isMadeFor,
  type ApplicationStack,
  type ApplicationStacks,
} from '../applications/application-stacks.ts';
import type { FurtherPlace } from '../clusters/prepare-further-cluster.ts';
import type { RoleSecrets } from '../clusters/open-further-cluster.ts';
import { secretArnOf, tenantIdOf } from './state.ts';

/** What the steps of worker `launcher` work with. */
export interface LauncherStepsOptions {
  readonly stacks: Pick<
    ApplicationStacks,
    'nameOf' | 'find' | 'create' | 'remove' | 'explainFailure' | 'describeWork'
  >;
  readonly catalog: CatalogDb;
  /** Makes everything in a new cluster that its tenant needs, and answers the secrets of the platform's roles there. */
  readonly openCluster: (place: FurtherPlace) => Promise<RoleSecrets>;
}

/** The steps of worker `launcher`, which has a dedicated tenant's stack made and removed. CloudFormation does the work; these look again until it is done. */
export function launcherSteps({ stacks, catalog, openCluster }: LauncherStepsOptions) {
  const failed = async (stack: ApplicationStack) =>
    new ApplicationFailedError(stack.name, stack.status, await stacks.explainFailure(stack));
  const remove = async (stack: ApplicationStack, id: TenantId) => {
    // CloudFormation takes no deletion in the middle of an update or a way back.
    if (!['removing', 'updating', 'rolling-back'].includes(stack.phase)) await stacks.remove(id);
    return new ApplicationRemovingError(stack.name, await stacks.describeWork(stack));
  };
  return {
    async launch(state: CreateTenantState) {
      const id = tenantIdOf(state);
      const tenant = { id, host: state.request.domain, secretArn: secretArnOf(state) };
      const stack = await stacks.find(id);
      if (stack === undefined) await stacks.create(tenant);
      // What an earlier creation left behind; its name is free only when it is gone.
      else if (isLeftOver(stack) || !isMadeFor(stack, tenant)) throw await remove(stack, id);
      return state;
    },
    async 'await-launch'(state: CreateTenantState) {
      const tenantId = tenantIdOf(state);
      const stack = await stacks.find(tenantId);
      if (stack === undefined) {
        const name = stacks.nameOf(tenantId);
        throw new ApplicationFailedError(name, 'gone', 'somebody else has removed it meanwhile');
      }
      if (stack.phase === 'creating' || stack.phase === 'updating')
        throw new ApplicationLaunchingError(stack.name, await stacks.describeWork(stack));
      if (stack.phase !== 'ready') throw await failed(stack);
      const place = placeIn(stack, tenantId);
      const secrets = await openCluster(place);
      const entry: Cluster = {
        id: tenantId,
        resourceArn: place.clusterArn,
        database: place.database,
        adminSecretArn: place.adminSecretArn,
        capacity: 1,
        ...secrets,
      };
      await giveCluster(catalog, { ...entry, dedicated: { tenantId, stack: stack.name } });
      return { ...state, cluster: toFurtherCluster(place, secrets) };
    },
    async remove<State extends { readonly tenantId?: string }>(state: State) {
      if (state.tenantId === undefined) return state;
      const id = tenantIdOf(state);
      await forgetOwnCluster(catalog, id);
      const stack = await stacks.find(id);
      if (stack !== undefined) throw await remove(stack, id);
      return state;
    },
  };
}

function isLeftOver({ phase }: ApplicationStack): boolean {
  return phase === 'removing' || phase === 'rolling-back' || phase === 'failed';
}

/** The database of every cluster that our stacks make. */
const database = 'tenantry';

function placeIn({ name, outputs }: ApplicationStack, id: string): FurtherPlace {
  const { ClusterArn: clusterArn, AdminSecretArn: adminSecretArn } = outputs;
  if (clusterArn === undefined || adminSecretArn === undefined)
    throw new TypeError(`stack ${name} does not say where its cluster is`);
  return { id, clusterArn, database, adminSecretArn };
}

function toFurtherCluster(place: FurtherPlace, secrets: RoleSecrets): FurtherCluster {
  const { id, clusterArn } = place;
  const { provisionerSecretArn, migratorSecretArn } = secrets;
  return { id, clusterArn, database: place.database, provisionerSecretArn, migratorSecretArn };
}
