import type { Node } from 'constructs';
import { parseDeclaredClusters } from './declared-clusters.ts';
import type { DeclaredCluster } from './declared-clusters.ts';

/** What a deployment can be told through CDK context: `npx cdk deploy -c stage=prod -c domain=app.example.com ...`. */
export interface PlatformSettings {
  /**
   * Name of the deployment, part of all resource names; lower-case letters, digits and dashes, 16 at most, and no part `-t`, which begins the
   * names of dedicated tenants' resources.
   * @default 'dev'
   */
  readonly stage: string;
  /**
   * Domain of the operator's site; tenants answer one label below it.
   * @default - no custom domain: both APIs keep their default endpoints
   */
  readonly domain?: string;
  /**
   * ARN of a certificate for the domain and `*.<domain>`, in the stack's region. Must come with a domain.
   * @default -
   */
  readonly certificateArn?: string;
  /**
   * Most Aurora capacity units the cluster may scale to; the number of connections follows from it.
   * @default 8
   */
  readonly maxCapacity: number;
  /**
   * Further Aurora clusters that hold tenants, made elsewhere with the Data API enabled: functions get their rights on exactly these.
   * @default - the home cluster alone
   */
  readonly clusters?: readonly DeclaredCluster[];
  /**
   * ARN of an SNS topic, in the stack's region, that is told when an alarm goes off. CloudWatch must be allowed to publish to it.
   * @default - alarms go off and tell nobody
   */
  readonly alarmTopicArn?: string;
}

const stagePattern = /^(?!.*-t(-|$))[a-z][a-z0-9-]{0,15}$/;
const domainPattern = /^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z][a-z0-9-]{0,61}[a-z0-9]$/;
// A FIFO topic, whose name ends in .fifo, delivers to queues only.
const topicPattern = /^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,256}$/;

/** The deployment's settings from CDK context. Throws an `Error` that names the key, what was given and what is allowed. */
export function parseSettings(node: Node): PlatformSettings {
  const stage = parseText(node, 'stage', stagePattern) ?? 'dev';
  const domain = parseText(node, 'domain', domainPattern);
  const certificateArn = parseText(node, 'certificateArn', /^arn:aws[a-z-]*:acm:/);
  if ((domain === undefined) !== (certificateArn === undefined)) {
    const [given, missing] =
      domain === undefined ? ['certificateArn', 'domain'] : ['domain', 'certificateArn'];
    throw new Error(`context "${given}" is given without "${missing}": add -c ${missing}=...`);
  }
  const alarmTopicArn = parseText(node, 'alarmTopicArn', topicPattern);
  const clusters: unknown = node.tryGetContext('clusters');
  return {
    stage,
    maxCapacity: parseCapacity(node.tryGetContext('maxCapacity') ?? 8),
    ...(domain !== undefined && certificateArn !== undefined && { domain, certificateArn }),
    ...(clusters !== undefined && clusters !== '' && { clusters: parseDeclaredClusters(clusters) }),
    ...(alarmTopicArn !== undefined && { alarmTopicArn }),
  };
}

function parseText(node: Node, key: string, pattern: RegExp): string | undefined {
  const given: unknown = node.tryGetContext(key);
  if (given === undefined || given === '') return undefined;
  if (typeof given === 'string' && pattern.test(given)) return given;
  throw new Error(
    `context "${key}" is ${JSON.stringify(given)}, allowed is text that matches ${pattern.source}`,
  );
}

function parseCapacity(given: unknown): number {
  const capacity = Number(given);
  if (capacity >= 1 && capacity <= 256 && Number.isInteger(capacity * 2)) return capacity;
  throw new Error(
    `context "maxCapacity" is ${JSON.stringify(given)}, allowed is 1 to 256 in steps of 0.5`,
  );
}
