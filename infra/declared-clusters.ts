/** A cluster that the deployment may work on; `tenantry cluster add` then prepares it. */
export interface DeclaredCluster {
  /** Its name: lower-case letters, digits and dashes, 20 at most. */
  readonly id: string;
  readonly arn: string;
  /** ARN of the secret of its master user. */
  readonly adminSecretArn: string;
}

/** What each member must look like; the home cluster is called main. */
const patterns: Readonly<Record<keyof DeclaredCluster, RegExp>> = {
  id: /^(?!main$)(?=.{1,20}$)[a-z][a-z0-9]*(-[a-z0-9]+)*$/,
  arn: /^arn:aws[a-z-]*:rds:[a-z0-9-]+:\d{12}:cluster:[a-z0-9-]+$/,
  adminSecretArn: /^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[^*?]+$/,
};

/**
 * The clusters in the context `clusters`: a list, or the same as JSON text, as it comes from the command line. Throws an `Error` that names
 * the member, what was given and what is allowed.
 */
export function parseDeclaredClusters(given: unknown): readonly DeclaredCluster[] {
  const list = typeof given === 'string' ? parseJson(given) : given;
  if (!Array.isArray(list)) throw refusal('the list', given, 'a list of {id, arn, adminSecretArn}');
  const clusters = list.map(parseCluster);
  for (const key of ['id', 'arn'] as const) {
    const values = clusters.map((cluster) => cluster[key]);
    const twice = values.find((value, index) => values.indexOf(value) !== index);
    if (twice !== undefined) throw refusal(`each ${key}`, twice, `one cluster with this ${key}`);
  }
  return clusters;
}

function parseCluster(given: unknown, index: number): DeclaredCluster {
  const members = { ...(given as Readonly<Record<string, unknown>> | null) };
  for (const key of Object.keys({ ...patterns, ...members })) {
    const pattern = Object.hasOwn(patterns, key)
      ? patterns[key as keyof DeclaredCluster]
      : undefined;
    const value = members[key];
    if (pattern === undefined)
      throw refusal(`${index}.${key}`, value, 'id, arn and adminSecretArn');
    if (typeof value !== 'string' || !pattern.test(value))
      throw refusal(`${index}.${key}`, value, `text that matches ${pattern.source}`);
  }
  return members as unknown as DeclaredCluster;
}

function refusal(place: string, given: unknown, allowed: string): Error {
  return new Error(
    `context "clusters", ${place}: given is ${JSON.stringify(given)}, allowed is ${allowed}`,
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
