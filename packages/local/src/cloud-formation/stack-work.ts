import { applyDesign } from './apply-design.ts';
import { clusterIdsOf, removeResources, removeServers } from './remove-resources.ts';
import { toResourceFailure, type ResourceFailure } from './resource-failure.ts';
import type { StackGround } from './stack-ground.ts';
import type { StackRecord } from './stack-record.ts';
import { addEvent } from './stack-store.ts';

/** The work on stacks, which goes on when the request that asked for it has its answer. */
export interface StackWork {
  /** Makes a stack that is `CREATE_IN_PROGRESS`, or takes back what was made of it. */
  create(record: StackRecord): void;
  /** Brings a stack that is `UPDATE_IN_PROGRESS` to its next design, or back to the one it has. */
  update(record: StackRecord): void;
  /** Takes back a creation that failed and was interrupted. */
  rollBack(record: StackRecord): void;
  /** Removes a stack that is `DELETE_IN_PROGRESS`, after what is under way on it. */
  remove(record: StackRecord): void;
  /** Resolves when nothing is under way. */
  settle(): Promise<void>;
}

/** Works on stacks, on each one thing at a time. `writeLog` gets what cannot be told in the stack itself. */
export function createStackWork(ground: StackGround, writeLog: (line: string) => void): StackWork {
  const underWay = new Map<string, Promise<void>>();
  const begin = (record: StackRecord, work: (pass: WorkPass) => Promise<void>) => {
    const before = underWay.get(record.id) ?? Promise.resolve();
    const done = before
      .then(() => work({ record, ground }))
      .catch((error: unknown) => writeLog(`${record.name}: ${describe(error)}`))
      .finally(() => {
        if (underWay.get(record.id) === done) underWay.delete(record.id);
      });
    underWay.set(record.id, done);
  };
  return {
    create: (record) => begin(record, create),
    update: (record) => begin(record, update),
    rollBack: (record) => begin(record, rollBack),
    remove: (record) => begin(record, remove),
    settle: async () => {
      await Promise.all(underWay.values());
    },
  };
}

interface WorkPass {
  readonly record: StackRecord;
  readonly ground: StackGround;
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

async function create({ record, ground }: WorkPass): Promise<void> {
  // Somebody may ask for the deletion at any time; it waits for this to end.
  const isWanted = () => record.status === 'CREATE_IN_PROGRESS';
  if (!isWanted()) return;
  try {
    const { stack } = await applyDesign(record, record.design, ground);
    if (!isWanted()) return;
    record.outputs = stack.outputs;
    ground.store.change(record, { status: 'CREATE_COMPLETE' });
  } catch (error) {
    if (!isWanted()) return;
    const reason = noteFailure(record, error, 'CREATE_FAILED');
    ground.store.change(record, { status: 'ROLLBACK_IN_PROGRESS', reason });
    await rollBack({ record, ground });
  }
}

async function rollBack({ record, ground }: WorkPass): Promise<void> {
  if (record.status !== 'ROLLBACK_IN_PROGRESS') return;
  const { reason } = record;
  try {
    await removeResources(record, ground);
    ground.store.change(record, { status: 'ROLLBACK_COMPLETE', reason });
  } catch (error) {
    noteFailure(record, error, 'DELETE_FAILED');
    ground.store.change(record, { status: 'ROLLBACK_FAILED', reason });
  }
}

async function update(pass: WorkPass): Promise<void> {
  const { record, ground } = pass;
  const { nextDesign } = record;
  if (record.status === 'UPDATE_ROLLBACK_IN_PROGRESS') return await returnToDesign(pass);
  if (record.status !== 'UPDATE_IN_PROGRESS' || nextDesign === undefined) return;
  try {
    const { stack } = await applyDesign(record, nextDesign, ground);
    record.design = nextDesign;
    record.nextDesign = undefined;
    record.outputs = stack.outputs;
    endUpdate(pass, 'UPDATE_COMPLETE');
  } catch (error) {
    const reason = noteFailure(record, error, 'UPDATE_FAILED');
    if (isWorkedOn(record))
      ground.store.change(record, { status: 'UPDATE_ROLLBACK_IN_PROGRESS', reason });
    await returnToDesign(pass);
  }
}

/** Undoes what an update that failed has changed. */
async function returnToDesign(pass: WorkPass): Promise<void> {
  const { record, ground } = pass;
  try {
    await applyDesign(record, record.design, ground);
    const kept = clusterIdsOf(record.design.template);
    const tried = record.nextDesign === undefined ? [] : clusterIdsOf(record.nextDesign.template);
    await removeServers(
      record,
      tried.filter((id) => !kept.includes(id)),
      ground,
    );
    record.nextDesign = undefined;
    endUpdate(pass, 'UPDATE_ROLLBACK_COMPLETE');
  } catch (error) {
    noteFailure(record, error, 'UPDATE_FAILED');
    endUpdate(pass, 'UPDATE_ROLLBACK_FAILED');
  }
}

/** A deletion that was asked for in the meantime keeps its status. */
function endUpdate(
  { record, ground }: WorkPass,
  status: 'UPDATE_COMPLETE' | 'UPDATE_ROLLBACK_COMPLETE' | 'UPDATE_ROLLBACK_FAILED',
): void {
  if (!isWorkedOn(record)) {
    ground.store.save(record);
    return;
  }
  const reason = status === 'UPDATE_COMPLETE' ? undefined : record.reason;
  ground.store.change(record, { status, reason });
}

function isWorkedOn({ status }: StackRecord): boolean {
  return status === 'UPDATE_IN_PROGRESS' || status === 'UPDATE_ROLLBACK_IN_PROGRESS';
}

async function remove({ record, ground }: WorkPass): Promise<void> {
  if (record.status !== 'DELETE_IN_PROGRESS') return;
  try {
    await removeResources(record, ground);
  } catch (error) {
    const reason = noteFailure(record, error, 'DELETE_FAILED');
    ground.store.change(record, { status: 'DELETE_FAILED', reason });
    return;
  }
  record.deletedAt = Date.now();
  record.design = { ...record.design, template: { Resources: {} } };
  record.nextDesign = undefined;
  ground.store.change(record, { status: 'DELETE_COMPLETE' });
}

const verbs = {
  CREATE_FAILED: 'create',
  UPDATE_FAILED: 'update',
  DELETE_FAILED: 'delete',
} as const;

/** Remembers which resource failed and why, and gives the reason for the stack's own status. */
function noteFailure(record: StackRecord, error: unknown, status: keyof typeof verbs): string {
  const failure: ResourceFailure = toResourceFailure(error, record.name);
  const { logicalId, message: reason } = failure;
  const designs = [record.nextDesign, record.design];
  const resource = designs
    .map((design) => design?.template.Resources[logicalId])
    .find((it) => it !== undefined);
  const type = resource?.Type ?? 'AWS::CloudFormation::Stack';
  addEvent(record, { logicalId, type, status, reason });
  return `The following resource(s) failed to ${verbs[status]}: [${logicalId}].`;
}
