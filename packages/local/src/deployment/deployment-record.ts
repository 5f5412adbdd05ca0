import { existsSync, readFileSync } from 'node:fs';
import { LocalError } from '../errors.ts';
import { writeFileAtomicallySync } from '../secrets/write-file-atomically.ts';

/** The properties a custom resource was called with. */
export type ResourceProperties = Readonly<Record<string, unknown>>;

/** What is known of one custom resource. */
export interface RecordedResource {
  readonly type: string;
  readonly onEventArn: string;
  readonly isCompleteArn?: string | undefined;
  /** Both undefined until the first call succeeded. */
  readonly physicalResourceId?: string;
  readonly properties?: ResourceProperties;
  /** What was attempted and has not succeeded yet: after an interruption the resource must be called again. */
  readonly attempted?: ResourceProperties;
}

interface RecordContent {
  readonly v: 1;
  readonly database: string;
  readonly resources: Record<string, RecordedResource>;
}

/** What the last deploys did to the custom resources, kept in a file. */
export interface DeploymentRecord {
  /** All known resources, by logical id. */
  readonly resources: Readonly<Record<string, RecordedResource>>;
  /** Remembers one resource; it is on the disk when the call returns. */
  set(logicalId: string, resource: RecordedResource): void;
  forget(logicalId: string): void;
}

/**
 * The record in `file`. It tells about one database only: under another `database` (its system identifier) nothing has been deployed
 * yet, whatever the file says.
 */
export function openDeploymentRecord(file: string, database: string): DeploymentRecord {
  const stored = readContent(file);
  const resources = stored?.database === database ? { ...stored.resources } : {};
  const write = (): void => {
    const content: RecordContent = { v: 1, database, resources };
    writeFileAtomicallySync(file, `${JSON.stringify(content, null, 2)}\n`);
  };
  return {
    resources,
    set: (logicalId, resource) => {
      resources[logicalId] = resource;
      write();
    },
    forget: (logicalId) => {
      delete resources[logicalId];
      write();
    },
  };
}

function readContent(file: string): RecordContent | undefined {
  if (!existsSync(file)) return undefined;
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as RecordContent;
  } catch (cause) {
    throw new LocalError('LOCAL_DATA_UNREADABLE', `${file} cannot be read.`, {
      next: `remove ${file}: the next start deploys anew, which changes nothing that is up to date`,
      cause,
    });
  }
}
