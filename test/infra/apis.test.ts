import { expect, test } from 'vitest';
import { refOf } from './platform-template.ts';
import { synthesizePlatform, withDomain } from './synthesize-platform.ts';

const open = synthesizePlatform();
const closed = synthesizePlatform(withDomain);

test('without a domain the APIs answer at their default endpoints', () => {
  const apis = open
    .ofType('AWS::ApiGatewayV2::Api')
    .map(({ Properties }) => Properties['DisableExecuteApiEndpoint']);
  expect(apis).toEqual([false, false]);
  expect(open.ofType('AWS::ApiGatewayV2::DomainName')).toEqual([]);
});

test('with a domain the default endpoints are closed', () => {
  const apis = closed
    .ofType('AWS::ApiGatewayV2::Api')
    .map(({ Properties }) => Properties['DisableExecuteApiEndpoint']);
  expect(apis).toEqual([true, true]);
});

test.each([
  ['api', '*.app.example.com'],
  ['site', 'app.example.com'],
])('%s answers at %s', (name, host) => {
  const api = closed.getOne('AWS::ApiGatewayV2::Api', { Name: `tenantry-dev-${name}` });
  const domain = closed.getOne('AWS::ApiGatewayV2::DomainName', { DomainName: host });
  expect(domain.Properties['DomainNameConfigurations']?.['0']?.['CertificateArn']).toBe(
    withDomain.certificateArn,
  );
  const mappings = closed
    .ofType('AWS::ApiGatewayV2::ApiMapping')
    .map(({ Properties }) => Properties);
  expect(mappings).toContainEqual(
    expect.objectContaining({ ApiId: { Ref: api.id }, DomainName: { Ref: domain.id } }),
  );
});

test.each(['api', 'site'])('%s hands every request to the live version of its function', (name) => {
  const apiId = closed.getOne('AWS::ApiGatewayV2::Api', { Name: `tenantry-dev-${name}` }).id;
  const ofApi = (type: string) =>
    closed
      .ofType(`AWS::ApiGatewayV2::${type}`)
      .map(({ Properties }) => Properties)
      .filter(({ ApiId }) => refOf(ApiId) === apiId);
  const functionId = closed.functions().get(name)?.id;
  const alias = closed
    .ofType('AWS::Lambda::Alias')
    .find(({ Properties }) => refOf(Properties['FunctionName']) === functionId);
  expect(alias?.Properties['Name']).toBe('live');
  expect(ofApi('Route')).toEqual([expect.objectContaining({ RouteKey: '$default' })]);
  expect(ofApi('Integration')).toEqual([
    expect.objectContaining({
      IntegrationType: 'AWS_PROXY',
      IntegrationUri: { Ref: alias?.id },
      PayloadFormatVersion: '2.0',
    }),
  ]);
  expect(ofApi('Stage')).toEqual([
    expect.objectContaining({
      AutoDeploy: true,
      StageName: '$default',
      DefaultRouteSettings: { ThrottlingRateLimit: 1000, ThrottlingBurstLimit: 2000 },
      AccessLogSettings: expect.objectContaining({ DestinationArn: expect.anything() }),
    }),
  ]);
});

test('no API answers cross-origin requests', () => {
  for (const { Properties } of closed.ofType('AWS::ApiGatewayV2::Api')) {
    expect(Properties['CorsConfiguration']).toBeUndefined();
  }
});
