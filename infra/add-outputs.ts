import { CfnOutput } from 'aws-cdk-lib/core';
import type { Stack } from 'aws-cdk-lib/core';

/** Adds an output to the stack for each value that is there. */
export function addOutputs(
  stack: Stack,
  outputs: Readonly<Record<string, string | undefined>>,
): void {
  for (const [name, value] of Object.entries(outputs)) {
    // oxlint-disable-next-line no-new -- an output adds itself to its stack
    if (value !== undefined) new CfnOutput(stack, name, { value });
  }
}
