import { CloudFormationClient, paginateDescribeStacks } from '@aws-sdk/client-cloudformation';

/** The names of all stacks that begin with `prefix` and are not deleted. */
export async function listApplicationStacks(prefix: string): Promise<string[]> {
  const client = new CloudFormationClient({ retryMode: 'adaptive', maxAttempts: 5 });
  const names: string[] = [];
  for await (const { Stacks = [] } of paginateDescribeStacks({ client }, {})) {
    for (const { StackName: name = '' } of Stacks) if (name.startsWith(prefix)) names.push(name);
  }
  return names;
}
