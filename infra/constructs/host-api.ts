import {
  ApiMapping,
  DomainName,
  HttpApi,
  HttpStage,
  LogGroupLogDestination,
} from 'aws-cdk-lib/aws-apigatewayv2';
import type { ApiMappingProps } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { RemovalPolicy, Validations } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { IDependable } from 'constructs';
import { resourceName } from '../platform.ts';
import type { TenantFunction } from './tenant-function.ts';

/** A host name, `app.example.com` or `*.app.example.com`, and the certificate for it. */
export interface CustomHost {
  readonly name: string;
  readonly certificateArn: string;
}

/** Properties of `HostApi`. */
export interface HostApiProps {
  /** Name of the deployment. */
  readonly stage: string;
  /** Last part of the API's name. */
  readonly name: string;
  /** Answers all requests, as the version behind alias `live`. */
  readonly handler: TenantFunction;
  /** A new version of the handler goes live only after this. */
  readonly liveAfter: IDependable;
  /**
   * The host names that lead to the API; its default endpoint is then closed.
   * @default - the default endpoint is open
   */
  readonly host?: CustomHost;
}

/** An HTTP API that hands every request of one host name to one function. */
export class HostApi extends Construct {
  /** Where the API answers: `https://*.app.example.com`, or the default endpoint without a custom host. */
  readonly endpoint: string;
  /** The name to which DNS must point the custom host. */
  readonly dnsTarget?: string;

  constructor(scope: Construct, id: string, props: HostApiProps) {
    super(scope, id);
    const api = this.addApi(props);
    const stage = this.addStage(api, props);
    if (props.host === undefined) {
      this.endpoint = api.apiEndpoint;
    } else {
      this.endpoint = `https://${props.host.name}`;
      const domainName = this.addHost(props.host);
      this.dnsTarget = domainName.regionalDomainName;
      this.addMapping({ api, domainName, stage });
    }
  }

  private addApi(props: HostApiProps): HttpApi {
    const live = props.handler.function.addAlias('live') as IFunction;
    const api = new HttpApi(this, 'api', {
      apiName: resourceName(props.stage, props.name),
      createDefaultStage: false,
      // With a host of its own the default endpoint would be a second door, past the check of the host name.
      disableExecuteApiEndpoint: props.host !== undefined,
      defaultIntegration: new HttpLambdaIntegration('handler', live),
    });
    live.node.addDependency(props.liveAfter);
    // A host must not lead to a function that is not there yet.
    api.node.addDependency(props.liveAfter, live);
    Validations.of(api).acknowledge({
      id: 'AwsSolutions-APIG4',
      reason: 'The host name selects the tenant; users are authenticated by the application.',
    });
    return api;
  }

  private addStage(httpApi: HttpApi, props: HostApiProps): HttpStage {
    const log = new LogGroup(this, 'logs', {
      logGroupName: `/aws/vendedlogs/apigateway/${resourceName(props.stage, props.name)}`,
      retention: RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    return new HttpStage(this, 'stage', {
      httpApi,
      stageName: '$default',
      autoDeploy: true,
      throttle: { rateLimit: 1000, burstLimit: 2000 },
      accessLogSettings: { destination: new LogGroupLogDestination(log) },
    });
  }

  private addHost(host: CustomHost): DomainName {
    return new DomainName(this, 'host', {
      domainName: host.name,
      certificate: Certificate.fromCertificateArn(this, 'certificate', host.certificateArn),
    });
  }

  private addMapping(mapping: ApiMappingProps): ApiMapping {
    return new ApiMapping(this, 'mapping', mapping);
  }
}
