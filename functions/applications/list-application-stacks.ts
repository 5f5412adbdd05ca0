import { paginateDescribeStacks } from '@aws-sdk/client-cloudformation';
import { createCloudFormationClient } from './create-cloud-formation-client.ts';

/** The names of all stacks that begin with `prefix` and are not deleted. */
export async function listApplicationStacks(prefix: string): Promise<string[]> {
  const client = createCloudFormationClient();
  const names: string[] = [];
  for await (const { Stacks = [] } of paginateDescribeStacks({ client }, {})) {
    for (const { StackName: name = '' } of Stacks) if (name.startsWith(prefix)) names.push(name);
  }
  return names;
}
