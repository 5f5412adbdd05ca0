import type { LocalTable } from '../dynamo-db/table-store.ts';
import { UnresolvableError } from './assembly-error.ts';
import type { StackScope } from './stack-scope.ts';

/** The stack's DynamoDB tables. Throws `UnresolvableError` for one with indexes, which are not kept here. */
export function resolveTables(scope: StackScope): LocalTable[] {
  return scope.idsOfType('AWS::DynamoDB::Table').map((logicalId) => resolveTable(scope, logicalId));
}

function resolveTable(scope: StackScope, logicalId: string): LocalTable {
  const { Properties = {} } = scope.resource(logicalId);
  const index = ['GlobalSecondaryIndexes', 'LocalSecondaryIndexes'].find((it) => it in Properties);
  if (index !== undefined)
    throw new UnresolvableError(`table ${logicalId} has ${index}; only plain tables run here`);
  return {
    name: scope.identity(logicalId).ref,
    arn: scope.getAtt(logicalId, 'Arn'),
    keySchema: scope.value(logicalId, 'KeySchema') as LocalTable['keySchema'],
    attributeDefinitions: scope.value(
      logicalId,
      'AttributeDefinitions',
    ) as LocalTable['attributeDefinitions'],
  };
}
