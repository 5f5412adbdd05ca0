import type { LocalStack } from '../assembly/local-stack.ts';
import type { StackScope } from '../assembly/stack-scope.ts';
import { ResourceFailure } from './resource-failure.ts';

/** The types whose names are an account's: two stacks cannot have the same one. */
const namesOf: Readonly<Record<string, (stack: LocalStack) => readonly string[]>> = {
  'AWS::Lambda::Function': ({ functions }) => functions.map(({ name }) => name),
  'AWS::DynamoDB::Table': ({ tables }) => tables.map(({ name }) => name),
  'AWS::IAM::Role': ({ roles }) => roles.map(({ name }) => name),
  'AWS::RDS::DBCluster': ({ clusters }) => clusters.map(({ arn }) => arn.split(':').at(-1) ?? arn),
  'AWS::ApiGatewayV2::DomainName': ({ apis }) => apis.flatMap(({ domains }) => domains),
};

/** Throws `ResourceFailure` for the first resource whose name one of the other stacks has. */
export function assertNamesFree(scope: StackScope, others: readonly LocalStack[]): void {
  for (const [type, readNames] of Object.entries(namesOf)) {
    const taken = new Set(others.flatMap(readNames));
    for (const logicalId of scope.idsOfType(type)) {
      const name = scope.identity(logicalId).ref;
      if (taken.has(name)) throw new ResourceFailure(logicalId, `${name} already exists`);
    }
  }
}
