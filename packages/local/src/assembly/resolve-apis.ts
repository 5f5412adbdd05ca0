import { UnresolvableError } from './assembly-error.ts';
import type { LocalApi, LocalRoute } from './local-stack.ts';
import { executeApiHost, functionArn } from './resource-identity.ts';
import type { StackScope } from './stack-scope.ts';

/** The stack's HTTP APIs with their routes and the host names mapped to them. */
export function resolveApis(scope: StackScope): LocalApi[] {
  return scope.idsOfType('AWS::ApiGatewayV2::Api').map((logicalId) => resolveApi(scope, logicalId));
}

function resolveApi(scope: StackScope, logicalId: string): LocalApi {
  const protocol = scope.text(logicalId, 'ProtocolType');
  if (protocol !== 'HTTP') {
    throw new UnresolvableError(`API ${logicalId} is of type ${protocol}; only HTTP runs here`);
  }
  const id = scope.identity(logicalId).ref;
  return {
    id,
    name: scope.text(logicalId, 'Name') ?? logicalId,
    routes: idsOfApi(scope, 'AWS::ApiGatewayV2::Route', id).map((routeId) =>
      resolveRoute(scope, routeId),
    ),
    domains: idsOfApi(scope, 'AWS::ApiGatewayV2::ApiMapping', id).map((mappingId) =>
      resolveDomain(scope, mappingId),
    ),
    defaultHost: executeApiHost(scope.names, id),
    isDefaultHostDisabled: scope.value(logicalId, 'DisableExecuteApiEndpoint') === true,
  };
}

function idsOfApi(scope: StackScope, type: string, apiId: string): string[] {
  return scope.idsOfType(type).filter((id) => scope.requiredText(id, 'ApiId') === apiId);
}

function resolveDomain(scope: StackScope, mappingId: string): string {
  const key = scope.text(mappingId, 'ApiMappingKey');
  if (key !== undefined && key !== '') {
    throw new UnresolvableError(
      `API mapping ${mappingId} has the path ${key}; only whole domains run here`,
    );
  }
  return scope.requiredText(mappingId, 'DomainName').toLowerCase();
}

function resolveRoute(scope: StackScope, routeId: string): LocalRoute {
  const integrationId = scope.requiredText(routeId, 'Target').replace(/^integrations\//, '');
  const type = scope.text(integrationId, 'IntegrationType');
  const version = scope.text(integrationId, 'PayloadFormatVersion');
  if (type !== 'AWS_PROXY' || version !== '2.0') {
    throw new UnresolvableError(
      `integration ${integrationId} is ${type} with payload format ${version}; only AWS_PROXY with 2.0 runs here`,
    );
  }
  return {
    routeKey: scope.requiredText(routeId, 'RouteKey'),
    functionArn: parseIntegrationUri(scope, scope.requiredText(integrationId, 'IntegrationUri')),
  };
}

function parseIntegrationUri(scope: StackScope, uri: string): string {
  const arn = /arn:[^/]*:lambda:[^/]*:function:[^/]+/.exec(uri)?.[0];
  if (arn === undefined) throw new UnresolvableError(`${uri} is not a function`);
  return functionArn(scope.names, arn);
}
